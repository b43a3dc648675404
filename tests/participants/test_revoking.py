"""Who missed the deadline loses membership and balance, and nobody else does."""

import datetime as dt
import threading

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, JobState
from jobs.running import run
from jobs.work import start
from participants import revoking
from participants.funding import BalanceIsOver
from participants.models import (
    BalanceEntry,
    EntryKind,
    Notice,
    Participant,
    RevocationReason,
)
from participants.models.balance import NotSpendable, spend
from participants.revoking import (
    DeadlineOutOfRange,
    NotRevoked,
    RevokedForFraud,
    lost_balance,
    overdue_by_wave,
    reinstate,
    revoke,
    revoke_next,
)
from tests.factories import NOW, ParticipantFactory, UserFactory, WaveFactory, wib

pytestmark = pytest.mark.django_db

# The deadline of the default wave is 21 October 2021, 23.59.59 WIB.
LAST_MOMENT = wib(2021, 10, 21, 23, 59, 58)
FIRST_REVOCATION = wib(2021, 10, 22, 0, 15)
IN_NOVEMBER = wib(2021, 11, 2, 9)


def overdue_person(**changes):
    return ParticipantFactory(funded=True, **changes)


def test_overdue_lose_membership_and_balance_and_read_why():
    person = overdue_person()

    assert revoke_next(after=0, at=FIRST_REVOCATION) == [person.pk]

    person.refresh_from_db()
    assert person.revoked_at == FIRST_REVOCATION
    assert person.revocation_reason == RevocationReason.DEADLINE
    assert person.training_balance == 0
    entry = person.balance_entries.get(kind=EntryKind.FORFEIT)
    assert (entry.amount, entry.made_at) == (-1_000_000, FIRST_REVOCATION)
    notice = person.notices.get()
    assert "tidak membeli pelatihan pertama" in notice.body
    assert "Rp1.000.000 hangus" in notice.body
    assert notice.address == "/bantuan/#keberatan"


def test_who_never_got_the_balance_is_told_of_no_loss():
    person = ParticipantFactory()

    revoke_next(after=0, at=IN_NOVEMBER)

    assert not person.balance_entries.exists()
    assert "hangus" not in person.notices.get().body


def test_nobody_is_revoked_on_the_last_day():
    overdue_person()

    assert revoke_next(after=0, at=LAST_MOMENT) == []


def test_for_a_quarter_of_an_hour_after_midnight_nobody_is_revoked():
    overdue_person()

    just_before = FIRST_REVOCATION - dt.timedelta(microseconds=1)
    assert revoke_next(after=0, at=just_before) == []
    assert revoke_next(after=0, at=FIRST_REVOCATION) != []


def test_who_bought_two_seconds_before_midnight_stays():
    person = overdue_person()
    buy(person, at=LAST_MOMENT)

    assert revoke_next(after=0, at=IN_NOVEMBER) == []

    person.refresh_from_db()
    assert not person.is_revoked
    assert person.training_balance == 500_000


def test_before_the_announcement_nobody_is_revoked():
    ParticipantFactory(wave__unannounced=True)

    assert revoke_next(after=0, at=IN_NOVEMBER) == []


def test_revoking_again_changes_nothing():
    overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)

    assert revoke_next(after=0, at=IN_NOVEMBER) == []

    assert Participant.objects.get().revoked_at == FIRST_REVOCATION
    assert BalanceEntry.objects.filter(kind=EntryKind.FORFEIT).count() == 1
    assert Notice.objects.count() == 1


def test_revocation_goes_on_where_it_was_cut_off(monkeypatch):
    monkeypatch.setattr(revoking, "CHUNK", 2)
    people = [overdue_person().pk for _ in range(5)]

    first = revoke_next(after=0, at=IN_NOVEMBER)
    again = revoke_next(after=0, at=IN_NOVEMBER)

    assert (first, again) == (people[:2], people[2:4])


def test_overdue_are_counted_by_wave_before_anything_happens():
    wave = WaveFactory(number=21)
    for _ in range(2):
        ParticipantFactory(wave=wave, funded=True)
    ParticipantFactory(wave=wave)
    other = ParticipantFactory(wave__number=22).wave
    ParticipantFactory(wave=wave, revoked=True)

    assert overdue_by_wave(at=IN_NOVEMBER) == [
        (wave.pk, 21, 3, 1, 2_000_000),
        (other.pk, 22, 1, 1, 0),
    ]


