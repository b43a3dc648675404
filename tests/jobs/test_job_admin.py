"""What staff see of jobs, and who may stop and repeat them."""

import datetime as dt
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.utils import timezone

from jobs import progress
from jobs.models import JobError, JobState
from tests.factories import JobFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


def page(job, name="change/"):
    return f"{LIST}{job.pk}/{name}"


def words(response):
    """Return a page's text without its tags."""
    text = re.sub(r"<[^>]+>", " ", response.text)
    return " ".join(text.split())


@pytest.fixture
def staff(client):
    user = UserFactory(staff=True, full_name="Tono Petugas")
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(user)
    return user


@pytest.fixture
def someone_else():
    return UserFactory(staff=True, full_name="Maya Pemeriksa")


@pytest.fixture(autouse=True)
def _known(the_work):
    the_work(lambda job: iter(()))


def test_the_list_says_what_how_far_and_for_whom(client, staff):
    JobFactory(running=True, total=4000, done=1200, requested_by=staff)
    JobFactory(is_done=True)

    seen = words(client.get(LIST))

    assert "Pekerjaan uji (nomor" in seen
    assert "Sedang berjalan 1.200 dari 4.000 (30%)" in seen
    assert "Tono Petugas" in seen
    assert "Selesai" in seen
    assert "Sistem" in seen


def test_what_a_job_is_about_stands_beside_its_title(client, staff):
    job = JobFactory(about="Gelombang 101", address="/admin/gelombang-101/")

    seen = words(client.get(page(job)))

    assert "Pekerjaan uji · Gelombang 101" in seen
    assert "Pekerjaan uji · Gelombang 101 (nomor" in words(client.get(LIST))


def test_the_way_back_is_for_who_asked_for_the_job(client, staff, someone_else):
    about = {"about": "Gelombang 101", "address": "/admin/gelombang-101/"}
    own = JobFactory(requested_by=staff, **about)
    other = JobFactory(requested_by=someone_else, **about)

    assert "Kembali ke Gelombang 101" in words(client.get(page(own)))
    assert "/admin/gelombang-101/" not in client.get(page(other)).text


def test_the_list_can_be_narrowed_to_a_kind(client, staff):
    JobFactory(kind="other")
    JobFactory()

    everything = words(client.get(LIST))
    narrowed = words(client.get(LIST, {"jenis": "test"}))

    assert "other (nomor" in everything
    assert "other (nomor" not in narrowed
    assert "Pekerjaan uji (nomor" in narrowed


def test_the_list_takes_as_many_queries_for_many_jobs(
    client, staff, django_assert_max_num_queries
):
    JobFactory.create_batch(20, requested_by=staff)

    with django_assert_max_num_queries(9):
        client.get(LIST)


def test_the_page_shows_progress_rate_and_time_left(client, staff):
    job = JobFactory(
        running=True, total=4000, done=1000, seconds_worked=10, params={"wave": 21}
    )

    response = client.get(page(job))

    assert 'value="1000" max="4000"' in response.text
    assert 'data-job="' in response.text
    seen = words(response)
    assert "1.000 dari 4.000 (25%)" in seen
    assert "100 per detik" in seen
    assert "kurang dari 1 menit" in seen
    assert "wave 21" in seen


def test_without_javascript_the_page_says_to_reload(client, staff):
    job = JobFactory(running=True)

    assert "muat ulang" in words(client.get(page(job)))


def test_the_bar_of_an_unknown_total_claims_nothing(client, staff):
    job = JobFactory(running=True, total=None, done=7)

    bar = re.search(r"<progress[^>]*>", client.get(page(job)).text)[0]

    assert "value" not in bar


def test_a_finished_job_is_not_asked_about_again(client, staff):
    job = JobFactory(is_done=True)

    response = client.get(page(job))

    assert "data-job=" not in response.text
    assert "job.js" not in response.text


def test_a_job_put_off_says_until_when(client, staff):
    later = timezone.now() + dt.timedelta(hours=1)
    job = JobFactory(not_before=later, attempts=2)

    seen = words(client.get(page(job)))

    assert "Dikerjakan paling cepat" in seen
    assert "Percobaan tanpa kemajuan 2" in seen


def test_a_failed_job_says_why(client, staff):
    job = JobFactory(failed=True)

    assert "Gelombang belum ditutup." in words(client.get(page(job)))


def test_a_job_that_is_not_there_is_said_so(client, staff):
    assert client.get(f"{LIST}999999/change/").status_code == 302


def with_errors(number):
    job = JobFactory(running=True, error_count=number)
    JobError.objects.bulk_create(
        JobError(job=job, item=f"baris {n}", reason="Kosong.") for n in range(number)
    )
    return job


def test_the_page_shows_the_first_twenty_errors(client, staff):
    job = with_errors(21)

    seen = words(client.get(page(job)))

    assert "baris 19 " in seen
    assert "baris 20 " not in seen
    assert "20 yang pertama" in seen


def test_all_errors_can_be_downloaded(client, staff):
    job = with_errors(21)
    JobError.objects.create(job=job, item="=1+1", reason='Kata "aneh", salah.')

    response = client.get(page(job, "kesalahan.csv"))

    lines = response.getvalue().decode("utf-8-sig").splitlines()
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"kesalahan-{job.pk}.csv" in response.headers["Content-Disposition"]
    assert lines[:2] == ["yang mana,sebab", "baris 0,Kosong."]
    assert lines[-1] == '\'=1+1,"Kata ""aneh"", salah."'
    assert len(lines) == 23


