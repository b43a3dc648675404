"""What stands in the queue: the number of a job, and nothing about anybody."""

import datetime as dt

from django.tasks import task
from django.utils import timezone


@task
def run_job(job_id: int) -> None:
    """Do a job's work, as far as it gets in one turn; do nothing if it isn't due."""
    from jobs.running import run  # noqa: PLC0415  # which puts this task in the queue

    run(job_id, clock=timezone.now)


def enqueue(job_id: int, *, after: dt.datetime, priority: int = 0) -> None:
    """Put a job into the queue, in the same transaction as whatever is under way."""
    run_job.using(run_after=after, priority=priority).enqueue(job_id)