def test_fraud_takes_the_rest_of_the_balance_too():
    person = overdue_person()
    buy(person, at=NOW)

    revoke(person, reason=RevocationReason.FRAUD, at=NOW)

    assert person.training_balance == 0
    assert lost_balance(person) == 500_000
    assert "penyalahgunaan" in person.notices.get().body


def test_many_are_revoked_by_as_many_statements_as_one():
    def statements(people):
        for _ in range(people):
            overdue_person()
        with CaptureQueriesContext(connection) as context:
            revoke_next(after=0, at=IN_NOVEMBER)
        return len(context)

    assert statements(5) == statements(1)


def buy(person, *, at):
    return spend(
        person, amount=500_000, reference="order:1", description="Barista", at=at
    )


def reinstated(person, *, deadline=dt.date(2021, 11, 9), at=IN_NOVEMBER):
    return reinstate(
        person, deadline=deadline, reason="Bank terganggu", by=UserFactory(), at=at
    )


def test_who_is_reinstated_has_balance_time_and_a_notice():
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)
    person.refresh_from_db()

    reinstated(person)

    assert not person.is_revoked
    assert person.training_balance == 1_000_000
    assert person.purchase_deadline == dt.date(2021, 11, 9)
    assert person.balance_entries.get(kind=EntryKind.RESTORE).amount == 1_000_000
    notice = person.notices.first()
    assert notice.title == "Kepesertaanmu dipulihkan"
    assert "9 November 2021, pukul 23.59 WIB" in notice.body


def test_reinstatement_keeps_the_revocation_on_record():
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)
    person.refresh_from_db()

    record = reinstated(person)

    record.refresh_from_db()
    assert record.revoked_at == FIRST_REVOCATION
    assert record.revocation_reason == RevocationReason.DEADLINE
    assert record.reason == "Bank terganggu"
    assert record.reinstated_at == IN_NOVEMBER


def test_who_is_reinstated_can_miss_the_new_deadline_too():
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)
    person.refresh_from_db()
    reinstated(person, deadline=dt.date(2021, 11, 3))

    assert revoke_next(after=0, at=wib(2021, 11, 4, 9)) == [person.pk]

    person.refresh_from_db()
    assert person.training_balance == 0
    assert lost_balance(person) == 1_000_000
    assert Notice.objects.count() == 3


def test_only_the_revoked_are_reinstated():
    with pytest.raises(NotRevoked):
        reinstated(overdue_person())


def test_reinstating_twice_is_refused_the_second_time():
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)
    reinstated(person)

    with pytest.raises(NotRevoked):
        reinstated(person)

    assert BalanceEntry.objects.filter(kind=EntryKind.RESTORE).count() == 1


def test_fraud_is_not_forgiven():
    person = overdue_person()
    revoke(person, reason=RevocationReason.FRAUD, at=NOW)

    with pytest.raises(RevokedForFraud):
        reinstated(person)


@pytest.mark.parametrize(
    "deadline", [dt.date(2021, 11, 1), dt.date(2021, 12, 3)], ids=["past", "too far"]
)
def test_new_deadline_is_between_today_and_thirty_days(deadline):
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)

    with pytest.raises(DeadlineOutOfRange):
        reinstated(person, deadline=deadline)

    person.refresh_from_db()
    assert person.is_revoked


@pytest.mark.parametrize(
    "deadline", [dt.date(2021, 11, 2), dt.date(2021, 12, 2)], ids=["today", "in 30"]
)
def test_both_ends_of_the_new_deadline_are_allowed(deadline):
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)

    reinstated(person, deadline=deadline)

    assert person.purchase_deadline == deadline


def test_new_deadline_is_not_after_the_balance_ends():
    person = overdue_person(wave__balance_expires_on=dt.date(2021, 11, 8))
    revoke_next(after=0, at=FIRST_REVOCATION)

    with pytest.raises(DeadlineOutOfRange, match="8 November 2021"):
        reinstated(person)


