"""One worker's time with a job: chunks, cursors, and everything that goes wrong."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError
from django_tasks_db.models import DBTaskResult

from jobs import running, work
from jobs.models import ATTEMPTS, ATTEMPTS_OF_OTHERS, Job, JobState
from jobs.running import LONGEST_PAUSE, TURN, Shutdown, run
from jobs.tasks import run_job
from jobs.work import Chunk, TryLater, kind, start, title_of
from prakerja.refusal import Refusal
from tests.factories import NOW, JobFactory, UserFactory
from tests.jobs.kinds import CHUNK, outcome, queued, started, write_rows

pytestmark = pytest.mark.django_db


def test_starting_makes_the_row_and_puts_it_into_the_queue(the_work):
    the_work(write_rows)
    user = UserFactory()

    job = start("test", params={"rows": 3}, total=3, by=user, at=NOW)

    assert job.state == JobState.QUEUED
    assert (job.total, job.done, job.cursor) == (3, 0, None)
    assert (job.requested_by, job.requested_at) == (user, NOW)
    assert queued() == [(job.pk, NOW)]


def test_a_job_can_be_started_for_later(the_work):
    the_work(write_rows)
    later = NOW + dt.timedelta(hours=1)

    job = start("test", params={}, by=None, at=NOW, after=later)

    assert job.not_before == later
    assert queued() == [(job.pk, later)]


def test_an_unknown_kind_is_not_started():
    with pytest.raises(KeyError):
        start("nothing", params={}, by=None, at=NOW)

    assert not Job.objects.exists()


def test_a_kind_is_registered_once(the_work):
    the_work(write_rows)

    with pytest.raises(ValueError, match="two kinds"):
        kind("test", title="Sekali lagi")(write_rows)


def test_a_registered_kind_has_a_title_and_a_forgotten_one_its_name(monkeypatch):
    monkeypatch.setattr(work, "KINDS", {})
    kind("test", title="Tulis baris")(write_rows)

    assert title_of(JobFactory.build(kind="test")) == "Tulis baris"
    assert title_of(JobFactory.build(kind="forgotten")) == "forgotten"


def test_a_job_is_done_chunk_by_chunk(the_work, clock):
    the_work(write_rows)
    job = started(rows=10, name="a")

    run(job.pk, clock=clock)

    assert outcome(job) == {
        "state": "done",
        "done": 10,
        "total": 10,
        "cursor": 10,
        "failure": "",
        "error_count": 5,
        "rows": [0, 2, 4, 6, 8],
        "errors": [(f"baris {number}", "Ganjil.") for number in (1, 3, 5, 7, 9)],
    }
    assert job.finished_at == NOW
    assert job.lease_token is None


def test_the_queue_carries_only_the_number_of_a_job(the_work):
    the_work(write_rows)
    job = started(rows=2, name="a")

    run_job.call(job.pk)

    assert outcome(job)["rows"] == [0]
    assert DBTaskResult.objects.get().args_kwargs == {"args": [job.pk], "kwargs": {}}


def test_work_on_a_job_that_is_done_changes_nothing(the_work, clock):
    the_work(write_rows)
    job = started(rows=4, name="a")
    run(job.pk, clock=clock)
    before = outcome(job)

    run(job.pk, clock=clock)

    assert outcome(job) == before


def test_a_job_begins_at_its_cursor(the_work, clock):
    the_work(write_rows)
    job = JobFactory(params={"rows": 10, "name": "a"}, cursor=6, done=6)

    run(job.pk, clock=clock)

    assert outcome(job)["rows"] == [6, 8]
    assert job.done == 10


def test_a_better_known_total_replaces_the_guess(the_work, clock):
    totals = []

    @the_work
    def guess(job):
        yield Chunk(done=5, cursor=1, total=20)
        totals.append(Job.objects.get().total)
        yield Chunk(done=20, cursor=2)
        totals.append(Job.objects.get().total)

    job = start("test", params={}, total=10, by=None, at=NOW)

    run(job.pk, clock=clock)

    job.refresh_from_db()
    assert totals == [20, 25]
    assert (job.done, job.total) == (25, 25)


def test_the_time_worked_is_added_up_and_each_chunk_renews_the_lease(the_work, clock):
    leases = []

    @the_work
    def slow(job):
        for number in range(3):
            clock.pass_by(seconds=2)
            yield Chunk(done=1, cursor=number)
            leases.append(Job.objects.get().lease_until)

    job = started()

    run(job.pk, clock=clock)

    job.refresh_from_db()
    minute = dt.timedelta(seconds=60)
    assert job.seconds_worked == 6
    assert leases == [NOW + dt.timedelta(seconds=s) + minute for s in (2, 4, 6)]


def test_a_chunk_that_fails_leaves_nothing_and_is_tried_again_after_a_pause(
    the_work, clock
):
    @the_work
    def stumbles(job):
        yield Chunk(done=1, cursor=1)
        Group.objects.create(name="tidak disimpan")
        raise ValueError("nomor kartu 1234567890123456")

    job = started()
    DBTaskResult.objects.all().delete()

    run(job.pk, clock=clock)

    job.refresh_from_db()
    assert (job.state, job.done, job.cursor, job.attempts) == ("queued", 1, 1, 1)
    assert not Group.objects.filter(name="tidak disimpan").exists()
    assert queued() == [(job.pk, NOW + dt.timedelta(seconds=10))]
    assert job.not_before == NOW + dt.timedelta(seconds=10)


def run_until_it_ends(job, clock):
    """Run a job as often as it wants; return how often, and the pauses between."""
    pauses = []
    for times in range(1, 30):
        run(job.pk, clock=clock)
        job.refresh_from_db()
        if job.is_finished:
            return times, pauses
        pauses.append(job.not_before - clock.now)
        clock.now = job.not_before
    return pytest.fail("it never ends")


def test_after_three_attempts_without_progress_a_job_fails_without_telling_data(
    the_work, clock
):
    @the_work
    def stumbles(job):
        raise ValueError("nomor kartu 1234567890123456")
        yield

    job = started()

    times, pauses = run_until_it_ends(job, clock)

    assert times == ATTEMPTS == 3
    assert pauses == [dt.timedelta(seconds=10), dt.timedelta(seconds=60)]
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert "1234567890123456" not in job.failure
    assert f"nomor {job.pk}" in job.failure


def test_the_log_of_a_failure_holds_no_long_number(the_work, clock, caplog):
    @the_work
    def stumbles(job):
        raise ValueError("nomor kartu 1234567890123456")
        yield

    job = started()

    run(job.pk, clock=clock)

    [record] = [r for r in caplog.records if r.message == "job stumbled"]
    assert record.event == {"job": job.pk, "kind": "test", "done": 0}


def test_a_database_that_is_away_is_not_the_jobs_fault(the_work, clock):
    @the_work
    def locked(job):
        raise OperationalError("database is locked")
        yield

    job = started()

    times, pauses = run_until_it_ends(job, clock)

    assert times == ATTEMPTS_OF_OTHERS
    assert max(pauses) == LONGEST_PAUSE


def test_progress_makes_earlier_attempts_forgotten(the_work, clock):
    @the_work
    def stumbles_on_each_chunk(job):
        for number in range(job.cursor or 0, 5):
            yield Chunk(done=1, cursor=number + 1)
            raise ValueError

    job = started()

    run_until_it_ends(job, clock)

    assert job.state == JobState.DONE
    assert job.done == 5


def test_a_refusal_fails_the_job_at_once_with_its_sentence(the_work, clock):
    @the_work
    def refuses(job):
        yield Chunk(done=1, cursor=1)
        raise Refusal("Gelombang ini belum diumumkan.")

    job = started()

    run(job.pk, clock=clock)

    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.FAILED, 1)
    assert job.failure == "Gelombang ini belum diumumkan."


def test_trying_later_is_no_failure(the_work, clock):
    @the_work
    def waits(job):
        tried = (job.cursor or 0) + 1
        yield Chunk(done=0, cursor=tried)
        if tried <= 5:
            raise TryLater(after=dt.timedelta(minutes=tried))

    job = started()

    times, pauses = run_until_it_ends(job, clock)

    assert times == 6
    assert pauses == [dt.timedelta(minutes=tried) for tried in (1, 2, 3, 4, 5)]
    assert (job.state, job.attempts) == (JobState.DONE, 0)


def test_a_kind_that_is_no_more_fails(clock):
    job = JobFactory(kind="forgotten")

    run(job.pk, clock=clock)

    job.refresh_from_db()
    assert job.failure == "Jenis pekerjaan forgotten tidak dikenal lagi."


@pytest.fixture
def between_chunks(monkeypatch):
    """Call ``between_chunks(function)`` to have it called once, after a chunk."""

    def register(function):
        is_over = running._Turn._is_over

        def once(turn):
            monkeypatch.setattr(running._Turn, "_is_over", is_over)
            function()
            return False

        monkeypatch.setattr(running._Turn, "_is_over", once)

    return register


def test_a_cancelled_job_stops_before_its_next_chunk(the_work, clock, between_chunks):
    the_work(write_rows)
    job = started(rows=10, name="a")
    between_chunks(lambda: job.cancel(at=NOW))

    run(job.pk, clock=clock)

    after = outcome(job)
    assert (after["state"], after["done"]) == (JobState.CANCELLED, CHUNK)
    assert after["rows"] == [0, 2]


def test_a_worker_that_was_silent_too_long_writes_nothing_more(
    the_work, clock, between_chunks
):
    the_work(write_rows)
    job = started(rows=10, name="a")

    def another_worker_comes():
        clock.pass_by(seconds=61)
        run(job.pk, clock=clock)

    between_chunks(another_worker_comes)

    run(job.pk, clock=clock)

    after = outcome(job)
    assert (after["state"], after["done"]) == (JobState.DONE, 10)
    assert after["rows"] == [0, 2, 4, 6, 8]
    assert after["error_count"] == len(after["errors"]) == 5


def test_a_worker_asked_to_end_lets_go_after_the_chunk(the_work, clock, monkeypatch):
    the_work(write_rows)
    job = started(rows=10, name="a")
    monkeypatch.setattr(Shutdown, "requested", True)

    run(job.pk, clock=clock)

    after = outcome(job)
    assert (after["state"], after["done"]) == (JobState.QUEUED, CHUNK)
    assert queued() == [(job.pk, NOW)] * 2


@pytest.fixture
def slow_work(the_work, clock):
    """A chunk takes longer than a turn."""

    @the_work
    def slow(job):
        for number in range(job.cursor or 0, 3):
            clock.pass_by(seconds=TURN.seconds + 1)
            yield Chunk(done=1, cursor=number + 1)


def test_a_long_job_lets_others_have_their_turn(slow_work, clock):
    long, short = started(), started()

    run(long.pk, clock=clock)

    long.refresh_from_db()
    assert (long.state, long.done) == (JobState.QUEUED, 1)
    assert queued()[-1] == (long.pk, clock.now)
    assert queued()[-2][0] == short.pk


def test_a_long_job_that_nobody_waits_for_goes_on(slow_work, clock):
    job = started()

    run(job.pk, clock=clock)

    job.refresh_from_db()
    assert job.state == JobState.DONE
