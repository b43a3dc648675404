"""Pembelian: a training that was paid for, and how far it has come."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from participants.models import BalanceEntry, Participant
from trainings.models.catalogue import Training
from trainings.models.order import Order

# Without 0, 1, I, L, O and U: people read vouchers aloud and type them.
VOUCHER_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
VOUCHER_LENGTH = 12  # 30^12 codes: nobody guesses one


def new_voucher() -> str:
    """Return a random voucher code like ``K7QM2XWD9TRF``."""
    return "".join(secrets.choice(VOUCHER_LETTERS) for _ in range(VOUCHER_LENGTH))


class Stage(models.TextChoices):
    """Tahap pelatihan, in order (domain: paid → redeemed → … → completed)."""

    PAID = "paid", "Sudah dibayar"
    REDEEMED = "redeemed", "Voucher ditukar"
    IN_PROGRESS = "in_progress", "Sedang belajar"
    # The report of the end goes three legs: provider → platform → programme office.
    FINISHED = "finished", "Selesai belajar, laporan di lembaga"
    AT_PLATFORM = "at_platform", "Laporan di platform"
    AT_OFFICE = "at_office", "Laporan diperiksa Prakerja"
    COMPLETED = "completed", "Selesai, sertifikat terbit"
    CANCELLED = "cancelled", "Dibatalkan, dana kembali"


# The instant of each stage, in the order they are reached.
STAGE_TIMES = {
    Stage.PAID: "paid_at",
    Stage.REDEEMED: "redeemed_at",
    Stage.IN_PROGRESS: "started_at",
    Stage.FINISHED: "finished_at",
    Stage.AT_PLATFORM: "at_platform_at",
    Stage.AT_OFFICE: "at_office_at",
    Stage.COMPLETED: "completed_at",
}


def _times_follow_stage() -> Q:
    """Every stage has its instant and those of all stages before it, and none after."""
    condition = Q()
    for reached, stage in enumerate(STAGE_TIMES):
        times = {
            f"{field}__isnull": number > reached
            for number, field in enumerate(STAGE_TIMES.values())
        }
        condition |= Q(stage=stage, cancelled_at=None, **times)
    return condition | Q(
        stage=Stage.CANCELLED,
        paid_at__isnull=False,
        cancelled_at__isnull=False,
        completed_at=None,
    )


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def live(self) -> "PurchaseQuerySet":
        """Purchases whose money was not given back."""
        return self.exclude(stage=Stage.CANCELLED)

    def for_progress(self) -> "PurchaseQuerySet":
        """With all that saying how far each has come needs, in one query."""
        earlier = Purchase.objects.live().filter(
            participant=OuterRef("participant"), paid_at__lt=OuterRef("paid_at")
        )
        return self.select_related(
            "training__provider",
            "order__platform",
            "participant__user",
            "certificate",
            "review",
        ).annotate(is_later=Exists(earlier))


class Purchase(models.Model):
    """Pembelian. It exists only together with its ledger row."""

    order = models.OneToOneField(
        Order,
        on_delete=models.PROTECT,
        related_name="purchase",
        verbose_name="pesanan",
    )
    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="purchases",
        verbose_name="peserta",
    )
    training = models.ForeignKey(
        Training,
        on_delete=models.PROTECT,
        related_name="purchases",
        verbose_name="pelatihan",
    )
    price = models.PositiveBigIntegerField("harga (rupiah)")
    voucher = models.CharField("voucher", max_length=16, default=new_voucher)
    payment = models.OneToOneField(
        BalanceEntry,
        on_delete=models.PROTECT,
        related_name="purchase",
        verbose_name="mutasi pembelian",
    )
    stage = models.CharField("tahap", max_length=12, choices=Stage, default=Stage.PAID)
    paid_at = models.DateTimeField("dibayar")
    redeemed_at = models.DateTimeField("voucher ditukar", null=True, blank=True)
    started_at = models.DateTimeField("mulai belajar", null=True, blank=True)
    finished_at = models.DateTimeField("selesai belajar", null=True, blank=True)
    at_platform_at = models.DateTimeField("laporan di platform", null=True, blank=True)
    at_office_at = models.DateTimeField("laporan di Prakerja", null=True, blank=True)
    completed_at = models.DateTimeField("sertifikat terbit", null=True, blank=True)
    # The name on the provider's certificate, as reported with the end.
    reported_name = models.CharField("nama di sertifikat", max_length=150, blank=True)
    cancelled_at = models.DateTimeField("dibatalkan", null=True, blank=True)
    cancel_reason = models.CharField("alasan pembatalan", max_length=200, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="dibatalkan oleh",
    )
    refund = models.OneToOneField(
        BalanceEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunded_purchase",
        verbose_name="mutasi pengembalian",
    )

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = "pembelian"
        verbose_name_plural = "pembelian"
        ordering = ["-paid_at", "-pk"]
        permissions = [("refund_purchase", "Boleh membatalkan dan mengembalikan dana")]
        # The lists that staff work through: newest of a stage first.
        indexes = [models.Index(fields=["stage", "-id"], name="purchase_by_stage")]
        constraints = [
            models.UniqueConstraint(
                fields=["voucher"],
                name="purchase_voucher_is_unique",
                violation_error_message="Voucher ini sudah dipakai.",
            ),
            models.UniqueConstraint(
                fields=["participant", "training"],
                condition=~Q(stage=Stage.CANCELLED),
                name="purchase_of_a_training_is_live_once",
                violation_error_message="Pelatihan ini sudah dibeli.",
            ),
            # The next training may be bought only when the one before is completed.
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(completed_at=None, cancelled_at=None),
                name="purchase_under_way_is_only_one",
                violation_error_message="Pelatihan sebelumnya belum selesai.",
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="purchase_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
            models.CheckConstraint(
                condition=_times_follow_stage(),
                name="purchase_times_follow_stage",
                violation_error_message="Waktu tahap tidak sesuai tahapnya.",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, refund=None, cancel_reason="")
                | (
                    Q(cancelled_at__isnull=False, refund__isnull=False)
                    & ~Q(cancel_reason="")
                ),
                name="purchase_cancelled_iff_refunded_with_reason",
                violation_error_message="Pembatalan harus disertai alasan dan dana.",
            ),
        ]

    def __str__(self) -> str:
        return f"Pembelian {self.pk}"

    @property
    def is_completed(self) -> bool:
        return self.stage == Stage.COMPLETED

    @property
    def is_cancelled(self) -> bool:
        return self.stage == Stage.CANCELLED

    @property
    def awaits_voucher(self) -> bool:
        """Whether the voucher has still to be given in."""
        return self.stage == Stage.PAID


class StaffStep(models.Model):
    """Langkah petugas: one row each time staff, not a report, moved a purchase on."""

    purchase = models.ForeignKey(
        Purchase,
        on_delete=models.PROTECT,
        related_name="staff_steps",
        verbose_name="pembelian",
    )
    stage = models.CharField("tahap", max_length=12, choices=Stage)
    reason = models.CharField("alasan", max_length=200)
    # Whether a name other than the account's was let through by it.
    accepts_name = models.BooleanField("nama berbeda diterima", default=False)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="petugas",
    )
    taken_at = models.DateTimeField("waktu")

    class Meta:
        verbose_name = "langkah petugas"
        verbose_name_plural = "langkah petugas"
        ordering = ["-taken_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="staff_step_has_reason",
                violation_error_message="Alasan wajib diisi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} · {self.taken_by}"
