"""Sending the balance in the admin: told first, then done by a job."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jobs.models import Job
from jobs.work import start
from participants import funding_file
from participants.admin import funding as pages
from participants.models import Participant
from tests.factories import NOW, ParticipantFactory, UserFactory, WaveFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def officer(client):
    user = UserFactory(staff=True)
    user.groups.add(Group.objects.get(name="Petugas"))
    client.force_login(user)
    return user


def address(wave, name="fund"):
    return reverse(f"admin:participants_wave_{name}", args=[wave.pk])


def numbers(*lines):
    return SimpleUploadedFile("daftar.csv", "\n".join(lines).encode())


def test_page_tells_how_many_get_how_much_before_anything_happens(client, officer):
    wave = WaveFactory()
    for fate in ({}, {}, {"funded": True}, {"revoked": True}):
        ParticipantFactory(wave=wave, **fate)

    html = client.get(address(wave)).text

    assert "Kirim saldo ke 2 orang" in html
    assert "Rp2.000.000" in html
    assert html.count("<dd>1 orang</dd>") == 2
    assert not Job.objects.exists()


def test_button_starts_the_job_and_leads_to_it(client, officer):
    wave = WaveFactory()
    ParticipantFactory(wave=wave)

    response = client.post(address(wave))

    job = Job.objects.get()
    assert response.url == reverse("admin:jobs_job_change", args=[job.pk])
    assert (job.kind, job.params, job.total) == ("fund_wave", {"wave": wave.pk}, 1)
    assert job.requested_by == officer
    assert f"pekerjaan {job.pk}" in LogEntry.objects.get().change_message


def test_while_a_job_runs_for_the_wave_a_second_is_refused(client, officer):
    wave = WaveFactory()
    start("fund_wave", params={"wave": wave.pk}, by=officer, at=NOW)

    response = client.post(address(wave), follow=True)

    assert "sedang dikirim" in response.text
    assert Job.objects.count() == 1


def test_wave_that_is_not_announced_is_refused(client, officer):
    wave = WaveFactory(unannounced=True)

    response = client.post(address(wave), follow=True)

    assert "belum diumumkan" in response.text
    assert not Job.objects.exists()


def test_wave_page_leads_there_once_it_is_announced(client, officer):
    announced, closed = WaveFactory(), WaveFactory(unannounced=True)

    def page(wave):
        return client.get(f"/admin/participants/wave/{wave.pk}/change/").text

    assert address(announced) in page(announced)
    assert address(closed) not in page(closed)


def test_list_is_checked_before_it_is_used(client, officer):
    wave = WaveFactory()
    ParticipantFactory(wave=wave, card_number="1111222233334444")
    ParticipantFactory(wave=wave, card_number="5555666677778888", funded=True)
    file = numbers("1111222233334444", "5555666677778888", "9999888877776666")

    response = client.post(address(wave, "fund_upload"), {"file": file}, follow=True)

    assert "Kirim saldo ke 1 orang" in response.text
    assert "<dd>1 baris</dd>" in response.text
    assert "Tidak ada peserta dengan nomor ini." in response.text
    assert "9999888877776666" not in response.text
    assert not Job.objects.exists()


def test_checked_list_starts_a_job_that_holds_no_number(client, officer):
    wave = WaveFactory()
    ParticipantFactory(wave=wave, card_number="1111222233334444")
    upload = {"file": numbers("1111222233334444", "12")}
    page = client.post(address(wave, "fund_upload"), upload).url

    client.post(page)

    job = Job.objects.get()
    assert (job.kind, job.total) == ("fund_card_numbers", 2)
    assert set(job.params) == {"wave", "file"}
    assert funding_file.lines(job.params["file"], after=0, most=1) == [
        (1, "1111222233334444")
    ]


def test_only_the_first_bad_lines_are_shown(client, officer, monkeypatch):
    monkeypatch.setattr(pages, "SHOWN", 2)
    wave = WaveFactory()

    response = client.post(
        address(wave, "fund_upload"), {"file": numbers("1", "2", "3")}, follow=True
    )

    assert response.text.count("harus 16 angka") == 2
    assert "hanya yang pertama" in response.text


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "kosong"), (b"\xff\xfe1", "bukan daftar nomor kartu")],
)
def test_file_that_is_no_list_is_refused_beside_its_field(
    client, officer, content, words
):
    wave = WaveFactory()
    ParticipantFactory(wave=wave)
    file = SimpleUploadedFile("daftar.csv", content)

    response = client.post(address(wave, "fund_upload"), {"file": file})

    assert response.status_code == 422
    assert words in response.text


def test_list_that_is_gone_leads_back(client, officer):
    wave = WaveFactory()
    page = reverse("admin:participants_wave_fund_file", args=[wave.pk, "A" * 22])

    response = client.get(page, follow=True)

    assert "Berkasnya sudah tidak ada" in response.text


def test_without_the_permission_nobody_sends_money(client):
    client.force_login(UserFactory(staff=True))
    wave = WaveFactory()
    ParticipantFactory(wave=wave)

    assert client.post(address(wave)).status_code == 403
    assert client.post(address(wave, "fund_upload")).status_code == 403
    assert not Participant.objects.exclude(funded_at=None).exists()
