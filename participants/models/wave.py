"""Gelombang: when a wave opens, closes, is announced; by when its people must buy."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format

from prakerja.refusal import Refusal

# The day of the announcement is day 1 of 30 (Permenko 11/2020 art. 20 says 30 days;
# that the first day counts follows from all six deadlines published in 2021).
DAYS_TO_BUY = 30
# The latest a wave's own deadline may be after the announcement. None was ever near it;
# a typo in the year would be a promise that nobody may take back.
LONGEST_DAYS_TO_BUY = 180

# Later years are slips of the finger; near 9999 dates can't be reckoned with.
LAST_YEAR = 2100


def last_day_to_buy(pass_date: dt.date) -> dt.date:
    """Return the last WIB day, until 23.59.59, to buy the first training."""
    return pass_date + dt.timedelta(days=DAYS_TO_BUY - 1)


class WaveKind(models.TextChoices):
    REGULAR = "regular", "Reguler"
    # Places of people who were revoked, given out again (waves 17 and 22 of 2021).
    RECOVERY = "recovery", "Pemulihan"


class WaveState(models.TextChoices):
    """Derived from the dates, never stored."""

    DRAFT = "draft", "Belum dibuka"
    OPEN = "open", "Dibuka"
    CLOSED = "closed", "Ditutup, dalam seleksi"
    ANNOUNCED = "announced", "Diumumkan"
    DEADLINE_PASSED = "deadline_passed", "Batas beli lewat"


class ScheduleRefusal(Refusal):
    """A wave's dates can't change like this; ``field`` is the one to correct."""

    field = "announced_at"


class ResultsAlreadySeen(ScheduleRefusal):
    """An announcement that people have seen can't be taken back."""

    message = (
        "Hasil gelombang ini sudah dilihat orang, jadi pengumumannya tidak bisa "
        "dihapus atau dipindah ke waktu yang belum tiba."
    )


class DeadlineOnlyGrows(ScheduleRefusal):
    """Nobody loses days that they were told they have."""

    def __init__(self, promised: dt.date, *, field: str) -> None:
        self.field = field
        super().__init__(
            f"Peserta sudah diberi tahu batas beli {date_format(promised)}. Batas itu "
            "hanya bisa diperpanjang."
        )


class DeadlineAlreadyPassed(ScheduleRefusal):
    """Who missed the deadline was told so; it can't be moved behind their back."""

    def __init__(self, passed: dt.date, *, field: str) -> None:
        self.field = field
        super().__init__(
            f"Batas beli {date_format(passed)} sudah lewat, jadi tidak bisa "
            "diperpanjang lagi."
        )


class NotClosedYet(ScheduleRefusal):
    """Only a wave that is closed can be announced."""

    message = (
        "Gelombang ini belum ditutup, jadi belum bisa diumumkan. Isi dulu waktu "
        "tutupnya, atau tunggu sampai waktu itu lewat."
    )


class AlreadyAnnounced(ScheduleRefusal):
    """A wave is announced once."""

    message = "Gelombang ini sudah diumumkan."


class BalanceEndsTooEarly(ScheduleRefusal):
    """Who passes can spend the balance until the deadline at least."""

    field = "balance_expires_on"

    def __init__(self, deadline: dt.date) -> None:
        super().__init__(
            "Saldo tidak boleh hangus sebelum batas beli pelatihan pertama, "
            f"{date_format(deadline)}."
        )


class WaveQuerySet(models.QuerySet["Wave"]):
    def in_state(self, state: WaveState, *, at: dt.datetime) -> "WaveQuerySet":
        """Waves of which ``state(at=at)`` says the same, as SQL."""
        today = timezone.localdate(at)
        first_day_in_time = today - dt.timedelta(days=DAYS_TO_BUY - 1)
        announced = Q(announced_at__lte=at)
        closed = Q(closes_at__lt=at)
        opened = Q(opens_at__lte=at)
        in_time = Q(announced_at__gte=_midnight(first_day_in_time)) | Q(
            purchase_deadline__gte=today
        )
        return self.filter(
            {
                WaveState.DRAFT: ~announced & ~closed & ~opened,
                WaveState.OPEN: ~announced & ~closed & opened,
                WaveState.CLOSED: ~announced & closed,
                WaveState.ANNOUNCED: announced & in_time,
                WaveState.DEADLINE_PASSED: announced & ~in_time,
            }[state]
        )


