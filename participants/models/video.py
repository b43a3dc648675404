"""The three onboarding videos, and how the server comes to believe they were watched.

The browser sends its position about every ten seconds (a beat). A beat earns the
wall-clock time since the participant's last beat, never beyond the position shown, and
never backwards; so a forged position, a replay, parallel tabs and double speed earn
nothing that waiting would not. The browser never says "complete".
"""

import datetime as dt
import math
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q

from participants.models.participant import ONBOARDING_VIDEOS, Participant
from prakerja.refusal import Refusal

if TYPE_CHECKING:
    from participants.models.user import User

# Seconds short of the length that still count as the whole: players stop between the
# last timeupdate and the end.
TOLERANCE = 1.0


class NotYourTurn(Refusal):
    """An earlier video is not complete."""

    message = "Tonton dulu video sebelumnya sampai selesai."


class MembershipRevoked(Refusal):
    """A revoked participant's videos earn nothing."""

    message = "Kepesertaanmu sudah dicabut, jadi video tidak bisa dilanjutkan."


class NotOpened(Refusal):
    """A beat came without its page having been opened, or after another was."""

    message = "Buka halaman video ini dulu."


class ImpossiblePosition(Refusal):
    """The position is not one that this video can show."""

    message = "Posisi video tidak masuk akal."


class NotWatchedYet(Refusal):
    """Not enough time has passed on the server's clock."""

    def __init__(self, seconds_left: float) -> None:
        self.seconds_left = math.ceil(seconds_left)
        super().__init__(
            f"Videonya belum selesai. Tonton {self.seconds_left} detik lagi, "
            "lalu tekan tombol ini lagi."
        )


class OnboardingVideo(models.Model):
    """Video induksi. Without a file or an address of its own it is the one we ship."""

    position = models.PositiveSmallIntegerField(
        "urutan",
        primary_key=True,
        validators=[MinValueValidator(1), MaxValueValidator(ONBOARDING_VIDEOS)],
    )
    title = models.CharField("judul", max_length=100)
    duration = models.FloatField("panjang (detik)")
    size = models.PositiveIntegerField("ukuran (byte)")
    transcript = models.TextField("transkrip")
    file = models.FileField("berkas video", upload_to="video/", blank=True)
    address = models.URLField("alamat https", blank=True, max_length=500)
    captions = models.FileField("teks WebVTT", upload_to="video/", blank=True)
    # Goes up when the film itself is another one; captions and transcript don't count.
    version = models.PositiveIntegerField("versi", default=1, editable=False)

    class Meta:
        verbose_name = "video induksi"
        verbose_name_plural = "video induksi"
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(position__range=(1, ONBOARDING_VIDEOS)),
                name="onboarding_video_position_is_1_to_3",
                violation_error_message="Urutan video hanya 1 sampai 3.",
            ),
            models.CheckConstraint(
                condition=Q(duration__gt=TOLERANCE),
                name="onboarding_video_has_length",
                violation_error_message="Panjang video harus lebih dari 1 detik.",
            ),
            models.CheckConstraint(
                condition=Q(file="") | Q(address=""),
                name="onboarding_video_has_one_source",
                violation_error_message="Pilih berkas atau alamat, jangan keduanya.",
            ),
        ]

    def __str__(self) -> str:
        return f"Video {self.position}: {self.title}"


class VideoViewingQuerySet(models.QuerySet["VideoViewing"]):
    def complete(self) -> "VideoViewingQuerySet":
        return self.filter(completed_at__isnull=False)


