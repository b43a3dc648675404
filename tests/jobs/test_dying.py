"""Workers that die, in processes of their own over the test database."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from jobs import work
from jobs.models import JobState
from jobs.work import Kind, start
from tests.jobs.kinds import CHUNK, outcome, write_rows

ROOT = Path(__file__).parent.parent.parent
LEASE = 0.1  # seconds
KILLS = 50

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.xdist_group("workers"),
]


@pytest.fixture(autouse=True)
def _known_here_too(monkeypatch):
    monkeypatch.setitem(work.KINDS, "write_rows", Kind("Tulis baris", write_rows))


def database_url():
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


class Workers:
    """Starts a worker, one at a time, in a process of its own."""

    def __init__(self, process):
        self.process = process

    def start(self):
        """Return the process number of a new worker."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self, worker, with_signal):
        """Send a signal; return the exit status, negative if the signal killed it."""
        os.kill(worker, with_signal)
        return int(self.process.stdout.readline())


@pytest.fixture
def workers(tmp_path):
    environment = {
        "DJANGO_SETTINGS_MODULE": "prakerja.settings",
        "DATABASE_URL": database_url(),
        "DATA_DIR": f"{tmp_path}",
        "JOB_LEASE": f"{LEASE}",
    }
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.workers"],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Workers(process)
        process.stdin.close()


def until(condition):
    for _ in range(1500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not come to pass in 30 seconds")


def rows_job(*, name, rows, seconds=0.0):
    params = {"name": name, "rows": rows, "seconds": seconds}
    return start("write_rows", params=params, total=rows, by=None, at=timezone.now())


def test_a_worker_killed_fifty_times_ends_where_an_undisturbed_one_does(workers):
    rows = 2000
    disturbed = rows_job(name="a", rows=rows, seconds=0.004)
    luck = random.Random(3)  # noqa: S311

    def has_progressed(done):
        disturbed.refresh_from_db()
        return disturbed.done > done

    for kill in range(KILLS):
        worker = workers.start()
        if kill % 2:
            # So that not all die while they start.
            done = disturbed.done
            until(lambda done=done: has_progressed(done))
        time.sleep(luck.uniform(0, 0.06))
        assert workers.end(worker, signal.SIGKILL) == -signal.SIGKILL
        disturbed.refresh_from_db()
        assert not disturbed.is_finished
        time.sleep(LEASE)
    undisturbed = rows_job(name="b", rows=rows)
    worker = workers.start()
    until(lambda: outcome(undisturbed)["state"] == JobState.DONE)
    until(lambda: outcome(disturbed)["state"] == JobState.DONE)
    workers.end(worker, signal.SIGTERM)

    assert outcome(disturbed) == outcome(undisturbed)
    assert outcome(disturbed)["rows"] == list(range(0, rows, 2))


def test_sigterm_lets_the_chunk_end_and_the_job_go_on_at_the_next_worker(workers):
    job = rows_job(name="a", rows=400, seconds=0.02)
    worker = workers.start()
    until(lambda: outcome(job)["done"] >= CHUNK)

    assert workers.end(worker, signal.SIGTERM) == 0

    stopped = outcome(job)
    assert stopped["state"] == JobState.QUEUED
    assert stopped["cursor"] == stopped["done"] < 400
    worker = workers.start()
    until(lambda: outcome(job)["state"] == JobState.DONE)
    workers.end(worker, signal.SIGTERM)
    assert outcome(job)["rows"] == list(range(0, 400, 2))


def test_an_idle_worker_ends_on_sigterm(workers):
    worker = workers.start()
    time.sleep(0.2)

    assert workers.end(worker, signal.SIGTERM) == 0