def _midnight(day: dt.date) -> dt.datetime:
    """Return the first instant of a WIB day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


class Wave(models.Model):
    """Gelombang. An instant that is not known is empty; nothing is derived from it."""

    number = models.PositiveSmallIntegerField(
        "nomor",
        validators=[MinValueValidator(1)],
    )
    kind = models.CharField(
        "jenis", max_length=10, choices=WaveKind, default=WaveKind.REGULAR
    )
    opens_at = models.DateTimeField("dibuka", null=True, blank=True)
    closes_at = models.DateTimeField("ditutup", null=True, blank=True)
    announced_at = models.DateTimeField(
        "diumumkan",
        null=True,
        blank=True,
        help_text="Sebelum saat ini tidak seorang pun melihat hasilnya.",
    )
    quota = models.PositiveIntegerField("kuota", validators=[MinValueValidator(1)])
    purchase_deadline = models.DateField(
        "batas beli ditetapkan",
        null=True,
        blank=True,
        help_text="Kosongkan untuk aturan umum: hari pengumuman + 29 hari, "
        "pukul 23.59 WIB. Hanya bisa lebih lambat dari aturan umum.",
    )
    balance_expires_on = models.DateField("saldo hangus setelah", null=True, blank=True)

    objects = WaveQuerySet.as_manager()

    class Meta:
        verbose_name = "gelombang"
        verbose_name_plural = "gelombang"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                name="wave_number_is_unique",
                violation_error_code="unique",  # shown beside the field
                violation_error_message="Gelombang dengan nomor ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=Q(number__gt=0),
                name="wave_number_is_positive",
                violation_error_message="Nomor gelombang dimulai dari 1.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=WaveKind.values),
                name="wave_kind_is_known",
                violation_error_message="Jenis gelombang: reguler atau pemulihan.",
            ),
            models.CheckConstraint(
                condition=Q(quota__gt=0),
                name="wave_quota_is_positive",
                violation_error_message="Kuota harus lebih dari 0.",
            ),
            # A comparison with an empty instant is unknown, which a CHECK lets pass.
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")),
                name="wave_opens_before_it_closes",
                violation_error_message="Waktu tutup harus setelah waktu buka.",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__lt=F("announced_at")),
                name="wave_closes_before_announcement",
                violation_error_message="Pengumuman harus setelah waktu tutup.",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("announced_at")),
                name="wave_opens_before_announcement",
                violation_error_message="Pengumuman harus setelah waktu buka.",
            ),
        ]

    def __str__(self) -> str:
        return f"Gelombang {self.number}"

    def clean(self) -> None:
        """Refuse dates that contradict each other, beside the later of the two."""
        errors = self._slips_of_the_year() or self._contradictions()
        if errors:
            raise ValidationError(dict[str, Any](errors))

    def _slips_of_the_year(self) -> dict[str, str]:
        fields = ("opens_at", "closes_at", "announced_at", "balance_expires_on")
        return {
            field: f"Tahunnya keliru: paling akhir {LAST_YEAR}."
            for field in fields
            if (value := getattr(self, field)) and value.year > LAST_YEAR
        }

    def _contradictions(self) -> dict[str, str]:
        errors: dict[str, str] = {}
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            errors["closes_at"] = "Waktu tutup harus setelah waktu buka."
        if self.announced_at:
            if self.closes_at and self.announced_at <= self.closes_at:
                errors["announced_at"] = "Pengumuman harus setelah waktu tutup."
            elif self.opens_at and self.announced_at <= self.opens_at:
                errors["announced_at"] = "Pengumuman harus setelah waktu buka."
        if self.purchase_deadline:
            errors |= self._deadline_error(self.purchase_deadline)
        deadline = self.deadline
        if deadline and self._balance_ends_before(deadline):
            errors["balance_expires_on"] = BalanceEndsTooEarly(deadline).message
        return errors

    def _balance_ends_before(self, day: dt.date) -> bool:
        return bool(self.balance_expires_on and self.balance_expires_on < day)

    def _deadline_error(self, deadline: dt.date) -> dict[str, str]:
        if not self.announced_on:
            return {"purchase_deadline": "Isi dulu waktu pengumuman."}
        usual = last_day_to_buy(self.announced_on)
        if deadline < usual:
            return {
                "purchase_deadline": "Batas ini lebih cepat dari hak peserta: paling "
                f"cepat {date_format(usual)} (hari pengumuman + 29 hari)."
            }
        latest = self.announced_on + dt.timedelta(days=LONGEST_DAYS_TO_BUY)
        if deadline > latest:
            return {
                "purchase_deadline": "Batas ini terlalu jauh: paling lambat "
                f"{date_format(latest)} ({LONGEST_DAYS_TO_BUY} hari setelah hari "
                "pengumuman). Periksa tahunnya."
            }
        return {}

    @property
    def announced_on(self) -> dt.date | None:
        """The announcement's day in WIB, which is everyone's pass date."""
        return timezone.localdate(self.announced_at) if self.announced_at else None

    @property
    def deadline(self) -> dt.date | None:
        """The last WIB day to buy the first training, for who passed on the day."""
        return self.deadline_for(self.announced_on) if self.announced_on else None

    def deadline_for(self, pass_date: dt.date) -> dt.date:
        """Return the last WIB day to buy; an extension never shortens the 30 days."""
        usual = last_day_to_buy(pass_date)
        return max(usual, self.purchase_deadline) if self.purchase_deadline else usual

    def is_announced(self, *, at: dt.datetime) -> bool:
        return self.announced_at is not None and self.announced_at <= at

    def is_open(self, *, at: dt.datetime) -> bool:
        return self.state(at=at) == WaveState.OPEN

    def state(self, *, at: dt.datetime) -> WaveState:
        """Return where the wave stands at an instant; the deadline day is inclusive."""
        if self.is_announced(at=at):
            is_over = (
                self.deadline is not None and timezone.localdate(at) > self.deadline
            )
            return WaveState.DEADLINE_PASSED if is_over else WaveState.ANNOUNCED
        if self.closes_at and self.closes_at < at:
            return WaveState.CLOSED
        if self.opens_at and self.opens_at <= at:
            return WaveState.OPEN
        return WaveState.DRAFT

    def has_people(self) -> bool:
        """Whether anybody waits for, or knows, a result of this wave."""
        return self.participants.exists() or self.applications.exists()

    @transaction.atomic
    def announce(self, *, at: dt.datetime) -> int:
        """Announce a closed wave now: from this instant everybody sees their result.

        Pass dates and deadlines follow; a deadline that was set becomes void if the
        usual one is now later. Return how many participants moved. Raises NotClosedYet,
        AlreadyAnnounced, BalanceEndsTooEarly.
        """
        at = at.replace(microsecond=0)  # forms show and send whole seconds
        self.refresh_from_db(from_queryset=Wave.objects.select_for_update())
        self.check_announcement(at=at)
        self.announced_at = at
        usual = last_day_to_buy(timezone.localdate(at))
        if self.purchase_deadline and self.purchase_deadline < usual:
            self.purchase_deadline = None
        return self.reschedule(at=at)

    def check_announcement(self, *, at: dt.datetime) -> None:
        """Raise what ``announce`` would at this instant."""
        if self.is_announced(at=at):
            raise AlreadyAnnounced
        if self.state(at=at) != WaveState.CLOSED:
            raise NotClosedYet
        deadline = self.deadline_for(timezone.localdate(at))
        if self._balance_ends_before(deadline):
            raise BalanceEndsTooEarly(deadline)

    @transaction.atomic
    def reschedule(self, *, at: dt.datetime) -> int:
        """Save this wave, and let its participants' dates follow in one UPDATE.

        Return how many participants moved. Raises ScheduleRefusal.
        """
        before = self.check_reschedule(at=at)
        self.save()
        if (before.announced_on, before.purchase_deadline) == (
            self.announced_on,
            self.purchase_deadline,
        ):
            return 0
        if connection.vendor == "postgresql":
            # 775,000 people take about a minute under load.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '10min'")
        return self.participants.follow(self, from_day=before.announced_on)

    @transaction.atomic
    def check_reschedule(self, *, at: dt.datetime) -> "Wave":
        """Return the stored wave, locked, if its dates may become those of this one.

        Dates are free until people have seen their result. From then on the
        announcement stays in the past, and the deadline can only be extended, and only
        until it has passed. Raises ScheduleRefusal.
        """
        before = Wave.objects.select_for_update().get(pk=self.pk)
        if not (before.is_announced(at=at) and before.has_people()):
            return before
        promised, proposed = before.deadline, self.deadline
        if not (promised and proposed and self.is_announced(at=at)):
            raise ResultsAlreadySeen
        day_moved = before.announced_on != self.announced_on
        field = "announced_at" if day_moved else "purchase_deadline"
        if proposed < promised:
            raise DeadlineOnlyGrows(promised, field=field)
        if proposed > promised < timezone.localdate(at):
            raise DeadlineAlreadyPassed(promised, field=field)
        return before