class VideoViewing(models.Model):
    """Tontonan: how much of one video one participant has watched."""

    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="viewings",
        verbose_name="peserta",
    )
    video = models.ForeignKey(
        OnboardingVideo,
        on_delete=models.PROTECT,
        related_name="viewings",
        verbose_name="video",
    )
    # The film that is being watched. Kept here, so that a film staff put in its place
    # changes nothing for who is half-way, or through.
    version = models.PositiveIntegerField("versi")
    duration = models.FloatField("panjang (detik)")
    credited = models.FloatField("ditonton (detik)", default=0)
    last_beat_at = models.DateTimeField("detak terakhir", null=True, blank=True)
    started_at = models.DateTimeField("mulai tanpa JavaScript", null=True, blank=True)
    completed_at = models.DateTimeField("selesai", null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="diluluskan oleh",
    )
    grant_reason = models.CharField("alasan", max_length=200, blank=True)

    objects = VideoViewingQuerySet.as_manager()

    class Meta:
        verbose_name = "tontonan"
        verbose_name_plural = "tontonan"
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "video"],
                name="viewing_once_per_video",
                violation_error_message="Tontonan video ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=Q(credited__gte=0, credited__lte=F("duration")),
                name="viewing_credited_within_duration",
                violation_error_message="Detik yang dihitung tidak boleh melebihi "
                "panjang video.",
            ),
            models.CheckConstraint(
                condition=Q(
                    completed_at__isnull=True, credited__lt=F("duration") - TOLERANCE
                )
                | Q(
                    completed_at__isnull=False, credited__gte=F("duration") - TOLERANCE
                )
                | Q(completed_at__isnull=False, granted_by__isnull=False),
                name="viewing_complete_iff_watched_or_granted",
                violation_error_message="Video selesai hanya bila ditonton sampai "
                "habis atau diluluskan petugas.",
            ),
            models.CheckConstraint(
                condition=Q(granted_by=None, grant_reason="")
                | (Q(granted_by__isnull=False) & ~Q(grant_reason="")),
                name="viewing_granted_iff_reason",
                violation_error_message="Kelulusan oleh petugas harus disertai alasan.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant} · video {self.video_id}"

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None

    @property
    def videos_completed(self) -> int:
        """How many of the three are complete, as far as this viewing tells.

        Videos go in order, so one that is not complete is the first of those; only
        for a complete one somebody must count.
        """
        if self.is_complete and self.completed_at != self.last_beat_at:
            return self.participant.videos_completed
        return self.video_id - 1 + self.is_complete

    @property
    def percent(self) -> int:
        return 100 if self.is_complete else int(self.credited / self.duration * 100)

    def beat(self, *, position: float, at: dt.datetime) -> None:
        """Credit a beat of the player.

        ``position`` is in seconds. The UPDATE holds only if no other beat came in
        between, so the same stretch of time is never credited twice; the beat that
        loses earns nothing. Raises ImpossiblePosition.
        """
        if not 0 <= position <= self.duration + 2 * TOLERANCE:  # also refuses NaN
            raise ImpossiblePosition
        if self.is_complete or self.last_beat_at is None:
            return
        elapsed = max((at - self.last_beat_at).total_seconds(), 0)
        shown = min(position, self.duration)
        credited = max(self.credited, min(self.credited + elapsed, shown))
        self._move_on(credited=credited, last_beat_at=at, at=at)

    def start(self, *, at: dt.datetime) -> None:
        """Start the server's clock for a browser without JavaScript; once."""
        VideoViewing.objects.filter(
            pk=self.pk, started_at=None, completed_at=None
        ).update(started_at=at)
        self.refresh_from_db()

    def finish(self, *, at: dt.datetime) -> None:
        """Complete the video once its length has passed since ``start``.

        Raises NotOpened if it was never started, NotWatchedYet if it is too early.
        """
        if self.is_complete:
            return
        if self.started_at is None:
            raise NotOpened("Tekan “Mulai menonton” dulu.")
        missing = self.duration - (at - self.started_at).total_seconds()
        if missing > TOLERANCE:
            raise NotWatchedYet(missing)
        self._move_on(credited=self.duration, last_beat_at=at, at=at)

    def _move_on(
        self, *, credited: float, last_beat_at: dt.datetime, at: dt.datetime
    ) -> None:
        completed_at = at if credited >= self.duration - TOLERANCE else None
        moved = VideoViewing.objects.filter(
            pk=self.pk, last_beat_at=self.last_beat_at, completed_at=None
        ).update(
            credited=credited, last_beat_at=last_beat_at, completed_at=completed_at
        )
        if moved:
            self.credited = credited
            self.last_beat_at = last_beat_at
            self.completed_at = completed_at


def open_video(
    *, participant: Participant, video: OnboardingVideo, at: dt.datetime
) -> VideoViewing:
    """Make this the video whose beats count, from now on; return its viewing.

    Opening resets the clock, so time in which no page was open is never credited. A
    viewing of a film that staff have since replaced begins again unless complete.
    Raises MembershipRevoked, NotYourTurn.
    """
    _check_turn(participant, video.position)
    with transaction.atomic():
        viewing, _ = VideoViewing.objects.get_or_create(
            participant=participant,
            video=video,
            defaults={"version": video.version, "duration": video.duration},
        )
        changes = {"last_beat_at": at}
        if viewing.version != video.version:
            changes |= {  # type: ignore[dict-item]
                "version": video.version,
                "duration": video.duration,
                "credited": 0,
                "started_at": None,
            }
        VideoViewing.objects.filter(pk=viewing.pk, completed_at=None).update(**changes)
        Participant.objects.filter(pk=participant.pk).update(current_viewing=viewing)
    viewing.refresh_from_db()
    participant.current_viewing = viewing
    return viewing


def grant_video(
    *,
    participant: Participant,
    video: OnboardingVideo,
    by: "User",
    reason: str,
    at: dt.datetime,
) -> VideoViewing:
    """Complete a video by staff's word, on record; the order of the three still holds.

    For who is stopped by a fault that is not theirs. Watched seconds stay as they are.
    Raises MembershipRevoked, NotYourTurn.
    """
    _check_turn(participant, video.position)
    viewing, _ = VideoViewing.objects.get_or_create(
        participant=participant,
        video=video,
        defaults={"version": video.version, "duration": video.duration},
    )
    VideoViewing.objects.filter(pk=viewing.pk, completed_at=None).update(
        completed_at=at, granted_by=by, grant_reason=reason
    )
    viewing.refresh_from_db()
    return viewing


def _check_turn(participant: Participant, position: int) -> None:
    if participant.is_revoked:
        raise MembershipRevoked
    earlier = participant.viewings.complete().filter(video_id__lt=position).count()
    if earlier < position - 1:
        raise NotYourTurn
