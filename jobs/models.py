"""Pekerjaan: work that takes longer than a request, done in chunks by a worker.

The row is the truth and the queue carries only its number. Whoever works on a job holds
its lease: a token that each chunk's transaction checks and renews. So a chunk, the
cursor behind it and the counts are committed together and by one worker only; what a
dead worker left is done by another from the cursor, nothing twice and nothing lost.
"""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from jobs.tasks import enqueue
from prakerja.refusal import Refusal

# Attempts in a row without progress, after which a job fails by its own fault.
ATTEMPTS = 3
# The same where the fault may lie elsewhere: a worker that died, a database away.
ATTEMPTS_OF_OTHERS = 10

# A due job that nobody takes for so long means that there is no worker.
LONGEST_WAIT = dt.timedelta(minutes=5)


class JobState(models.TextChoices):
    QUEUED = "queued", "Menunggu giliran"
    RUNNING = "running", "Sedang berjalan"
    DONE = "done", "Selesai"
    FAILED = "failed", "Gagal"
    CANCELLED = "cancelled", "Dibatalkan"


UNFINISHED = [JobState.QUEUED, JobState.RUNNING]
FINISHED = [JobState.DONE, JobState.FAILED, JobState.CANCELLED]
STOPPED = [JobState.FAILED, JobState.CANCELLED]  # before the end; may go on


class AlreadyFinished(Refusal):
    """Only what waits or runs can be cancelled."""

    message = "Pekerjaan ini sudah berakhir, jadi tidak bisa dibatalkan."


class NothingToRepeat(Refusal):
    """Only what failed or was cancelled can go on."""

    message = (
        "Hanya pekerjaan yang gagal atau dibatalkan yang bisa diulangi. "
        "Muat ulang halaman ini untuk melihat keadaannya sekarang."
    )


def lease_length() -> dt.timedelta:
    """Return for how long a worker that falls silent is still believed alive."""
    return dt.timedelta(seconds=settings.JOB_LEASE)


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=UNFINISHED)

    def claimable(self, *, at: dt.datetime) -> "JobQuerySet":
        """Jobs that a worker may take: due, or held by a worker that fell silent."""
        due = Q(state=JobState.QUEUED, not_before__lte=at)
        silent = Q(state=JobState.RUNNING, lease_until__lte=at)
        return self.filter(due | silent)

    def abandoned(self, *, at: dt.datetime) -> "JobQuerySet":
        """Jobs whose worker died, and those due for a lease's time but not taken."""
        waited = Q(state=JobState.QUEUED, not_before__lte=at - lease_length())
        silent = Q(state=JobState.RUNNING, lease_until__lte=at)
        return self.filter(waited | silent).order_by("not_before")

    def is_stuck(self, *, at: dt.datetime) -> bool:
        """Say whether a job waits for longer than LONGEST_WAIT and nobody works.

        A long queue in front of busy workers is not stuck.
        """
        since = at - LONGEST_WAIT
        if not self.claimable(at=at).filter(not_before__lte=since).exists():
            return False
        works = Q(state=JobState.RUNNING, lease_until__gt=at)
        has_worked = Q(
            state__in=[JobState.DONE, JobState.FAILED], finished_at__gt=since
        )
        return not self.filter(works | has_worked).exists()

    def hopeless(self, *, at: dt.datetime) -> "JobQuerySet":
        """Jobs of which worker after worker died without any progress."""
        return self.filter(
            state=JobState.RUNNING,
            lease_until__lte=at,
            attempts__gte=ATTEMPTS_OF_OTHERS - 1,
        )

    def held(self, pk: int, token: uuid.UUID | None) -> "JobQuerySet":
        """The job, if this token still holds its lease; else nothing."""
        return self.filter(pk=pk, state=JobState.RUNNING, lease_token=token)

    def claim(self, pk: int, *, at: dt.datetime) -> "Job | None":
        """Take the lease of a job, or return None: not due, taken, or finished.

        A lease taken from a silent worker counts as an attempt.
        """
        token = uuid.uuid4()
        taken = (
            self.claimable(at=at)
            .filter(pk=pk)
            .update(
                state=JobState.RUNNING,
                lease_token=token,
                lease_until=at + lease_length(),
                started_at=Coalesce("started_at", Value(at)),
                attempts=Case(
                    When(state=JobState.RUNNING, then=F("attempts") + 1),
                    default=F("attempts"),
                    output_field=models.PositiveSmallIntegerField(),
                ),
            )
        )
        return self.get(pk=pk) if taken else None


