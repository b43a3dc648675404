"""The import as staff do it: upload, read the report, apply."""

import csv
import fcntl
import io
import os
import stat

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs.models import Job, JobState
from jobs.running import Shutdown, run
from participants import importing
from participants.importing import applying, kept
from participants.importing.csv_rows import harmless
from participants.importing.reading import CELLS
from participants.models import Participant
from tests.factories import ParticipantFactory, UserFactory, WaveFactory
from tests.participants.people_files import csv_text, person

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/participants/participant/impor/"


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def wave():
    return WaveFactory(number=21)


def staff(*permissions):
    user = UserFactory(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def importer(client):
    user = staff("import_participants")
    client.force_login(user)
    return user


def upload(client, content, **extra):
    if isinstance(content, str):
        content = content.encode()
    file = SimpleUploadedFile("lolos.csv", content, "text/csv")
    return client.post(ADDRESS, {"file": file}, **extra)


def work_off():
    """Do what a worker would do now."""
    for job in Job.objects.claimable(at=timezone.now()):
        run(job.pk, clock=timezone.now)


def apply_file(client, address, data=None):
    """Press the button, let the worker work, and look again."""
    client.post(address, data)
    work_off()
    return client.get(address)


def stored(data_dir, pattern="*.csv"):
    paths = (data_dir / "imports").glob(pattern)
    return [path for path in paths if "problems" not in path.name]


# --- Who may ---


def test_import_needs_its_permission(client):
    client.force_login(staff("view_participant"))

    assert client.get(ADDRESS).status_code == 403
    assert upload(client, csv_text(person(1))).status_code == 403


def test_participants_are_kept_out(client):
    client.force_login(ParticipantFactory().user)

    assert client.get(ADDRESS).status_code in {302, 403}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["", "baris-yang-salah.csv"])
def test_report_of_somebody_else_is_not_found(client, importer, wave, method, page):
    address = upload(client, csv_text(person(1))).url
    client.force_login(staff("import_participants"))

    response = getattr(client, method)(address + page)

    assert response.status_code in {404, 405}
    assert not Participant.objects.exists()


@pytest.mark.parametrize("token", ["x", "a" * 22, "_" * 22])
def test_report_of_no_file_is_not_found(client, importer, token):
    assert client.get(f"{ADDRESS}{token}/").status_code == 404


def test_participant_list_leads_to_the_import(client):
    client.force_login(UserFactory(superuser=True))

    response = client.get(reverse("admin:participants_participant_changelist"))

    assert ADDRESS in response.text


# --- Upload ---


def test_upload_page_explains_every_column(client, importer):
    response = client.get(ADDRESS)

    for column in CELLS:
        assert f"<code>{column}</code>" in response.text


def test_sample_file_is_right_by_its_own_rules(client, importer, wave):
    content = b"".join(client.get(f"{ADDRESS}contoh.csv"))

    report = client.get(upload(client, content).url)

    assert "10 orang" in report.text
    assert "Baris yang salah" not in report.text


def test_upload_enters_nobody(client, importer, wave):
    response = upload(client, csv_text(person(1)))

    assert response.status_code == 302
    assert not Participant.objects.exists()


def test_uploaded_file_is_private_and_outside_media(client, importer, wave, data_dir):
    upload(client, csv_text(person(1)))

    (path,) = stored(data_dir)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert data_dir / "media" not in path.parents
    assert "lolos" not in path.name
    for other in path.parent.iterdir():
        assert stat.S_IMODE(other.stat().st_mode) == 0o600


def test_file_that_cannot_be_read_is_told_beside_the_field_and_not_kept(
    client, importer, data_dir
):
    response = upload(client, b"PK\x03\x04")

    assert response.status_code == 422
    assert "zip atau Excel" in response.text
    assert stored(data_dir) == []


def test_empty_file_is_told(client, importer):
    assert "Berkas ini kosong." in upload(client, b"").text


def test_form_without_a_file_is_told(client, importer):
    response = client.post(ADDRESS)

    assert response.status_code == 422
    assert "Pilih berkas CSV dulu." in response.text


def test_file_beyond_the_limit_is_told_with_the_limit_and_not_kept(
    importer, settings, data_dir
):
    settings.UPLOAD_MAX = 2**20
    client = Client(enforce_csrf_checks=True)
    client.force_login(importer)
    page = client.get(ADDRESS)
    token = page.context["csrf_token"]
    file = SimpleUploadedFile("besar.csv", b"x" * 2**20)

    response = client.post(ADDRESS, {"csrfmiddlewaretoken": str(token), "file": file})

    assert response.status_code == 422
    assert "lebih besar dari 1 MB" in response.text
    assert stored(data_dir) == []


