"""Staff replace an onboarding video; what they upload is served with HTTP Range."""

import struct

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from participants.models import OnboardingVideo
from tests.factories import UserFactory, VideoViewingFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/participants/onboardingvideo/1/change/"
CAPTIONS = b"WEBVTT\n\n00:01.000 --> 00:03.500\nHalo, Sobat Prakerja!\n"


def mp4(seconds=12.4, *, padding=1000):
    """Return the least that is an MP4: its kind, and a header that tells its length."""
    header = struct.pack(">4xIIII80x", 0, 0, 1000, int(seconds * 1000))
    boxes = [(b"ftyp", b"isom\0\0\0\0isom"), (b"moov", _box(b"mvhd", header))]
    return b"".join(_box(*box) for box in boxes) + _box(b"mdat", b"\0" * padding)


def _box(kind, content):
    return struct.pack(">I4s", len(content) + 8, kind) + content


def upload(name, content):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def staff(client):
    user = UserFactory(superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def video():
    return OnboardingVideo.objects.get(position=1)


def save(client, **changes):
    video = OnboardingVideo.objects.get(position=1)
    fields = {"title": video.title, "address": "", "transcript": video.transcript}
    return client.post(ADDRESS, fields | changes)


def replace(client, content=None, **changes):
    film = upload("film baru.mp4", content or mp4())
    captions = upload("teks.vtt", CAPTIONS)
    return save(client, **({"file": film, "captions": captions} | changes))


def errors(response):
    assert response.status_code == 200
    return response.context["adminform"].errors


def test_list_of_three_has_no_search(client, staff):
    html = client.get("/admin/participants/onboardingvideo/").text

    assert "changelist-search" not in html
    assert "None" not in html


def test_film_is_replaced_and_its_length_and_size_are_read(client, staff, video):
    response = replace(client)

    assert response.status_code == 302
    video.refresh_from_db()
    assert (video.duration, video.size) == (12.4, len(mp4()))
    assert video.version == 2
    assert video.film_url.startswith("/media/video/1-")
    assert video.poster_url == ""


def test_replacement_is_on_record(client, staff, video):
    replace(client)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (staff, "1")
    assert "Berkas video" in entry.get_change_message()


def test_staff_are_told_how_many_begin_again(client, staff, video):
    VideoViewingFactory(credited=10)
    VideoViewingFactory(complete=True)

    response = replace(client)

    page = client.get(response.url)
    assert "1 peserta yang belum selesai menontonnya mulai dari awal" in page.text


def test_new_captions_transcript_or_title_are_not_another_film(client, staff, video):
    save(
        client,
        title="Judul baru",
        transcript="Transkrip baru.",
        captions=upload("teks.vtt", CAPTIONS),
    )

    video.refresh_from_db()
    assert (video.version, video.title) == (1, "Judul baru")
    assert video.captions_url.startswith("/media/video/1-")
    assert video.is_shipped


def test_shipped_film_comes_back_when_the_file_is_taken_away(client, staff, video):
    replace(client)

    save(client, **{"file-clear": "on", "captions-clear": "on"})

    shipped = (video.duration, video.size)
    video.refresh_from_db()
    assert video.is_shipped
    assert (video.duration, video.size, video.version) == (*shipped, 3)
    assert video.captions_url == "/static/video/1.vtt"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("film.mp4", b"<html>not a film</html>"),
        ("film.webm", mp4()),
        ("film.mp4", b""),
        ("film.mp4", mp4(seconds=0)),
        ("film.mp4", b"\0\0\0\x18ftypisom" + b"\xff" * 500),
        ("film.mp4.html", mp4()),
        ("film.mp4", mp4()[:50]),
    ],
)
def test_only_mp4_films_with_a_length_are_taken(client, staff, video, name, content):
    response = replace(client, file=upload(name, content))

    assert "file" in errors(response)
    video.refresh_from_db()
    assert video.is_shipped