class Job(models.Model):
    """Pekerjaan. Changed only by guarded UPDATEs, never by ``save()``."""

    kind = models.CharField("jenis", max_length=60)
    params = models.JSONField("parameter", default=dict)
    # What it is about, in words for staff, and the page of that: "Gelombang 21".
    about = models.CharField("tentang", max_length=150, default="")
    address = models.CharField("halaman", max_length=200, default="")
    state = models.CharField(
        "keadaan", max_length=10, choices=JobState, default=JobState.QUEUED
    )
    # Items; an unknown total is empty.
    total = models.PositiveBigIntegerField("jumlah", null=True)
    done = models.PositiveBigIntegerField("sudah", default=0)
    error_count = models.PositiveBigIntegerField("kesalahan", default=0)
    # From where to go on: whatever the kind of work can read. Empty at the beginning.
    cursor = models.JSONField("posisi", null=True)
    # In a row without progress.
    attempts = models.PositiveSmallIntegerField("percobaan", default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField("tidak sebelum")
    seconds_worked = models.FloatField("lama pengerjaan (detik)", default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="diminta oleh",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    requested_at = models.DateTimeField("diminta")
    started_at = models.DateTimeField("dimulai", null=True)
    finished_at = models.DateTimeField("berakhir", null=True)
    failure = models.TextField("sebab gagal", default="")

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "pekerjaan"
        verbose_name_plural = "pekerjaan"
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=UNFINISHED),
                name="job_unfinished",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=JobState.values),
                name="job_state_is_known",
                violation_error_message="Keadaan pekerjaan tidak dikenal.",
            ),
            # A comparison with an unknown total is unknown, which a CHECK lets pass.
            models.CheckConstraint(
                condition=Q(done__lte=F("total")),
                name="job_done_is_within_total",
                violation_error_message="Yang sudah tidak bisa melebihi jumlahnya.",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.DONE)
                | Q(total__isnull=False, done=F("total")),
                name="job_is_done_when_all_is",
                violation_error_message="Pekerjaan selesai bila semuanya sudah.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINISHED, finished_at__isnull=False)
                | (~Q(state__in=FINISHED) & Q(finished_at=None)),
                name="job_finished_has_its_time",
                violation_error_message="Waktu berakhir ada bila sudah berakhir.",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=JobState.RUNNING,
                    lease_token__isnull=False,
                    lease_until__isnull=False,
                )
                | (~Q(state=JobState.RUNNING) & Q(lease_token=None, lease_until=None)),
                name="job_running_has_its_lease",
                violation_error_message="Hanya yang berjalan dipegang sebuah pekerja.",
            ),
            models.CheckConstraint(
                condition=(Q(state=JobState.FAILED) & ~Q(failure=""))
                | (~Q(state=JobState.FAILED) & Q(failure="")),
                name="job_failed_has_its_reason",
                violation_error_message="Sebab gagal ada bila gagal.",
            ),
        ]

    def __str__(self) -> str:
        return f"Pekerjaan {self.pk}"

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def rate(self) -> float | None:
        """Items a second while it was worked on; None before anything is done."""
        if not self.done or not self.seconds_worked:
            return None
        return self.done / self.seconds_worked

    @property
    def time_left(self) -> dt.timedelta | None:
        """How long the rest takes at this rate; None if unknown or finished."""
        if self.is_finished or self.total is None or self.rate is None:
            return None
        return dt.timedelta(seconds=(self.total - self.done) / self.rate)

    def cancel(self, *, at: dt.datetime) -> None:
        """Stop after the chunk under way; what is done stays done.

        Raises AlreadyFinished.
        """
        unfinished = Job.objects.unfinished().filter(pk=self.pk)
        if not unfinished.update(
            state=JobState.CANCELLED,
            finished_at=at,
            lease_token=None,
            lease_until=None,
        ):
            raise AlreadyFinished
        self.refresh_from_db()

    @transaction.atomic
    def retry(self, *, at: dt.datetime) -> None:
        """Go on from the cursor. Raises NothingToRepeat."""
        stopped = Job.objects.filter(pk=self.pk, state__in=STOPPED)
        if not stopped.update(
            state=JobState.QUEUED,
            finished_at=None,
            failure="",
            attempts=0,
            not_before=at,
        ):
            raise NothingToRepeat
        enqueue(self.pk, after=at)
        self.refresh_from_db()


class JobError(models.Model):
    """One line of a job's error report: an item that could not be done, and why."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="errors")
    item = models.TextField("yang mana")
    reason = models.TextField("sebab")

    class Meta:
        verbose_name = "kesalahan"
        verbose_name_plural = "kesalahan"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.item}: {self.reason}"
