"""Revoking and reinstating in the admin: told first, with a reason, on record."""

import datetime as dt

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from jobs.models import Job
from participants.models import Participant, RevocationReason
from participants.revoking import revoke, revoke_next
from tests.factories import ParticipantFactory, UserFactory, wib

pytestmark = pytest.mark.django_db

IN_NOVEMBER = wib(2021, 11, 2, 9)
REVOKE = "/admin/participants/wave/cabut/"


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(IN_NOVEMBER, tick=False):
        yield


def log_in(client, group):
    user = UserFactory(staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


@pytest.fixture
def officer(client):
    return log_in(client, "Petugas")


@pytest.fixture
def checker(client):
    return log_in(client, "Pemeriksa")


@pytest.fixture
def revoked():
    person = ParticipantFactory(funded=True)
    revoke_next(after=0, at=IN_NOVEMBER)
    person.refresh_from_db()
    return person


def reinstatement(person):
    return reverse("admin:participants_participant_reinstate", args=[person.pk])


FORM = {"reason": "Laporan 123: situs terganggu", "deadline": "2021-11-09"}


def test_page_lists_by_wave_before_anything_happens(client, officer):
    ParticipantFactory(wave__number=21)
    ParticipantFactory(wave__number=22)

    html = client.get(REVOKE).text

    assert "Gelombang 21" in html
    assert "Cabut 2 orang" in html
    assert not Participant.objects.exclude(revoked_at=None).exists()


def test_page_warns_of_who_never_had_a_balance_and_leads_to_them(client, officer):
    wave = ParticipantFactory(funded=True).wave
    ParticipantFactory(wave=wave)

    html = client.get(REVOKE).text

    assert "1 orang belum pernah mendapat saldo" in html
    assert "Rp1.000.000" in html
    people = f"/admin/participants/participant/?keadaan=lewat&wave__id__exact={wave.pk}"
    assert people.replace("&", "&amp;") in html
    assert client.get(people).context["cl"].result_count == 2


def test_page_warns_of_nothing_when_everybody_was_funded(client, officer):
    ParticipantFactory(funded=True)

    assert "belum pernah bisa membeli" not in client.get(REVOKE).text


def test_button_starts_the_job_and_leads_to_it(client, officer):
    ParticipantFactory()

    response = client.post(REVOKE)

    job = Job.objects.get()
    assert response.url == reverse("admin:jobs_job_change", args=[job.pk])
    assert (job.kind, job.total, job.requested_by) == ("revoke_overdue", 1, officer)


def test_pressed_again_it_leads_to_the_job_that_runs(client, officer):
    ParticipantFactory()
    first = client.post(REVOKE).url

    assert client.post(REVOKE).url == first
    assert Job.objects.count() == 1


def test_nobody_overdue_starts_no_job(client, officer):
    html = client.post(REVOKE).text

    assert "Tidak ada yang lewat batas beli" in html
    assert not Job.objects.exists()


def test_list_of_waves_leads_there(client, officer):
    assert REVOKE in client.get("/admin/participants/wave/").text


def test_reinstatement_gives_the_balance_back_and_is_on_record(
    client, checker, revoked
):
    response = client.post(reinstatement(revoked), FORM, follow=True)

    assert "dipulihkan" in response.text
    revoked.refresh_from_db()
    assert not revoked.is_revoked
    assert revoked.training_balance == 1_000_000
    record = revoked.reinstatements.get()
    assert (record.reason, record.reinstated_by) == (FORM["reason"], checker)
    assert LogEntry.objects.get().user == checker


def test_page_of_the_person_leads_there_and_shows_what_happened(
    client, checker, revoked
):
    page = f"/admin/participants/participant/{revoked.pk}/change/"

    assert reinstatement(revoked) in client.get(page).text
    client.post(reinstatement(revoked), FORM)
    html = client.get(page).text
    assert reinstatement(revoked) not in html
    for words in ("Saldo hangus", "Saldo dipulihkan", "Kepesertaanmu dicabut"):
        assert words in html


@pytest.mark.parametrize(
    "wrong",
    [{"reason": ""}, {"deadline": ""}, {"deadline": "2021-11-01"}],
    ids=["no reason", "no deadline", "past deadline"],
)
def test_form_that_can_not_be_is_refused_beside_its_field(
    client, checker, revoked, wrong
):
    response = client.post(reinstatement(revoked), FORM | wrong)

    assert response.status_code == 422
    assert 'class="errorlist' in response.text
    revoked.refresh_from_db()
    assert revoked.is_revoked


def test_fraud_can_not_be_reinstated(client, checker):
    person = ParticipantFactory()
    revoke(person, reason=RevocationReason.FRAUD, at=IN_NOVEMBER)

    response = client.get(reinstatement(person), follow=True)

    assert "karena pelanggaran" in response.text


def test_who_revokes_does_not_reinstate(client, officer, revoked):
    assert client.get(reinstatement(revoked)).status_code == 403


def test_without_the_permission_nobody_revokes(client):
    client.force_login(UserFactory(staff=True))

    assert client.post(REVOKE).status_code == 403


def test_day_offered_is_the_last_that_is_allowed(client, checker, revoked):
    last = (IN_NOVEMBER + dt.timedelta(days=30)).date().isoformat()

    assert f'value="{last}"' in client.get(reinstatement(revoked)).text


REMIND = "/admin/participants/wave/ingatkan/"


def test_reminding_tells_how_many_and_starts_the_job(client, officer):
    ParticipantFactory(wave__purchase_deadline=dt.date(2021, 11, 5))
    ParticipantFactory()

    assert "Ingatkan 1 orang" in client.get(REMIND).text
    response = client.post(REMIND)

    job = Job.objects.get()
    assert response.url == reverse("admin:jobs_job_change", args=[job.pk])
    assert (job.kind, job.total) == ("remind_deadlines", 1)
    assert client.post(REMIND).url == response.url


def test_nobody_to_remind_starts_no_job(client, officer):
    assert "Tidak ada yang perlu diingatkan" in client.post(REMIND).text
    assert not Job.objects.exists()
