"""Reminders of the deadline: due, once each, true on the day they are sent."""

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command

from jobs.models import Job, JobState
from jobs.running import run
from jobs.work import start
from participants import reminding
from participants.models import Notice
from participants.reminding import count_to_remind, remind
from tests.factories import NOW, ParticipantFactory, WaveFactory, wib

pytestmark = pytest.mark.django_db

LAST_DAY = wib(2021, 10, 21, 8)  # of the default wave


def remind_all(*, at):
    return sum(remind(at=at))


def days_before(days: int) -> dt.datetime:
    return LAST_DAY - dt.timedelta(days=days)


def titles():
    notices = Notice.objects.order_by("pk").values_list("title", flat=True)
    return [title.removesuffix(" untuk membeli pelatihan pertama") for title in notices]


@pytest.mark.parametrize("days", [14, 7, 3, 1])
def test_reminded_on_its_day(days):
    ParticipantFactory()

    assert remind_all(at=days_before(days)) == 1

    assert titles() == [f"Tersisa {days} hari"]
    body = Notice.objects.get().body
    assert "paling lambat 21 Oktober 2021, pukul 23.59 WIB" in body


def test_earlier_than_fourteen_days_before_nobody_is_reminded():
    ParticipantFactory()

    assert remind_all(at=days_before(15)) == 0


def test_after_the_deadline_nobody_is_reminded():
    ParticipantFactory()

    assert remind_all(at=days_before(-1)) == 0


def test_run_every_day_it_sends_four_reminders_and_no_more():
    ParticipantFactory()

    for days in range(29, -2, -1):
        for _ in range(2):
            remind_all(at=days_before(days))

    assert titles() == [f"Tersisa {days} hari" for days in (14, 7, 3, 1)]


@pytest.mark.parametrize(
    ("days", "words"),
    [(13, "Tersisa 13 hari"), (6, "Tersisa 6 hari"), (2, "Tersisa 2 hari")],
)
def test_late_reminder_tells_the_days_that_are_truly_left(days, words):
    ParticipantFactory()

    remind_all(at=days_before(days))

    assert titles() == [words]


def test_reminder_missed_until_the_last_day_says_that_it_is_the_last():
    ParticipantFactory()

    remind_all(at=LAST_DAY)

    assert titles() == ["Hari ini hari terakhir"]


def test_a_reminder_whose_day_is_over_is_not_sent_beside_a_nearer_one():
    ParticipantFactory()

    remind_all(at=days_before(7))
    remind_all(at=days_before(7))

    assert titles() == ["Tersisa 7 hari"]


@pytest.mark.parametrize("fate", [{"revoked": True}, {"first_purchased_at": NOW}])
def test_who_has_bought_or_was_revoked_is_not_reminded(fate):
    ParticipantFactory(**fate)

    assert remind_all(at=days_before(7)) == 0


def test_before_the_announcement_nobody_is_reminded():
    ParticipantFactory(wave__unannounced=True)

    assert remind_all(at=days_before(7)) == 0


def test_an_extended_deadline_has_reminders_of_its_own():
    person = ParticipantFactory()
    remind_all(at=days_before(3))
    person.wave.purchase_deadline = dt.date(2021, 10, 24)
    person.wave.reschedule(at=days_before(3))

    remind_all(at=LAST_DAY)

    assert titles() == ["Tersisa 3 hari", "Tersisa 3 hari"]
    assert "24 Oktober 2021" in Notice.objects.first().body


def test_people_are_counted_before_they_are_reminded():
    for _ in range(3):
        ParticipantFactory()

    assert count_to_remind(at=days_before(7)) == 3
    remind_all(at=days_before(7))
    assert count_to_remind(at=days_before(7)) == 0


def test_command_reminds_everybody_chunk_by_chunk(monkeypatch, capsys):
    monkeypatch.setattr(reminding, "CHUNK", 2)
    for _ in range(5):
        ParticipantFactory()

    with time_machine.travel(days_before(7), tick=False):
        call_command("remind_deadlines")

    assert capsys.readouterr().out == "5 orang diingatkan.\n"
    assert titles() == ["Tersisa 7 hari"] * 5


def test_job_reminds_everybody_chunk_by_chunk(monkeypatch):
    monkeypatch.setattr(reminding, "CHUNK", 2)
    for _ in range(5):
        ParticipantFactory()
    at = days_before(7)
    job = start("remind_deadlines", params={}, by=None, at=at)

    with time_machine.travel(at, tick=False):
        run(job.pk, clock=lambda: at)

    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.done) == (JobState.DONE, 5)
    assert titles() == ["Tersisa 7 hari"] * 5


def test_who_has_not_bought_is_told_of_an_extended_deadline(monkeypatch):
    monkeypatch.setattr(reminding, "CHUNK", 2)
    wave = WaveFactory(purchase_deadline=dt.date(2021, 10, 28))
    people = [ParticipantFactory(wave=wave) for _ in range(3)]
    ParticipantFactory(wave=wave, first_purchased_at=NOW)
    ParticipantFactory(wave=wave, revoked=True)
    params = {"wave": wave.pk, "deadline": "2021-10-28"}
    job = start("tell_extension", params=params, by=None, at=NOW)

    with time_machine.travel(NOW, tick=False):
        run(job.pk, clock=lambda: NOW)

    told = Notice.objects.order_by("pk").values_list("participant", flat=True)
    assert list(told) == [person.pk for person in people]
    assert Notice.objects.first().title == (
        "Batas beli diperpanjang sampai 28 Oktober 2021"
    )