def test_the_browser_is_told_what_has_changed(client, staff):
    job = JobFactory(running=True, total=400, done=130, seconds_worked=260)

    answer = client.get(page(job, "kemajuan.json")).json()

    assert answer == {
        "finished": False,
        "done": 130,
        "total": 400,
        "words": {
            "state": "Sedang berjalan",
            "amount": "130 dari 400 (32%)",
            "rate": "30 per menit",
            "left": "sekitar 9 menit",
            "errors": "0",
            "news": "30% sudah dikerjakan.",
        },
    }


def test_every_word_that_the_browser_is_told_has_its_place(client, staff):
    job = JobFactory(running=True, total=400)

    told = client.get(page(job, "kemajuan.json")).json()["words"]

    shown = client.get(page(job)).text
    for name in told:
        assert f'data-job-words="{name}"' in shown


# --- Cancel and repeat ------------------------------------------------------


def test_who_asked_for_a_job_can_cancel_it_after_being_told_what_stays(client, staff):
    job = JobFactory(running=True, total=400, done=130, requested_by=staff)

    assert "Batalkan" in words(client.get(page(job)))
    assert "130 dari 400 (32%)" in words(client.get(page(job, "batalkan/")))
    response = client.post(page(job, "batalkan/"), follow=True)

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "Pekerjaan dibatalkan" in words(response)
    assert LogEntry.objects.get().change_message == "Membatalkan pekerjaan."


def test_asking_first_changes_nothing(client, staff):
    job = JobFactory(running=True, requested_by=staff)

    client.get(page(job, "batalkan/"))

    job.refresh_from_db()
    assert job.state == JobState.RUNNING


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_who_asked_for_a_job_that_stopped_can_repeat_it(client, staff, state):
    job = JobFactory(**{state: True}, requested_by=staff)

    assert "Ulangi" in words(client.get(page(job)))
    assert "dilanjutkan dari tempat berhentinya" in words(
        client.get(page(job, "ulangi/"))
    )
    client.post(page(job, "ulangi/"))

    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert LogEntry.objects.get().change_message == "Mengulangi pekerjaan."


def test_a_superuser_can_cancel_anybodys_job(client, someone_else):
    client.force_login(UserFactory(superuser=True))
    job = JobFactory(running=True, requested_by=someone_else)

    client.post(page(job, "batalkan/"))

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


@pytest.mark.parametrize("address", ["batalkan/", "ulangi/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_steers_the_job_of_somebody_else(
    client, staff, someone_else, address, method
):
    job = JobFactory(running=True, requested_by=someone_else)

    response = getattr(client, method)(page(job, address))

    job.refresh_from_db()
    assert response.status_code == 403
    assert job.state == JobState.RUNNING
    assert "Batalkan" not in words(client.get(page(job)))


def test_the_jobs_of_the_system_are_steered_by_superusers_only(client, staff):
    job = JobFactory(running=True, requested_by=None)

    assert client.post(page(job, "batalkan/")).status_code == 403


@pytest.mark.parametrize(
    ("state", "address", "told"),
    [
        ("is_done", "batalkan/", "sudah berakhir"),
        ("running", "ulangi/", "Hanya pekerjaan yang gagal atau dibatalkan"),
    ],
)
def test_what_came_too_late_is_told(client, staff, state, address, told):
    job = JobFactory(**{state: True}, requested_by=staff)

    for ask in (client.get, client.post):
        assert told in words(ask(page(job, address), follow=True))
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "name", ["change/", "kemajuan.json", "kesalahan.csv", "batalkan/", "ulangi/"]
)
def test_staff_without_the_permission_see_nothing(client, someone_else, name):
    client.force_login(someone_else)
    job = JobFactory(requested_by=someone_else)

    assert client.get(page(job, name)).status_code == 403


def test_nobody_writes_jobs_by_hand(client):
    client.force_login(UserFactory(superuser=True))
    job = JobFactory()

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page(job), {"state": "done"}).status_code == 403
    assert client.post(page(job, "delete/"), {"post": "yes"}).status_code == 403


# --- Words ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"total": 4000, "done": 3999}, "3.999 dari 4.000 (99%)"),
        ({"total": None, "done": 1200}, "1.200"),
        ({"total": 0, "done": 0}, "0"),
    ],
)
def test_amount(row, told):
    assert progress.amount(JobFactory.build(**row)) == told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"done": 1000, "seconds_worked": 10}, "100 per detik"),
        ({"done": 10, "seconds_worked": 100}, "6 per menit"),
        ({"done": 0, "seconds_worked": 10}, "–"),
    ],
)
def test_rate(row, told):
    assert progress.rate(JobFactory.build(**row)) == told


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0.4, "kurang dari 1 menit"),
        (5, "sekitar 5 menit"),
        (60, "sekitar 1 jam"),
        (130, "sekitar 2 jam 10 menit"),
    ],
)
def test_time_left(minutes, told):
    assert progress.about(dt.timedelta(minutes=minutes)) == told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"running": True, "total": 400, "done": 399}, "90% sudah dikerjakan."),
        ({"running": True, "total": None}, "Pekerjaan sedang berjalan."),
        ({"is_done": True}, "Pekerjaan selesai."),
    ],
)
def test_only_tenths_and_the_end_are_read_out(row, told):
    assert progress.news(JobFactory.build(**row)) == told


def test_a_job_asked_for_at_night_shows_the_hour_of_jakarta(client, staff):
    job = JobFactory(requested_at=dt.datetime(2021, 9, 27, 18, 30, tzinfo=dt.UTC))

    assert "28 September 2021, 01.30 WIB" in words(client.get(page(job)))
