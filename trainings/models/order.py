"""Pesanan: what a participant means to buy, before any money moves."""

import datetime as dt
import hashlib
import uuid

from django.db import models
from django.db.models import Q

from participants.models import Participant
from trainings.models.catalogue import Platform, Training

# How long an order that is not confirmed stays open.
ORDER_OPEN_FOR = dt.timedelta(minutes=30)


class OrderState(models.TextChoices):
    """Derived, never stored: from the purchase, the cancellation and the clock."""

    OPEN = "open", "Menunggu konfirmasi"
    PAID = "paid", "Lunas"
    CANCELLED = "cancelled", "Dibatalkan"
    EXPIRED = "expired", "Kedaluwarsa"


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self, *, at: dt.datetime) -> "OrderQuerySet":
        """Orders that can still be paid: their ``state(at=at)`` is OPEN."""
        return self.filter(
            purchase=None, cancelled_at=None, ordered_at__gt=at - ORDER_OPEN_FOR
        )


class Order(models.Model):
    """One training at the price of the moment; a one-time code turns it to a purchase.

    The idempotency key comes with the form and is stored with a hash of what it asked
    for, so that sending a form twice makes one order.
    """

    reference = models.UUIDField("nomor pesanan", default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="orders",
        verbose_name="peserta",
    )
    training = models.ForeignKey(
        Training,
        on_delete=models.PROTECT,
        related_name="orders",
        verbose_name="pelatihan",
    )
    # Whose shop it came from; none for this site's own pages.
    platform = models.ForeignKey(
        Platform,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name="platform",
    )
    price = models.PositiveBigIntegerField("harga (rupiah)")
    idempotency_key = models.CharField("kunci idempotensi", max_length=64)
    request_hash = models.CharField("sidik permintaan", max_length=64)
    ordered_at = models.DateTimeField("dipesan")
    cancelled_at = models.DateTimeField("dibatalkan", null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = "pesanan"
        verbose_name_plural = "pesanan"
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                name="order_reference_is_unique",
                violation_error_message="Nomor pesanan ini sudah ada.",
            ),
            models.UniqueConstraint(
                fields=["participant", "idempotency_key"],
                name="order_idempotency_key_is_unique",
                violation_error_message="Formulir ini sudah pernah dikirim.",
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="order_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
            models.CheckConstraint(
                condition=~Q(idempotency_key=""),
                name="order_has_idempotency_key",
                violation_error_message="Pesanan harus punya kunci idempotensi.",
            ),
        ]

    def __str__(self) -> str:
        return f"Pesanan {str(self.reference)[:8]}"

    @property
    def purpose(self) -> str:
        """What a one-time code for this order is for, and for nothing else."""
        return f"order:{self.reference.hex}"

    @property
    def expires_at(self) -> dt.datetime:
        return self.ordered_at + ORDER_OPEN_FOR

    def state(self, *, at: dt.datetime) -> OrderState:
        """Return where it stands; costs a query unless ``purchase`` is loaded."""
        if hasattr(self, "purchase"):
            return OrderState.PAID
        if self.cancelled_at is not None:
            return OrderState.CANCELLED
        return OrderState.EXPIRED if at >= self.expires_at else OrderState.OPEN


def hash_of(*parts: object) -> str:
    """Return the SHA-256 of what a request asked for: a repeat has the same."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