def test_nobody_is_reinstated_for_a_balance_that_has_ended():
    person = overdue_person(wave__balance_expires_on=dt.date(2021, 11, 1))
    revoke_next(after=0, at=FIRST_REVOCATION)

    with pytest.raises(BalanceIsOver):
        reinstated(person)


def test_who_was_never_funded_is_reinstated_without_a_balance():
    person = ParticipantFactory()
    revoke_next(after=0, at=FIRST_REVOCATION)

    reinstated(person)

    assert person.training_balance == 0
    assert not person.balance_entries.exists()


def test_personal_deadline_of_who_was_reinstated_outlives_a_new_schedule():
    person = overdue_person(wave__purchase_deadline=dt.date(2021, 10, 22))
    revoke_next(after=0, at=wib(2021, 10, 23, 9))
    person.refresh_from_db()
    reinstated(person)
    wave = person.wave
    wave.announced_at = wib(2021, 9, 23, 9)

    wave.reschedule(at=IN_NOVEMBER)

    person.refresh_from_db()
    assert person.purchase_deadline == dt.date(2021, 11, 9)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_revocation_waits_for_a_purchase_under_way_and_spares_the_buyer():
    person = overdue_person()
    bought, revoked = threading.Event(), []

    def pay():
        with transaction.atomic():
            Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
            bought.set()
            buy(person, at=LAST_MOMENT)
        connection.close()

    def take():
        bought.wait()
        revoked.extend(revoke_next(after=0, at=FIRST_REVOCATION))
        connection.close()

    together(pay, take)

    person.refresh_from_db()
    assert revoked == []
    assert not person.is_revoked
    assert person.training_balance == 500_000


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("attempt", range(10))
def test_purchase_and_revocation_never_both_win(attempt):
    person = overdue_person()
    barrier, refused = threading.Barrier(2), []

    def pay():
        barrier.wait()
        try:
            buy(person, at=LAST_MOMENT)
        except NotSpendable:
            refused.append(person)
        connection.close()

    def take():
        barrier.wait()
        revoke_next(after=0, at=FIRST_REVOCATION)
        connection.close()

    together(pay, take)

    person.refresh_from_db()
    assert person.is_revoked == bool(refused)
    assert person.is_revoked == (person.first_purchased_at is None)
    assert person.training_balance == (0 if person.is_revoked else 500_000)
    entries = BalanceEntry.objects.values_list("amount", flat=True)
    assert sum(entries) == person.training_balance


def together(*acts):
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_database_refuses_a_reinstatement_without_a_reason():
    person = overdue_person()
    revoke_next(after=0, at=FIRST_REVOCATION)

    with pytest.raises(IntegrityError), transaction.atomic():
        reinstate(
            person,
            deadline=dt.date(2021, 11, 9),
            reason="",
            by=UserFactory(),
            at=IN_NOVEMBER,
        )


def test_command_first_only_lists(capsys):
    overdue_person(wave__number=21)

    with time_machine.travel(IN_NOVEMBER, tick=False):
        call_command("revoke_overdue")

    assert (
        "Gelombang 21: 1 orang lewat batas beli, 0 di antara" in capsys.readouterr().out
    )
    assert not Participant.objects.get().is_revoked


def test_command_told_to_apply_revokes_everybody(capsys, monkeypatch):
    monkeypatch.setattr(revoking, "CHUNK", 2)
    for _ in range(3):
        overdue_person()

    with time_machine.travel(IN_NOVEMBER, tick=False):
        call_command("revoke_overdue", "--apply")
        call_command("revoke_overdue", "--apply")

    written = capsys.readouterr().out
    assert "3 orang dicabut." in written
    assert "Tidak ada yang lewat batas beli." in written
    assert not Participant.objects.filter(revoked_at=None).exists()


def test_job_revokes_everybody_chunk_by_chunk(monkeypatch):
    monkeypatch.setattr(revoking, "CHUNK", 2)
    for _ in range(3):
        overdue_person()
    job = start("revoke_overdue", params={}, by=None, at=IN_NOVEMBER)

    with time_machine.travel(IN_NOVEMBER, tick=False):
        run(job.pk, clock=lambda: IN_NOVEMBER)

    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.done) == (JobState.DONE, 3)
    assert not Participant.objects.filter(revoked_at=None).exists()
