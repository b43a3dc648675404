"""How a worker does a job: claim it, chunk after chunk, let go; and what falls out."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import batched

from django.db import (
    InterfaceError,
    OperationalError,
    transaction,
)
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from jobs.models import (
    ATTEMPTS,
    ATTEMPTS_OF_OTHERS,
    Job,
    JobError,
    JobState,
    lease_length,
)
from jobs.tasks import enqueue, run_job
from jobs.work import KINDS, Chunk, TryLater, title_of
from prakerja.refusal import Refusal

logger = logging.getLogger(__name__)

# For how long a job goes on while others wait.
TURN = dt.timedelta(seconds=15)
# The pause before the second attempt, six times longer before each further one.
FIRST_PAUSE = dt.timedelta(seconds=10)
LONGEST_PAUSE = dt.timedelta(minutes=10)
JOBS_KEPT_FOR = dt.timedelta(days=30)
# Jobs that a sweep looks up in the queue at once.
SWEPT = 100

type Clock = Callable[[], dt.datetime]


class Shutdown:
    """Whether this process was asked to end. Its worker says so; jobs then let go."""

    requested = False


class LeaseLost(Exception):
    """The job was cancelled, or went to another worker."""


def run(job_id: int, *, clock: Clock) -> None:
    """Work on a job until it ends, its turn is over or the worker has to end.

    Whatever goes wrong with the job stands in its row afterwards. Raises only what the
    database says when even that could not be written; the lease then runs out.
    """
    job = Job.objects.claim(job_id, at=clock())
    if job is None:
        return
    try:
        _Turn(job, clock).take()
    except LeaseLost:
        logger.info("job lost", extra={"event": _event(job)})


class _Turn:
    """One worker's time with one job, whose lease it holds."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job = job
        self.token = job.lease_token
        self.clock = clock
        self.began_at = self.chunk_began_at = clock()

    def take(self) -> None:
        kind = KINDS.get(self.job.kind)
        if kind is None:
            self._fail(f"Jenis pekerjaan {self.job.kind} tidak dikenal lagi.")
            return
        try:
            steps = kind.work(self.job)
            while self._chunk(steps):
                if Shutdown.requested or self._is_over():
                    self._requeue(self.clock())
                    return
        except TryLater as later:
            self._requeue(self.clock() + later.after)
        except Refusal as refusal:
            self._fail(refusal.message)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # the kind's own faults, of any kind
            self._stumble(error)

    @transaction.atomic
    def _chunk(self, steps: Iterator[Chunk]) -> bool:
        """Do one chunk and write where it ends; return whether there may be more."""
        self._write(lease_until=self.clock() + lease_length())
        chunk = next(steps, None)
        if chunk is None:
            self._let_go(JobState.DONE, total=self.job.done, finished_at=self.clock())
            logger.info("job done", extra={"event": _event(self.job)})
            return False
        self._count(chunk)
        return True

    def _count(self, chunk: Chunk) -> None:
        job, now = self.job, self.clock()
        JobError.objects.bulk_create(
            JobError(job=job, item=item, reason=reason) for item, reason in chunk.errors
        )
        job.done += chunk.done
        job.cursor = chunk.cursor
        if chunk.total is not None:
            job.total = chunk.total
        if job.total is not None:
            job.total = max(job.total, job.done)
        job.error_count += len(chunk.errors)
        job.seconds_worked += max(0.0, (now - self.chunk_began_at).total_seconds())
        self.chunk_began_at = now
        self._write(
            done=job.done,
            total=job.total,
            cursor=job.cursor,
            error_count=job.error_count,
            seconds_worked=job.seconds_worked,
            attempts=0,
            lease_until=now + lease_length(),
        )

    def _is_over(self) -> bool:
        """Say whether it is somebody else's turn."""
        now = self.clock()
        others = Job.objects.claimable(at=now).exclude(pk=self.job.pk)
        return now - self.began_at > TURN and others.exists()

    def _stumble(self, error: Exception) -> None:
        """Try again later, or fail after too many attempts without progress."""
        logger.error("job stumbled", exc_info=error, extra={"event": _event(self.job)})
        # What is in memory may be of the chunk that was taken back.
        self.job.refresh_from_db(fields=["attempts"])
        attempts = self.job.attempts + 1
        is_databases_fault = isinstance(error, OperationalError | InterfaceError)
        if attempts >= (ATTEMPTS_OF_OTHERS if is_databases_fault else ATTEMPTS):
            self._fail(_something_unexpected(self.job), attempts=attempts)
        else:
            self._requeue(self.clock() + _pause(attempts), attempts=attempts)

    def _fail(self, sentence: str, **changes: object) -> None:
        self._let_go(
            JobState.FAILED, failure=sentence, finished_at=self.clock(), **changes
        )
        logger.warning("job failed", extra={"event": _event(self.job)})

    @transaction.atomic
    def _requeue(self, at: dt.datetime, **changes: object) -> None:
        self._let_go(JobState.QUEUED, not_before=at, **changes)
        enqueue(self.job.pk, after=at, priority=KINDS[self.job.kind].priority)

    def _let_go(self, state: JobState, **changes: object) -> None:
        self._write(state=state, lease_token=None, lease_until=None, **changes)

    def _write(self, **changes: object) -> None:
        """Change the row while the lease is ours. Raises LeaseLost."""
        if not Job.objects.held(self.job.pk, self.token).update(**changes):
            raise LeaseLost


