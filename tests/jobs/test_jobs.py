"""A job's row: what the database refuses, and the moves from state to state."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django_tasks_db.models import DBTaskResult

from jobs.models import (
    LONGEST_WAIT,
    AlreadyFinished,
    Job,
    JobState,
    NothingToRepeat,
)
from tests.factories import NOW, JobFactory

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("job_state_is_known", {"state": "asleep"}),
        ("job_done_is_within_total", {"done": 11, "total": 10}),
        (
            "job_is_done_when_all_is",
            {"state": "done", "finished_at": NOW, "done": 9, "total": 10},
        ),
        (
            "job_is_done_when_all_is",
            {"state": "done", "finished_at": NOW, "done": 9, "total": None},
        ),
        ("job_finished_has_its_time", {"state": "cancelled", "finished_at": None}),
        ("job_finished_has_its_time", {"state": "queued", "finished_at": NOW}),
        ("job_running_has_its_lease", {"state": "running", "lease_until": NOW}),
        ("job_running_has_its_lease", {"lease_until": NOW}),
        ("job_running_has_its_lease", {"lease_token": uuid.uuid4()}),
        ("job_failed_has_its_reason", {"state": "failed", "finished_at": NOW}),
        ("job_failed_has_its_reason", {"failure": "Tidak bisa."}),
    ],
)
def test_the_database_refuses(name, row):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        JobFactory(**row)


@pytest.mark.django_db
def test_an_unknown_total_limits_nothing():
    job = JobFactory(done=11, total=None)

    assert job.pk


@pytest.mark.django_db
def test_a_claim_takes_the_lease():
    job = JobFactory()

    claimed = Job.objects.claim(job.pk, at=NOW)

    assert claimed.state == JobState.RUNNING
    assert claimed.lease_until == NOW + MINUTE
    assert claimed.lease_token
    assert claimed.started_at == NOW
    assert claimed.attempts == 0


@pytest.mark.django_db
def test_the_length_of_a_lease_is_a_setting(settings):
    settings.JOB_LEASE = 5

    claimed = Job.objects.claim(JobFactory().pk, at=NOW)

    assert claimed.lease_until == NOW + dt.timedelta(seconds=5)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["running", "is_done", "failed", "cancelled"])
def test_what_runs_or_is_finished_is_not_claimed(state):
    job = JobFactory(**{state: True})

    assert Job.objects.claim(job.pk, at=NOW) is None


@pytest.mark.django_db
def test_nothing_is_claimed_before_its_time():
    job = JobFactory(not_before=NOW + MINUTE)

    assert Job.objects.claim(job.pk, at=NOW) is None
    assert Job.objects.claim(job.pk, at=NOW + MINUTE)


@pytest.mark.django_db
def test_the_job_of_a_silent_worker_is_claimed_and_counts_as_an_attempt():
    job = JobFactory(running=True, started_at=NOW - MINUTE)

    assert Job.objects.claim(job.pk, at=NOW + MINUTE - dt.timedelta(seconds=1)) is None
    claimed = Job.objects.claim(job.pk, at=NOW + MINUTE)

    assert claimed.lease_token != job.lease_token
    assert claimed.attempts == 1
    assert claimed.started_at == NOW - MINUTE


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_workers_that_claim_a_job_at_once_one_gets_it():
    job = JobFactory()
    claimed = []
    start = threading.Barrier(4)

    def claim():
        try:
            start.wait()
            claimed.append(Job.objects.claim(job.pk, at=NOW))
        finally:
            connection.close()

    workers = [threading.Thread(target=claim) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    job.refresh_from_db()
    assert [c.lease_token for c in claimed if c] == [job.lease_token]
    assert len(claimed) == 4


@pytest.mark.django_db
@pytest.mark.parametrize("state", [{}, {"running": True}])
def test_what_waits_or_runs_can_be_cancelled(state):
    job = JobFactory(**state, done=3, cursor=3)

    job.cancel(at=NOW)

    assert job.state == JobState.CANCELLED
    assert job.finished_at == NOW
    assert (job.done, job.cursor) == (3, 3)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["is_done", "failed", "cancelled"])
def test_what_is_finished_can_not_be_cancelled(state):
    with pytest.raises(AlreadyFinished):
        JobFactory(**{state: True}).cancel(at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_failed_or_was_cancelled_goes_on_from_its_cursor(state):
    job = JobFactory(**{state: True}, done=3, cursor=3, attempts=3)

    job.retry(at=NOW + MINUTE)

    assert job.state == JobState.QUEUED
    assert (job.done, job.cursor, job.attempts, job.failure) == (3, 3, 0, "")
    assert DBTaskResult.objects.get().args_kwargs == {"args": [job.pk], "kwargs": {}}
    assert Job.objects.claim(job.pk, at=NOW + MINUTE)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [{}, {"running": True}, {"is_done": True}])
def test_what_has_not_stopped_early_is_not_repeated(state):
    with pytest.raises(NothingToRepeat):
        JobFactory(**state).retry(at=NOW)

    assert not DBTaskResult.objects.exists()


def test_the_rate_counts_only_the_time_that_was_worked():
    job = JobFactory.build(running=True, total=500, done=100, seconds_worked=20)

    assert job.rate == 5
    assert job.time_left == dt.timedelta(seconds=80)


@pytest.mark.parametrize(
    "row",
    [
        {"total": 500, "done": 0},
        {"total": None, "done": 100, "seconds_worked": 20},
        {"is_done": True, "total": 100, "done": 100, "seconds_worked": 20},
    ],
)
def test_time_left_is_unknown_without_progress_total_or_rest(row):
    assert JobFactory.build(**row).time_left is None


@pytest.mark.django_db
def test_a_job_and_an_error_say_which_they_are():
    job = JobFactory()

    error = job.errors.create(item="baris 3", reason="Kosong.")

    assert str(job) == f"Pekerjaan {job.pk}"
    assert str(error) == "baris 3: Kosong."


# --- Whether anybody works --------------------------------------------------

LONG_AGO = NOW - LONGEST_WAIT


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [
        {"not_before": LONG_AGO},
        {"running": True, "not_before": LONG_AGO, "lease_until": NOW},
    ],
)
def test_a_job_that_nobody_takes_for_five_minutes_means_there_is_no_worker(row):
    JobFactory(**row)

    assert Job.objects.is_stuck(at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [
        {"not_before": LONG_AGO + dt.timedelta(seconds=1)},
        {"running": True, "not_before": LONG_AGO, "lease_until": NOW + MINUTE},
        {"is_done": True, "not_before": LONG_AGO},
    ],
)
def test_what_waits_less_or_is_worked_on_or_finished_is_not_stuck(row):
    JobFactory(**row)

    assert not Job.objects.is_stuck(at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("at_work", [{"running": True}, {"is_done": True}])
def test_a_long_queue_in_front_of_busy_workers_is_not_stuck(at_work):
    JobFactory(not_before=LONG_AGO)
    JobFactory(**at_work)

    assert not Job.objects.is_stuck(at=NOW)