def test_film_that_is_too_large_is_refused_with_its_limit(client, staff):
    response = replace(client, mp4(padding=20_000_000))

    assert errors(response)["file"] == ["Berkas terlalu besar. Paling besar 20 MB."]


def test_upload_beyond_every_limit_is_refused_with_the_limit(client, staff, settings):
    settings.UPLOAD_MAX = 1_000_000

    response = replace(client, mp4(padding=2_000_000))

    assert errors(response)["file"] == ["Berkas terlalu besar. Paling besar 1 MB."]


@pytest.mark.parametrize(
    "content",
    [
        b"1\n00:00:01,000 --> 00:00:03,500\nSRT\n",
        b"WEBVTTx\n\n00:01.000 --> 00:03.500\n",
        b"WEBVTT\n\nno cue at all",
        CAPTIONS + "é".encode("latin-1"),
        CAPTIONS.decode().encode("utf-16"),
        CAPTIONS + b"\n" * 200_000,
    ],
)
def test_only_webvtt_captions_in_utf_8_are_taken(client, staff, content):
    response = save(client, captions=upload("teks.vtt", content))

    assert "captions" in errors(response)


def test_captions_with_a_byte_order_mark_are_taken(client, staff):
    response = save(client, captions=upload("teks.vtt", b"\xef\xbb\xbf" + CAPTIONS))

    assert response.status_code == 302


def test_film_of_ones_own_needs_captions(client, staff):
    response = save(client, file=upload("film.mp4", mp4()))

    assert "captions" in errors(response)


def test_transcript_is_required(client, staff):
    assert "transcript" in errors(save(client, transcript=""))


def by_address(client, address="https://video.contoh.test/1.mp4", **changes):
    typed = {"address": address, "seconds": "61.5", "megabytes": "2.5"}
    return save(
        client, **(typed | {"captions": upload("teks.vtt", CAPTIONS)} | changes)
    )


@pytest.fixture
def allowed_host(settings):
    settings.VIDEO_HOSTS = ["video.contoh.test"]


def test_film_may_stand_at_an_allowed_host(client, staff, video, allowed_host):
    response = by_address(client)

    assert response.status_code == 302
    video.refresh_from_db()
    assert video.film_url == "https://video.contoh.test/1.mp4"
    assert (video.duration, video.size, video.version) == (61.5, 2_500_000, 2)


@pytest.mark.parametrize(
    "address",
    [
        "http://video.contoh.test/1.mp4",
        "https://lain.contoh.test/1.mp4",
        "https://video.contoh.test@lain.contoh.test/1.mp4",
        "https://video.contoh.test:8443/1.mp4",
        "javascript:alert(1)",
    ],
)
def test_film_stands_at_no_other_address(client, staff, video, allowed_host, address):
    assert "address" in errors(by_address(client, address))


@pytest.mark.parametrize("field", ["seconds", "megabytes"])
def test_what_no_file_tells_must_be_typed(client, staff, allowed_host, field):
    assert field in errors(by_address(client, **{field: ""}))


def test_other_length_for_the_same_address_begins_again(
    client, staff, video, allowed_host
):
    by_address(client)
    by_address(client)
    video.refresh_from_db()
    assert video.version == 2

    by_address(client, seconds="70")

    video.refresh_from_db()
    assert (video.version, video.duration) == (3, 70)


def test_file_and_address_exclude_each_other(client, staff, allowed_host):
    response = by_address(client, file=upload("film.mp4", mp4()))

    assert "address" in errors(response)


def test_film_is_watched_on_the_page_of_staff(client, staff):
    page = client.get(ADDRESS)

    assert '<video controls preload="metadata"' in page.text
    assert 'src="/static/video/1.mp4"' in page.text


def test_refused_film_is_not_shown_as_if_it_were_there(client, staff):
    page = replace(client, title="")

    assert 'src="/static/video/1.mp4"' in page.text
    assert "44 detik" in page.text


def test_there_are_three_videos_always(client, staff):
    assert client.get("/admin/participants/onboardingvideo/add/").status_code == 403
    delete = ADDRESS.replace("change", "delete")
    assert client.post(delete, {"post": "yes"}).status_code == 403
    page = client.get("/admin/participants/onboardingvideo/")
    assert page.text.count("Bawaan") == 3