def _pause(attempts: int) -> dt.timedelta:
    longer: int = 6 ** (attempts - 1)
    return min(FIRST_PAUSE * longer, LONGEST_PAUSE)


def _something_unexpected(job: Job) -> str:
    # Never the text of the exception, which may hold somebody's data.
    return (
        f"Pekerjaan {job.pk} ({title_of(job)}) berhenti karena kesalahan yang tidak "
        "terduga. Yang sudah dikerjakan tersimpan. Coba ulangi; bila gagal lagi, "
        f"sampaikan nomor {job.pk} kepada tim teknis."
    )


def sweep(*, at: dt.datetime) -> list[int]:
    """Put what fell out of the queue back into it; return which jobs.

    What killed worker after worker without any progress fails instead.
    """
    for job in Job.objects.hopeless(at=at):
        Job.objects.hopeless(at=at).filter(pk=job.pk).update(
            state=JobState.FAILED,
            failure=_something_unexpected(job),
            finished_at=at,
            lease_token=None,
            lease_until=None,
        )
        logger.error("job killed its workers", extra={"event": _event(job)})
    fallen_out: list[int] = []
    abandoned = list(Job.objects.abandoned(at=at).values_list("pk", flat=True))
    for jobs in batched(abandoned, SWEPT):
        fallen_out += sorted(set(jobs) - _in_the_queue(jobs))
    for job_id in fallen_out:
        enqueue(job_id, after=at)
        logger.warning("job put back", extra={"event": {"job": job_id}})
    return fallen_out


def _in_the_queue(jobs: Sequence[int]) -> set[int]:
    waiting = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY,
        task_path=run_job.module_path,
        args_kwargs__args__0__in=jobs,
    )
    return set(waiting.values_list("args_kwargs__args__0", flat=True))


def prune(*, at: dt.datetime) -> None:
    """Forget what the queue did, and jobs nobody asked for, when they are long over.

    What staff asked for stays, with its error report: it is a record of an act.
    """
    Job.objects.filter(requested_by=None, finished_at__lt=at - JOBS_KEPT_FOR).delete()
    DBTaskResult.objects.finished().filter(
        finished_at__lt=at - dt.timedelta(days=1)
    ).delete()
    DBTaskResult.objects.running().filter(
        started_at__lt=at - dt.timedelta(days=7)
    ).delete()


def _event(job: Job) -> dict[str, object]:
    return {"job": job.pk, "kind": job.kind, "done": job.done}
