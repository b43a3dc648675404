"""The three onboarding videos, and how the server comes to believe they were watched.

The browser sends its position about every ten seconds (a beat). A beat earns the
wall-clock time since the participant's last beat, never beyond the position shown, and
never backwards; so a forged position, a replay, parallel tabs and double speed earn
nothing that waiting would not. The browser never says "complete". Videos go in order
and only one that is not complete can be open, so there is one clock per participant.
"""

import datetime as dt
import math
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.templatetags.static import static

from participants.models.participant import ONBOARDING_VIDEOS, Participant
from prakerja.refusal import Refusal

if TYPE_CHECKING:
    from participants.models.user import User

# Seconds short of the length that still count as the whole: players stop between the
# last timeupdate and the end.
TOLERANCE = 1.0
# A clock that steps back by less waits for the old time to come again: two servers
# whose clocks differ would else count the difference twice. A longer step is followed,
# so that nobody is locked out by it.
CLOCK_SKEW = dt.timedelta(minutes=1)


class NotYourTurn(Refusal):
    """An earlier video is not complete."""

    message = "Tonton dulu video sebelumnya sampai selesai."


class MembershipRevoked(Refusal):
    """A revoked participant's videos earn nothing."""

    message = "Kepesertaanmu sudah dicabut, jadi video tidak bisa dilanjutkan."


class NotOpened(Refusal):
    """A beat came without its page having been opened."""

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

    @property
    def is_shipped(self) -> bool:
        """Whether the film is the one that comes with the site."""
        return not self.file and not self.address

    @property
    def film_url(self) -> str:
        if self.file:
            return self.file.url
        return self.address or static(f"video/{self.position}.mp4")

    @property
    def captions_url(self) -> str:
        return (
            self.captions.url if self.captions else static(f"video/{self.position}.vtt")
        )

    @property
    def poster_url(self) -> str:
        """The shipped film's first picture; a film of staff's own shows its own."""
        return static(f"video/{self.position}.webp") if self.is_shipped else ""

    @property
    def megabytes(self) -> float:
        return self.size / 1_000_000

    @property
    def length(self) -> str:
        """The length in words: "44 detik", "2 menit 5 detik"."""
        minutes, seconds = divmod(int(self.duration + 0.5), 60)
        words = [f"{minutes} menit"] if minutes else []
        return " ".join([*words, f"{seconds} detik"] if seconds or not words else words)


class VideoViewingQuerySet(models.QuerySet["VideoViewing"]):
    def complete(self) -> "VideoViewingQuerySet":
        return self.filter(completed_at__isnull=False)


