"""The page of an onboarding video: what it says, with and without JavaScript."""

import datetime as dt
import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings as project
from tinytag import TinyTag

from participants.models import OnboardingVideo
from participants.models.video import open_video
from tests.factories import NOW, ParticipantFactory, VideoViewingFactory

pytestmark = pytest.mark.django_db
SHIPPED = Path(project.BASE_DIR, "static", "video")


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def participant(client):
    participant = ParticipantFactory()
    client.force_login(participant.user)
    return participant


def opened(client, position=1):
    response = client.get(f"/video/{position}/")
    assert response.status_code == 200
    return response.text


def half_way(participant, seconds=12.7):
    viewing = VideoViewingFactory(
        participant=participant, video_id=1, duration=43.5, credited=seconds
    )
    participant.current_viewing = viewing
    participant.save()
    return viewing


def test_length_and_size_are_told_before_the_video_is_loaded(client, participant):
    OnboardingVideo.objects.update(duration=43.5, size=781_804)

    page = opened(client)

    assert "Video 1 dari 3" in page
    assert "0,8 MB · 44 detik" in page
    assert 'preload="none"' in page


def test_long_video_tells_its_minutes():
    assert OnboardingVideo(duration=125.2).length == "2 menit 5 detik"
    assert OnboardingVideo(duration=120).length == "2 menit"
    assert OnboardingVideo(duration=59.7).length == "1 menit"


def test_video_has_captions_and_a_transcript(client, participant):
    page = opened(client)

    assert re.search(
        r'<track kind="captions" srclang="id" [^>]*src="/static/video/1\.vtt" default>',
        page,
    )
    assert "Halo, Sobat Prakerja!" in page


def test_progress_is_told_in_whole_seconds(client, participant):
    OnboardingVideo.objects.update(duration=43.5)
    half_way(participant)

    page = opened(client)

    assert "Sudah dihitung <span data-counted>12</span> dari 44 detik" in page


def test_video_goes_on_at_the_credited_second(client, participant):
    half_way(participant)

    page = opened(client)

    assert 'src="/static/video/1.mp4#t=12.7"' in page
    assert 'data-credited="12.70"' in page


@pytest.mark.parametrize(
    ("position", "action"),
    [(1, "Lanjut ke video 2"), (2, "Lanjut ke video 3"), (3, "Lihat nomor kartumu")],
)
def test_complete_video_leads_on(client, position, action):
    client.force_login(ParticipantFactory(videos_completed=position).user)

    page = opened(client, position)

    assert f">{action}</a>" in page
    assert "data-done>" in page
    assert "data-beat" not in page
    assert '<form action="/video/' not in page


def test_video_that_is_not_complete_leads_nowhere_yet(client, participant):
    assert "data-done hidden>" in opened(client)


def test_without_javascript_the_video_is_started_then_finished(client, participant):
    OnboardingVideo.objects.update(duration=40)
    assert ">Mulai menonton</button>" in opened(client)

    page = client.post("/video/1/mulai/", follow=True).text

    assert ">Saya sudah selesai menonton</button>" in page
    assert "berlaku mulai pukul 10.00.39 WIB" in page
    assert ">Mulai menonton</button>" not in page


def test_who_was_half_way_is_told_why_a_replaced_video_begins_again(
    client, participant
):
    half_way(participant)
    OnboardingVideo.objects.update(version=2)

    assert "Petugas mengganti video ini" in opened(client)
    assert "Petugas mengganti video ini" not in opened(client)


def test_film_of_staff_is_shown_without_our_poster(client, participant):
    OnboardingVideo.objects.filter(position=1).update(
        address="https://video.contoh.test/1.mp4"
    )

    page = opened(client)

    assert 'src="https://video.contoh.test/1.mp4"' in page
    assert "poster=" not in page


def test_the_other_videos_are_listed_with_their_state(client):
    client.force_login(ParticipantFactory(videos_completed=1).user)

    page = opened(client, 2)

    assert re.search(
        r'<a href="/video/1/">[^<]+</a> <span class="chip[^>]+>Selesai', page
    )
    assert "Sekarang</span>" in page
    assert "Nanti</span>" in page
    assert 'href="/video/3/">Video 3' not in page


def test_page_holds_neither_the_number_nor_any_of_its_digits(client):
    participant = ParticipantFactory(videos_completed=2)
    client.force_login(participant.user)

    assert participant.card_number not in opened(client, 3)


def test_page_costs_the_same_whatever_was_watched(
    client, participant, django_assert_max_num_queries
):
    opened(client)

    with django_assert_max_num_queries(14):
        opened(client)


def test_looking_at_a_complete_video_writes_nothing(client):
    participant = ParticipantFactory(videos_completed=3)
    before = list(participant.viewings.values())
    client.force_login(participant.user)

    opened(client, 2)

    participant.refresh_from_db()
    assert list(participant.viewings.values()) == before
    assert participant.current_viewing is None


def test_script_of_the_player_stays_small():
    script = Path(project.BASE_DIR, "static", "js", "video.js").read_bytes()

    assert len(gzip.compress(script)) <= 2560


def test_every_word_the_script_says_stands_in_the_page(client, participant):
    script = Path(project.BASE_DIR, "static", "js", "video.js").read_text()
    page = opened(client)

    words = set(re.findall(r'(?:say|stop)\("(\w+)"', script))
    assert words == set(re.findall(r'<template data-words="(\w+)">', page))
    for name in re.findall(r'part\("([\w-]+)"\)', script):
        assert f"data-{name}" in page, name


@pytest.mark.parametrize("position", [1, 2, 3])
def test_database_knows_the_videos_that_we_ship(position):
    video = OnboardingVideo.objects.get(position=position)
    title, transcript = (SHIPPED / f"{position}.txt").read_text().split("\n\n", 1)
    film = SHIPPED / f"{position}.mp4"

    assert video.title == title
    assert video.transcript == transcript.strip()
    assert video.size == film.stat().st_size
    assert video.duration == pytest.approx(TinyTag.get(film).duration, abs=0.05)


def test_the_three_videos_are_short_and_small():
    assert sum(video.size for video in OnboardingVideo.objects.all()) <= 3_000_000
    assert all(video.duration <= 45 for video in OnboardingVideo.objects.all())


def test_shipped_films_and_captions_come_with_the_right_type(client):
    film = client.get("/static/video/1.mp4", headers={"range": "bytes=0-99"})
    captions = client.get("/static/video/1.vtt")

    assert film.status_code == 206
    assert len(b"".join(film)) == 100
    assert film.headers["Content-Type"] == "video/mp4"
    assert b"".join(captions).startswith(b"WEBVTT")
    assert captions.headers["Content-Type"] == 'text/vtt; charset="utf-8"'


def test_resuming_much_later_starts_where_it_was_left(client, participant, clock):
    video = OnboardingVideo.objects.get(position=1)
    viewing = open_video(participant=participant, video=video, at=NOW)
    viewing.beat(position=20, at=NOW + dt.timedelta(seconds=20))
    clock.shift(dt.timedelta(minutes=50))

    assert "#t=20.0" in opened(client)