def test_staff_without_the_permission_replace_nothing(client, video):
    client.force_login(UserFactory(staff=True))

    assert replace(client).status_code == 403


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("onboarding_video_position_is_1_to_3", {"position": 4}),
        ("onboarding_video_has_length", {"duration": 1.0}),
        ("onboarding_video_has_one_source", {"file": "a.mp4", "address": "https://a"}),
    ],
)
def test_database_refuses_an_impossible_video(video, name, changes):
    for field, value in changes.items():
        setattr(video, field, value)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        video.save(force_insert="position" in changes)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("viewing_credited_within_duration", {"credited": -1}),
        ("viewing_credited_within_duration", {"credited": 1000}),
        ("viewing_complete_iff_watched_or_granted", {"completed_at": None}),
        ("viewing_complete_iff_watched_or_granted", {"credited": 5}),
        ("viewing_granted_iff_reason", {"grant_reason": "tanpa petugas"}),
    ],
)
def test_database_refuses_an_impossible_viewing(name, changes):
    viewing = VideoViewingFactory(complete=changes.get("credited") != -1)
    for field, value in changes.items():
        setattr(viewing, field, value)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        viewing.save()


def test_database_keeps_one_viewing_per_video():
    viewing = VideoViewingFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        VideoViewingFactory(participant=viewing.participant)


# --- serving what was uploaded -------------------------------------------------------


@pytest.fixture
def film(client, staff, video):
    replace(client)
    video.refresh_from_db()
    return video.film_url


def body(response):
    return b"".join(response)


def test_uploaded_film_is_served_whole_and_for_ever(client, film):
    response = client.get(film)

    assert body(response) == mp4()
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response.headers["ETag"]


def test_uploaded_film_is_served_in_parts_never_compressed(client, film):
    response = client.get(
        film, headers={"range": "bytes=100-1099", "accept-encoding": "gzip"}
    )

    assert response.status_code == 206
    assert body(response) == mp4()[100:1100]
    assert response.headers["Content-Range"] == f"bytes 100-1099/{len(mp4())}"
    assert response.headers["Content-Length"] == "1000"
    assert "Content-Encoding" not in response.headers


def test_part_beyond_the_film_is_not_satisfiable(client, film):
    assert client.get(film, headers={"range": "bytes=9999-"}).status_code == 416


def test_film_that_the_browser_has_is_not_sent_again(client, film):
    response = client.get(film)
    body(response)
    etag = response.headers["ETag"]

    assert client.get(film, headers={"if-none-match": etag}).status_code == 304


def test_uploaded_captions_are_served_as_such(client, film, video):
    video.refresh_from_db()

    response = client.get(video.captions_url)

    assert response.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert body(response) == CAPTIONS


def test_nobody_else_is_served_a_film(film):
    response = Client().get(film)

    assert response.url == f"/masuk/?next={film}"


@pytest.mark.parametrize(
    "name",
    [
        "../secret-key",
        "..%2fsecret-key",
        "%2e%2e/secret-key",
        "x.html",
        "x.mp4.html",
        "missing.mp4",
        ".mp4",
        "a\nb.mp4",
        "x.mp4%0a",
    ],
)
def test_nothing_else_is_served(client, staff, settings, name):
    folder = settings.MEDIA_ROOT / "video"
    folder.mkdir(parents=True)
    (folder / "x.html").write_text("<script>")
    (folder.parent / "secret-key").write_text("secret")

    assert client.get(f"/media/video/{name}").status_code == 404


def test_who_may_only_read_sees_the_film_and_no_field_to_type_in(client):
    reader = UserFactory(staff=True)
    reader.groups.add(Group.objects.get(name="Petugas"))
    client.force_login(reader)

    html = client.get("/admin/participants/onboardingvideo/1/change/").text

    assert "<video" in html
    assert "Megabytes" not in html
    assert "Seconds" not in html