def test_upload_at_the_limit_is_accepted(client, importer, wave, settings):
    settings.UPLOAD_MAX = 2_000

    assert upload(client, csv_text(person(1))).status_code == 302


def test_files_that_waited_too_long_are_deleted(client, importer, wave, data_dir):
    upload(client, csv_text(person(1)))
    (old,) = stored(data_dir)
    long_ago = old.stat().st_mtime - kept.KEPT_FOR.total_seconds() - 60
    for path in old.parent.iterdir():
        os.utime(path, (long_ago, long_ago))

    upload(client, csv_text(person(2)))

    assert old not in stored(data_dir)
    assert len(list(old.parent.iterdir())) == 3


# --- Report ---


def test_report_counts_and_names_every_bad_row(client, importer, wave):
    response = upload(client, csv_text(person(1), person(2, nik="1")))

    report = client.get(response.url)

    assert "1 orang" in report.text
    assert "1 baris" in report.text
    assert "<td><code>nik</code></td>" in report.text
    assert "NIK harus 16 angka, di sini 1." in report.text


def test_report_shows_the_first_fifty_and_offers_all(client, importer, wave):
    bad = [person(n, nik="1") for n in range(60)]
    address = upload(client, csv_text(person(99), *bad, delimiter=";")).url

    report = client.get(address)
    download = client.get(f"{address}baris-yang-salah.csv")

    text = b"".join(download).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert report.text.count("<code>nik</code>") == 50
    assert "50 catatan pertama" in report.text
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert rows[0] == ["baris", "kolom", "alasan"]
    assert [row[0] for row in rows[1:]] == [str(line) for line in range(3, 63)]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_download_never_holds_a_formula(sign):
    assert harmless(f"{sign}HYPERLINK()").startswith("'")


def test_file_over_quota_cannot_be_applied(client, importer):
    WaveFactory(number=21, quota=1)
    address = upload(client, csv_text(person(1), person(2))).url

    report = client.get(address)
    client.post(address)

    assert "melebihi kuota" in report.text
    assert "Terapkan" not in report.text
    assert not Participant.objects.exists()


def test_file_in_which_everybody_is_known_has_nothing_to_apply(client, importer, wave):
    apply_file(client, upload(client, csv_text(person(1))).url)

    report = client.get(upload(client, csv_text(person(1))).url)

    assert "Tidak ada yang bisa diterapkan" in report.text


# --- Apply ---


def test_applying_is_a_job_that_enters_the_people_and_deletes_the_file(
    client, importer, wave, data_dir
):
    address = upload(client, csv_text(person(1), person(2))).url

    client.post(address)
    assert "Sedang diterapkan" in client.get(address).text
    assert not Participant.objects.exists()
    work_off()

    report = client.get(address)
    job = Job.objects.get()
    assert Participant.objects.count() == 2
    assert "Impor selesai" in report.text
    assert "2 orang" in report.text
    assert stored(data_dir) == []
    assert (job.state, job.done, job.total) == (JobState.DONE, 2, 2)


def test_bad_rows_need_an_explicit_choice(client, importer, wave):
    address = upload(client, csv_text(person(1), person(2, nik="1"))).url

    refused = client.post(address)
    assert refused.status_code == 422
    assert not Job.objects.exists()

    apply_file(client, address, {"good_rows_only": "on"})
    assert Participant.objects.count() == 1
    (error,) = Job.objects.get().errors.all()
    assert (error.item, error.reason[:5]) == ("baris 3", "nik: ")


def test_job_counts_bad_lines_as_the_report_does(client, importer, wave):
    twice_bad = person(2, nik="12", phone="x")
    address = upload(client, csv_text(person(1), twice_bad)).url

    apply_file(client, address, {"good_rows_only": "on"})

    job = Job.objects.get()
    assert job.error_count == 1
    assert "nik: " in job.errors.get().reason
    assert "phone: " in job.errors.get().reason


def test_button_leads_to_the_job_which_leads_back(client, importer, wave):
    importer.user_permissions.add(Permission.objects.get(codename="view_job"))
    address = upload(client, csv_text(person(1))).url

    page = client.post(address, follow=True)

    assert "Impor peserta · lolos.csv" in page.text
    assert f'href="{address}"' in page.text


