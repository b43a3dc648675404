"""`manage.py worker`: what it does with the queue, round after round."""

import datetime as dt
import signal
import time

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from jobs.management.commands import worker as worker_module
from jobs.management.commands.worker import JobWorker
from jobs.models import Job
from jobs.running import Shutdown
from jobs.work import start
from tests.factories import JobFactory
from tests.jobs.kinds import outcome, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def rounds(monkeypatch):
    """Let a worker go to sleep so often, then ask it to end; count the rounds."""
    monkeypatch.setattr(Shutdown, "requested", False)
    slept = []

    def end_after(number):
        def sleep(seconds):
            slept.append(seconds)
            if len(slept) == number:
                signal.raise_signal(signal.SIGTERM)

        monkeypatch.setattr(time, "sleep", sleep)
        return slept

    before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
    # The connection is the test's own.
    monkeypatch.setattr(worker_module, "close_old_connections", lambda: None)
    yield end_after
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_worker_does_what_is_in_the_queue_and_then_waits(rounds, the_work):
    the_work(write_rows)
    jobs = [
        start("test", params={"name": name, "rows": 2}, by=None, at=timezone.now())
        for name in "ab"
    ]
    slept = rounds(2)

    call_command("worker")

    assert [outcome(job)["state"] for job in jobs] == ["done", "done"]
    assert slept == [1.0, 1.0]


def test_a_worker_outlives_a_database_that_is_away(rounds, the_work, monkeypatch):
    the_work(write_rows)
    job = start("test", params={"name": "a", "rows": 2}, by=None, at=timezone.now())
    rounds(3)
    do_next, away = JobWorker.do_next, [OperationalError, OperationalError]

    def sometimes(worker):
        if away:
            raise away.pop()("database is locked")
        return do_next(worker)

    monkeypatch.setattr(JobWorker, "do_next", sometimes)

    call_command("worker")

    assert outcome(job)["state"] == "done"


def test_a_worker_that_starts_takes_up_what_a_dead_one_left(rounds, the_work):
    the_work(write_rows)
    job = JobFactory(running=True, params={"name": "a", "rows": 6}, cursor=4, done=4)
    rounds(1)

    call_command("worker")

    assert outcome(job)["rows"] == [4]
    assert Job.objects.get().attempts == 0


def test_a_look_at_an_empty_queue_is_one_query_and_no_lock(django_assert_num_queries):
    worker = JobWorker()

    with django_assert_num_queries(1) as queries:
        assert not worker.do_next()

    assert isinstance(queries, CaptureQueriesContext)
    assert queries[0]["sql"].startswith("SELECT")


def test_what_another_worker_took_in_between_is_not_done_twice(monkeypatch, the_work):
    the_work(write_rows)
    start("test", params={"name": "a", "rows": 2}, by=None, at=timezone.now())
    taken = type(DBTaskResult.objects.all())
    monkeypatch.setattr(taken, "get_locked", lambda tasks: None)

    assert not JobWorker().do_next()

    assert DBTaskResult.objects.get().status == "READY"


def test_a_sweep_comes_every_15_seconds_and_pruning_daily(monkeypatch):
    swept, pruned = [], []
    for name, calls in [("sweep", swept), ("prune", pruned)]:
        monkeypatch.setattr(
            worker_module, name, lambda at, calls=calls: calls.append(at)
        )
    worker = JobWorker()
    now = timezone.now()

    for seconds in (0, 14, 15, 29, 30, 86_400):
        worker.keep_house(at=now + dt.timedelta(seconds=seconds))

    assert len(swept) == 4
    assert len(pruned) == 2
