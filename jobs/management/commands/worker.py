"""`manage.py worker`: does the jobs of the queue, one by one, until SIGTERM."""

import datetime as dt
import logging
import os
import socket
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django.tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from jobs.running import Shutdown, prune, sweep

logger = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds between two looks at an empty queue
SWEEP_EVERY = dt.timedelta(seconds=15)
PRUNE_EVERY = dt.timedelta(days=1)


class Command(BaseCommand):
    help = "Do the jobs of the queue until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)  # what jobs write is nobody else's to read
        worker = JobWorker()
        worker.configure_signals()
        worker.run()


class JobWorker(Worker):
    """django-tasks-db's worker, which also sweeps, and outlives a database restart.

    Asked to end, it lets the chunk under way end, and the job go on elsewhere.
    """

    def __init__(self) -> None:
        super().__init__(
            queue_names=[DEFAULT_TASK_QUEUE_NAME],
            excluded_queue_names=[],
            interval=INTERVAL,
            batch=False,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{socket.gethostname()[:40]}-{os.getpid()}",
        )
        self.swept_at = self.pruned_at = dt.datetime.min.replace(tzinfo=dt.UTC)

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        Shutdown.requested = True
        self.running = False

    def run(self) -> None:
        logger.info("worker started", extra={"event": {"worker": self.worker_id}})
        while self.running:
            try:
                self.keep_house(at=timezone.now())
                found = self.do_next()
                close_old_connections()
            except (DatabaseError, InterfaceError) as error:
                # A lock, a restart, tables not made yet: it passes.
                logger.warning("database away: %s", type(error).__name__)
                close_old_connections()
                found = False
            if not found:
                time.sleep(self.interval)
        logger.info("worker ended", extra={"event": {"worker": self.worker_id}})

    def keep_house(self, *, at: dt.datetime) -> None:
        if at - self.swept_at >= SWEEP_EVERY:
            sweep(at=at)
            self.swept_at = at
        if at - self.pruned_at >= PRUNE_EVERY:
            prune(at=at)
            self.pruned_at = at

    def do_next(self) -> bool:
        """Do what is next in the queue; return whether there was anything."""
        ready = DBTaskResult.objects.ready().filter(backend_name=self.backend_name)
        # A look costs the site nothing; the lock below would make it wait on SQLite.
        if not ready.exists():
            return False
        with transaction.atomic():
            task_result = ready.get_locked()
            if task_result is not None:
                task_result.claim(self.worker_id)
        if task_result is not None:
            self.run_task(task_result)
        return task_result is not None
