"""Gelombang: when a wave opens, closes, is announced, and by when its people must buy."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format

# The day of the announcement is day 1 of 30 (Permenko 11/2020 art. 20 says 30 days; that
# the first day counts follows from all six deadlines published in 2021).
DAYS_TO_BUY = 30


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


class WaveQuerySet(models.QuerySet["Wave"]):
    def open(self, *, at: dt.datetime) -> "WaveQuerySet":
        return self.filter(opens_at__lte=at).exclude(closes_at__lt=at)

    def announced(self, *, at: dt.datetime) -> "WaveQuerySet":
        return self.filter(announced_at__lte=at)


class Wave(models.Model):
    """Gelombang. An instant that is not known is empty; nothing is derived from it."""

    number = models.PositiveSmallIntegerField(
        "nomor",
        unique=True,
        validators=[MinValueValidator(1)],
        error_messages={"unique": "Gelombang dengan nomor ini sudah ada."},
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
    balance_expires_on = models.DateField(
        "saldo hangus setelah", null=True, blank=True
    )

    objects = WaveQuerySet.as_manager()

    class Meta:
        verbose_name = "gelombang"
        verbose_name_plural = "gelombang"
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gt=0),
                name="wave_number_is_positive",
                violation_error_message="Nomor gelombang dimulai dari 1.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=WaveKind.values), name="wave_kind_is_known"
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
        if errors:
            raise ValidationError(dict[str, Any](errors))

    def _deadline_error(self, deadline: dt.date) -> dict[str, str]:
        if not self.announced_on:
            return {"purchase_deadline": "Isi dulu waktu pengumuman."}
        usual = last_day_to_buy(self.announced_on)
        if deadline < usual:
            return {
                "purchase_deadline": "Batas ini lebih cepat dari hak peserta: paling "
                f"cepat {date_format(usual)} (hari pengumuman + 29 hari)."
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
            is_over = self.deadline is not None and timezone.localdate(at) > self.deadline
            return WaveState.DEADLINE_PASSED if is_over else WaveState.ANNOUNCED
        if self.closes_at and self.closes_at < at:
            return WaveState.CLOSED
        if self.opens_at and self.opens_at <= at:
            return WaveState.OPEN
        return WaveState.DRAFT
