"""What work is: how an app writes a kind of it, and how one job of it is started.

    @kind("send_letters", title="Kirim surat")
    def send_letters(job: Job) -> Iterator[Chunk]:
        after = job.cursor or 0
        while letters := list(Letter.objects.filter(pk__gt=after)[:500]):
            ...
            after = letters[-1].pk
            yield Chunk(done=len(letters), cursor=after)

A kind is a generator function in the ``work.py`` of its app. The worker calls
``next()`` inside a transaction, in which it also writes the chunk's cursor and counts;
so what is written up to a ``yield`` is committed with it, or not at all. Therefore:

- begin from ``job.cursor`` and nowhere else; a generator that failed is made anew;
- a chunk takes about a second, and far less than JOB_LEASE;
- no transaction and no database iterator stays open over a ``yield``;
- what leaves the database (a letter, a request) is not taken back with a chunk that
  fails, so it needs a key by which the other side knows it again.

An item that can't be done is an error of the chunk and the job goes on. A Refusal fails
the job with its sentence; TryLater puts it off; any other exception is tried again.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from jobs.models import Job
from jobs.tasks import enqueue

type JSON = Any  # what json.dumps takes
ABOUT_MAX = 150  # letters


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """What one chunk did.

    ``done`` is how many items more are behind us, with those in error; ``cursor`` from
    where to go on; ``errors`` which item and why, for the error report (no personal
    numbers: a line of the file, a row's id); ``total`` a better-known total, if any.
    """

    done: int
    cursor: JSON
    errors: Sequence[tuple[str, str]] = ()
    total: int | None = None


class TryLater(Exception):
    """Raised by a kind that can't go on now and will be able to.

    It goes on from the last chunk, ``after`` so long. That is no failure, however often
    it happens: a kind that counts its tries yields them in a chunk before it raises.
    """

    def __init__(self, *, after: dt.timedelta) -> None:
        self.after = after
        super().__init__(after)


class Work(Protocol):
    def __call__(self, job: Job) -> Iterator[Chunk]: ...


@dataclass(frozen=True)
class Kind:
    title: str
    work: Work
    priority: int = 0


KINDS: dict[str, Kind] = {}


def kind[W: Work](name: str, *, title: str, priority: int = 0) -> Callable[[W], W]:
    """Register a generator function under a name; ``title`` is what staff read.

    Of jobs that are due, those of a higher ``priority`` (-100 to 100) come first.
    """

    def register(work: W) -> W:
        if name in KINDS:
            raise ValueError(f"There are two kinds of work named {name}.")
        KINDS[name] = Kind(title, work, priority)
        return work

    return register


def title_of(job: Job) -> str:
    """Return the title of a job's kind, or its name if the kind is no more."""
    known = KINDS.get(job.kind)
    return known.title if known else job.kind


def name_of(job: Job) -> str:
    """Return the title and what the job is about: ``Kirim surat · Bandung``."""
    return f"{title_of(job)} · {job.about}" if job.about else title_of(job)


@transaction.atomic
def start(
    kind_name: str,
    *,
    params: dict[str, JSON],
    about: str = "",
    address: str = "",
    total: int | None = None,
    by: AbstractBaseUser | None,
    at: dt.datetime,
    after: dt.datetime | None = None,
) -> Job:
    """Make a job and put it into the queue, both or neither; not before ``after``.

    ``about`` tells staff what the job is for, and ``address`` leads whoever asked for
    it back there. They read ``params`` too: none of it holds personal numbers. Raises
    KeyError if there is no such kind.
    """
    priority = KINDS[kind_name].priority
    job = Job.objects.create(
        kind=kind_name,
        params=params,
        about=about[:ABOUT_MAX],
        address=address,
        total=total,
        requested_by_id=by.pk if by else None,
        requested_at=at,
        not_before=after or at,
    )
    enqueue(job.pk, after=job.not_before, priority=priority)
    return job
