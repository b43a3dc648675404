"""What fell out of the queue is found again, wherever its worker died."""

import datetime as dt

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from jobs import running
from jobs.models import ATTEMPTS_OF_OTHERS, Job, JobState
from jobs.running import prune, run, sweep
from tests.factories import NOW, JobFactory, UserFactory
from tests.jobs.kinds import outcome, queued, started, write_rows

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def test_a_sweep_puts_a_dead_workers_job_back():
    job = JobFactory(running=True)

    assert sweep(at=NOW) == []
    assert sweep(at=NOW + MINUTE) == [job.pk]
    assert queued() == [(job.pk, NOW + MINUTE)]


def test_a_sweep_puts_back_what_the_queue_lost_but_nothing_twice(the_work):
    the_work(write_rows)
    lost, waiting = started(), started()
    DBTaskResult.objects.order_by("enqueued_at").first().delete()
    assert queued() == [(waiting.pk, NOW)]

    assert sweep(at=NOW) == []
    assert sweep(at=NOW + MINUTE) == [lost.pk]
    assert sweep(at=NOW + 2 * MINUTE) == []


def test_a_sweep_leaves_what_is_not_due_and_what_is_finished():
    JobFactory(not_before=NOW + MINUTE)
    JobFactory(is_done=True)
    JobFactory(failed=True)
    JobFactory(cancelled=True)

    assert sweep(at=NOW + MINUTE) == []


def test_a_job_that_kills_worker_after_worker_fails(the_work, clock):
    @the_work
    def kills(job):
        raise SystemExit
        yield

    job = started()

    for _ in range(ATTEMPTS_OF_OTHERS):
        assert not job.is_finished
        with pytest.raises(SystemExit):
            run(job.pk, clock=clock)
        clock.pass_by(seconds=60)
        sweep(at=clock.now)
        job.refresh_from_db()

    assert job.state == JobState.FAILED
    assert f"nomor {job.pk}" in job.failure


def test_a_dead_workers_job_is_put_back_however_many_wait_before_it(
    the_work, monkeypatch
):
    monkeypatch.setattr(running, "SWEPT", 2)
    the_work(write_rows)
    for _ in range(5):
        started()
    dead = JobFactory(running=True)

    assert sweep(at=NOW + MINUTE * 5) == [dead.pk]


def test_old_rows_of_the_queue_are_forgotten(the_work):
    the_work(write_rows)
    for status, hours in [("SUCCESSFUL", 25), ("FAILED", 25), ("SUCCESSFUL", 23)]:
        started()
        DBTaskResult.objects.filter(status="READY").update(
            status=status, finished_at=NOW - dt.timedelta(hours=hours)
        )
    for days in (8, 6):
        started()
        DBTaskResult.objects.filter(status="READY").update(
            status="RUNNING", started_at=NOW - dt.timedelta(days=days)
        )
    started()

    prune(at=NOW)

    left = DBTaskResult.objects.order_by("enqueued_at").values_list("status", flat=True)
    assert list(left) == ["SUCCESSFUL", "RUNNING", "READY"]


# --- Death between any two statements ---------------------------------------


class Killed(BaseException):
    """What no part of the code catches, as no process survives SIGKILL."""


def killed_before_statement(number):
    """Return a wrapper of statements that dies in place of one of them."""
    seen = 0

    def wrapper(execute, sql, params, many, context):
        nonlocal seen
        seen += 1
        if seen == number:
            raise Killed
        return execute(sql, params, many, context)

    return wrapper


def test_a_worker_killed_before_any_statement_changes_nothing_in_the_end(
    the_work, clock
):
    the_work(write_rows)
    undisturbed = started(rows=10, name="a")
    run(undisturbed.pk, clock=clock)
    expected = outcome(undisturbed)

    for number in range(1, 1000):
        job = started(rows=10, name=f"{number}")
        try:
            with connection.execute_wrapper(killed_before_statement(number)):
                run(job.pk, clock=clock)
        except Killed:
            clock.pass_by(seconds=61)
            sweep(at=clock.now)
            run(job.pk, clock=clock)
            assert outcome(job) == expected, f"killed before statement {number}"
        else:
            break

    assert outcome(job) == expected
    assert number > 20


def test_jobs_of_nobody_are_forgotten_after_thirty_days_and_those_of_staff_never():
    of_staff = JobFactory(is_done=True, requested_by=UserFactory(staff=True))
    of_nobody = JobFactory(is_done=True)
    waiting = JobFactory()

    prune(at=NOW + dt.timedelta(days=30))
    assert Job.objects.filter(pk=of_nobody.pk).exists()
    prune(at=NOW + dt.timedelta(days=30, seconds=1))

    assert set(Job.objects.all()) == {of_staff, waiting}
