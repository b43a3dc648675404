"""A kind of work that writes rows which the database wants only once; and the queue."""

import time

from django.contrib.auth.models import Group
from django_tasks_db.models import DBTaskResult

from jobs.work import Chunk, kind, start
from tests.factories import NOW

CHUNK = 4


def write_rows(job):
    """Write ``rows`` rows, the odd ones being errors instead; slowly, if told."""
    first, rows = job.cursor or 0, job.params["rows"]
    while first < rows:
        numbers = range(first, min(first + CHUNK, rows))
        for number in numbers:
            if number % 2 == 0:
                Group.objects.create(name=f"{job.params['name']} {number}")
        if "seconds" in job.params:
            time.sleep(job.params["seconds"])
        first += len(numbers)
        yield Chunk(
            done=len(numbers),
            cursor=first,
            errors=[(f"baris {number}", "Ganjil.") for number in numbers if number % 2],
        )


def register():
    kind("write_rows", title="Tulis baris")(write_rows)


def outcome(job):
    """Return all that a run of write_rows leaves, but for times and names."""
    job.refresh_from_db()
    names = Group.objects.filter(name__startswith=f"{job.params['name']} ")
    rows = sorted(
        int(name.split()[-1]) for name in names.values_list("name", flat=True)
    )
    return {
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "cursor": job.cursor,
        "failure": job.failure,
        "error_count": job.error_count,
        "rows": rows,
        "errors": list(job.errors.values_list("item", "reason")),
    }


def started(**params):
    return start("test", params=params, by=None, at=NOW)


def queued():
    """Return the number and time of each job that waits in the queue."""
    rows = DBTaskResult.objects.filter(status="READY").order_by("enqueued_at")
    return [(row.args_kwargs["args"][0], row.run_after) for row in rows]