class VideoViewing(models.Model):
    """Tontonan: how much of one video one participant has watched."""

    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        db_index=False,  # the unique constraint begins with it
        related_name="viewings",
        verbose_name="peserta",
    )
    video = models.ForeignKey(
        OnboardingVideo,
        on_delete=models.PROTECT,
        db_index=False,  # three values among millions: no index would be used
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
                | Q(completed_at__isnull=False, credited__gte=F("duration") - TOLERANCE)
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

    # Set by open_video: staff replaced the film, so the seconds watched count no more.
    began_again = False
    # Set by the beat that completes the video.
    is_just_completed = False

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None

    @property
    def videos_completed(self) -> int:
        """How many of the three are complete.

        Videos go in order, so it is only for one completed earlier that somebody must
        count.
        """
        if self.is_complete and not self.is_just_completed:
            return self.participant.videos_completed
        return self.video_id - 1 + self.is_complete

    @property
    def percent(self) -> int:
        return 100 if self.is_complete else int(self.credited / self.duration * 100)

    @property
    def finish_from(self) -> dt.datetime | None:
        """The instant from which ``finish`` holds; None before ``start``."""
        if self.started_at is None:
            return None
        missing = self.duration - TOLERANCE - self.credited
        return self._started_or_beat_at + dt.timedelta(seconds=missing)

    @property
    def _started_or_beat_at(self) -> dt.datetime:
        instants = [i for i in (self.started_at, self.last_beat_at) if i is not None]
        return max(instants)

    def beat(self, *, position: float, at: dt.datetime) -> None:
        """Credit a beat of the player; a complete video earns nothing more.

        ``position`` is in seconds. Raises ImpossiblePosition.
        """
        if not 0 <= position <= self.duration + 2 * TOLERANCE:  # also refuses NaN
            raise ImpossiblePosition
        if not self.is_complete:
            reached = self.credited + _seconds(since=self.last_beat_at, until=at)
            shown = min(position, self.duration)
            self._move_on(credited=max(self.credited, min(reached, shown)), at=at)

    def start(self, *, at: dt.datetime) -> None:
        """Start the server's clock for a browser without JavaScript; once."""
        VideoViewing.objects.filter(
            pk=self.pk, started_at=None, completed_at=None
        ).update(started_at=at)
        self.refresh_from_db()

    def finish(self, *, at: dt.datetime) -> None:
        """Complete the video once what was missing at ``start`` has passed.

        It is the same clock as that of the beats, so that time counts once. Too early
        earns nothing. Raises NotOpened if it was never started, NotWatchedYet.
        """
        if self.is_complete:
            return
        if self.started_at is None:
            raise NotOpened("Tekan “Mulai menonton” dulu.")
        reached = self.credited + _seconds(since=self._started_or_beat_at, until=at)
        if reached < self.duration - TOLERANCE:
            raise NotWatchedYet(self.duration - reached)
        self._move_on(credited=min(reached, self.duration), at=at)

    def _move_on(self, *, credited: float, at: dt.datetime) -> None:
        """Write what was earned, unless another beat came in between.

        So the same stretch of time is never credited twice; who loses earns nothing.
        """
        is_complete = credited >= self.duration - TOLERANCE
        changes = {
            "credited": credited,
            "last_beat_at": _later(self.last_beat_at, at),
            "completed_at": at if is_complete else None,
        }
        moved = VideoViewing.objects.filter(
            pk=self.pk, last_beat_at=self.last_beat_at, completed_at=None
        ).update(**changes)
        if moved:
            for name, value in changes.items():
                setattr(self, name, value)
            self.is_just_completed = is_complete


def _seconds(*, since: dt.datetime | None, until: dt.datetime) -> float:
    """Return the seconds that passed, never less than none."""
    return max((until - since).total_seconds(), 0) if since else 0


def _later(last: dt.datetime | None, at: dt.datetime) -> dt.datetime:
    """Return the clock's new reading; it follows only a long step back."""
    return last if last and at < last <= at + CLOCK_SKEW else at


def open_video(
    *, participant: Participant, video: OnboardingVideo, at: dt.datetime
) -> VideoViewing:
    """Make this the video whose beats count, from now on; return its viewing.

    Opening resets the clock of the beats, so time in which no page was open is never
    credited; a clock started without JavaScript runs on. A viewing of a film that
    staff have since replaced begins again. One that is complete is only looked at.
    Raises MembershipRevoked, NotYourTurn.
    """
    _check_turn(participant, video.position)
    with transaction.atomic():
        viewing, _ = VideoViewing.objects.get_or_create(
            participant=participant,
            video=video,
            defaults={"version": video.version, "duration": video.duration},
        )
        if viewing.is_complete:
            return viewing
        begun = VideoViewing.objects.filter(pk=viewing.pk, completed_at=None)
        is_replaced = begun.exclude(version=video.version).update(
            version=video.version, duration=video.duration, credited=0, started_at=None
        )
        # In SQL, since a beat may have moved the clock on meanwhile.
        begun.filter(started_at=None).exclude(
            last_beat_at__range=(at, at + CLOCK_SKEW)
        ).update(last_beat_at=at)
        Participant.objects.filter(pk=participant.pk).update(current_viewing=viewing)
    had_watched = viewing.credited > 0 or viewing.started_at is not None
    viewing.refresh_from_db()
    viewing.began_again = bool(is_replaced) and had_watched
    participant.current_viewing = viewing
    return viewing


def opened_viewing(participant: Participant, position: int) -> VideoViewing:
    """Return the viewing that beats of this video concern, with at most one query.

    That is the one open now, or an earlier one that is complete. Raises
    MembershipRevoked, NotOpened.
    """
    if participant.is_revoked:
        raise MembershipRevoked
    viewing = participant.current_viewing
    if viewing is None or viewing.video_id != position:
        complete = {v.video_id: v for v in participant.viewings.complete()}
        participant.completed_videos = frozenset(complete)
        viewing = complete.get(position)
    if viewing is None:
        raise NotOpened
    viewing.participant = participant
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