def test_cancelled_import_says_how_many_came_in(client, importer, wave, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    monkeypatch.setattr(Shutdown, "requested", True)
    address = upload(client, csv_text(*(person(n) for n in range(5)))).url
    client.post(address)
    work_off()

    Job.objects.get().cancel(at=timezone.now())

    html = client.get(address).text
    assert "2 dari 5 orang" in html
    assert "Terapkan lagi untuk memasukkan sisanya" in html


def test_report_warns_of_a_wave_whose_deadline_is_over(client, importer, wave):
    address = upload(client, csv_text(person(1))).url

    assert "sudah lewat 21 Oktober 2021" in client.get(address).text


def test_report_warns_of_no_wave_that_still_has_time(client, importer, wave):
    wave.announced_at = None
    wave.save()
    address = upload(client, csv_text(person(1))).url

    assert "sudah lewat" not in client.get(address).text


def test_upload_page_says_for_which_wave_the_sample_is(client, importer):
    assert "ganti nomor gelombang" in client.get(ADDRESS).text


def test_pressed_twice_it_is_one_job(client, importer, wave):
    address = upload(client, csv_text(person(1))).url
    client.post(address)

    client.post(address)
    work_off()
    response = client.post(address, follow=True)

    assert "Impor selesai" in response.text
    assert Job.objects.count() == Participant.objects.count() == 1


def test_file_that_is_being_started_is_not_started_beside_it(
    client, importer, wave, data_dir
):
    address = upload(client, csv_text(person(1))).url
    (path,) = stored(data_dir)

    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        response = client.post(address, follow=True)

    assert "sedang diterapkan" in response.text
    assert not Job.objects.exists()


def test_file_changed_on_disk_is_not_applied(client, importer, wave, data_dir):
    address = upload(client, csv_text(person(1))).url
    (path,) = stored(data_dir)
    path.write_text(csv_text(person(2)))

    response = apply_file(client, address)

    assert "bukan lagi berkas yang diperiksa" in response.text
    assert not Participant.objects.exists()


def test_file_deleted_before_its_turn_fails_the_job_with_a_sentence(
    client, importer, wave, data_dir
):
    address = upload(client, csv_text(person(1))).url
    client.post(address)
    for path in (data_dir / "imports").iterdir():
        path.unlink()

    work_off()

    assert Job.objects.get().failure == importing.FileChanged.message


def test_row_that_turned_bad_since_the_check_stops_the_import(client, importer, wave):
    address = upload(client, csv_text(person(1))).url
    UserFactory(email=person(1)["email"])

    response = apply_file(client, address)

    assert importing.BadRows.message in response.text
    assert not Participant.objects.exists()


def test_import_that_failed_can_be_started_again(client, importer, wave):
    address = upload(client, csv_text(person(1))).url
    stranger = UserFactory(email=person(1)["email"])
    apply_file(client, address)
    stranger.delete()

    response = apply_file(client, address)

    assert "Impor selesai" in response.text
    assert Participant.objects.count() == 1


def test_import_stopped_half_way_goes_on_where_it_was(
    client, importer, wave, monkeypatch
):
    monkeypatch.setattr(applying, "CHUNK", 2)
    address = upload(client, csv_text(*(person(n) for n in range(5)))).url
    client.post(address)
    monkeypatch.setattr(Shutdown, "requested", True)
    work_off()
    assert Participant.objects.count() == 2

    monkeypatch.setattr(Shutdown, "requested", False)
    work_off()

    report = client.get(address)
    assert Participant.objects.count() == 5
    assert "5 orang" in report.text
    (record,) = LogEntry.objects.filter(object_id=str(wave.pk))
    assert "5 orang baru" in record.change_message


def test_import_killed_before_its_last_word_ends_all_the_same(
    client, importer, wave, data_dir
):
    address = upload(client, csv_text(person(1))).url
    client.post(address)
    (token,) = (path.stem for path in stored(data_dir))
    file = kept.find(token, by=importer)
    for _ in file.steps(
        by=importer, at=timezone.now(), good_rows_only=False, cursor=None
    ):
        pass

    work_off()

    assert Job.objects.get().state == JobState.DONE
    assert Participant.objects.count() == 1


def test_pressing_the_button_takes_few_queries_whatever_the_size(
    client, importer, wave, django_assert_max_num_queries
):
    small = upload(client, csv_text(person(1))).url
    large = upload(client, csv_text(*(person(n) for n in range(2, 300)))).url

    for address in (small, large):
        with django_assert_max_num_queries(20):
            client.post(address)
