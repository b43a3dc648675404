"""What partners' shops do through the API, and what they are told.

A request is signed with a secret of its platform, its id is seen once, and its answer
is kept under its idempotency key. An order that a shop starts is an ``OrderRequest``:
it looks the same for every 16 digits, and an ``Order`` follows only where they are a
number that its holder can see and use.
"""

import base64
import datetime as dt
import secrets
import uuid

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q

from participants.models import Participant, User
from prakerja.refusal import Refusal
from trainings.models.catalogue import Platform, Training
from trainings.models.order import ORDER_OPEN_FOR, Order, OrderState
from trainings.models.purchase import Purchase

LIVE_SECRETS = (1, 2)  # the one in use, and the next while a platform changes over


class TooManySecrets(Refusal):
    message = (
        "Platform ini sudah punya dua kunci. Cabut yang lama dulu, setelah platform "
        "memakai yang baru."
    )


def new_secret_value() -> str:
    """Return 32 random bytes as Standard Webhooks writes them: ``whsec_…``."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class PlatformSecretQuerySet(models.QuerySet["PlatformSecret"]):
    def live(self) -> "PlatformSecretQuerySet":
        return self.filter(revoked_at=None)

    @transaction.atomic
    def issue(
        self, platform: Platform, *, by: User | None, at: dt.datetime
    ) -> "PlatformSecret":
        """Make a secret for a platform; its ``value`` is shown now and never again.

        Raises TooManySecrets if two are live.
        """
        Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
        taken = self.live().filter(platform=platform).values_list("place", flat=True)
        place = next((n for n in LIVE_SECRETS if n not in set(taken)), None)
        if place is None:
            raise TooManySecrets
        return self.create(
            platform=platform,
            place=place,
            value=new_secret_value(),
            created_at=at,
            created_by=by,
        )


class PlatformSecret(models.Model):
    """Kunci platform: what signatures in both directions are made with."""

    platform = models.ForeignKey(
        Platform,
        on_delete=models.PROTECT,
        related_name="secrets",
        verbose_name="platform",
    )
    place = models.PositiveSmallIntegerField("tempat", editable=False)
    value = models.CharField(max_length=80, editable=False)
    created_at = models.DateTimeField("dibuat", editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="dibuat oleh",
    )
    revoked_at = models.DateTimeField("dicabut", null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="dicabut oleh",
    )

    objects = PlatformSecretQuerySet.as_manager()

    class Meta:
        verbose_name = "kunci platform"
        verbose_name_plural = "kunci platform"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "place"],
                condition=Q(revoked_at=None),
                name="platform_secret_place_is_taken_once",
                violation_error_message="Platform ini sudah punya dua kunci.",
            ),
            models.CheckConstraint(
                condition=Q(place__in=LIVE_SECRETS),
                name="platform_secrets_are_two",
                violation_error_message="Platform ini sudah punya dua kunci.",
            ),
            models.CheckConstraint(
                condition=Q(value__startswith="whsec_"),
                name="platform_secret_is_one",
                violation_error_message="Kunci harus berawalan whsec_.",
            ),
        ]

    def __str__(self) -> str:
        return f"Kunci {self.pk} · {self.platform}"

    def revoke(self, *, by: User | None, at: dt.datetime) -> None:
        """Accept no more signatures made with it; a second time changes nothing."""
        live = PlatformSecret.objects.live().filter(pk=self.pk)
        live.update(revoked_at=at, revoked_by=by)
        self.refresh_from_db()


class SeenMessage(models.Model):
    """Permintaan yang sudah diterima: its id, so that no copy of it is."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    message_id = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "message_id"],
                name="seen_message_is_seen_once",
                violation_error_message="Permintaan ini sudah pernah diterima.",
            ),
        ]
        indexes = [
            models.Index(fields=["platform", "seen_at"], name="seen_message_rate"),
            models.Index(fields=["seen_at"], name="seen_message_age"),
        ]

    def __str__(self) -> str:
        return self.message_id


class RecordState(models.TextChoices):
    RUNNING = "running", "Sedang dikerjakan"
    DONE = "done", "Selesai"


class IdempotencyRecord(models.Model):
    """Jawaban yang disimpan: what was answered to one key of a platform."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    key = models.CharField("kunci idempotensi", max_length=120)
    request_hash = models.CharField(max_length=64)
    state = models.CharField(
        "keadaan", max_length=8, choices=RecordState, default=RecordState.RUNNING
    )
    created_at = models.DateTimeField("diterima")
    # When whoever works on it began; a dead one's work is taken over.
    claimed_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "key"],
                name="idempotency_key_is_of_one_request",
                violation_error_message="Kunci idempotensi ini sudah dipakai.",
            ),
            models.CheckConstraint(
                condition=Q(state=RecordState.RUNNING, status=None, body="")
                | (Q(state=RecordState.DONE, status__isnull=False) & ~Q(body="")),
                name="idempotency_answer_iff_done",
                violation_error_message="Jawaban ada bila sudah selesai.",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_record_age")]

    def __str__(self) -> str:
        return self.key


class OrderRequestQuerySet(models.QuerySet["OrderRequest"]):
    def for_answer(self) -> "OrderRequestQuerySet":
        """With all that an answer about each says, in one query."""
        return self.select_related("training", "platform", "order__purchase")

    def unpaid_and_paid(
        self, platform: Platform, *, since: dt.datetime
    ) -> tuple[int, int]:
        """Count a platform's requests since then that were not paid, and those paid."""
        recent = self.filter(platform=platform, requested_at__gt=since)
        counts = recent.aggregate(every=Count("pk"), paid=Count("order__purchase"))
        return counts["every"] - counts["paid"], counts["paid"]


class OrderRequest(models.Model):
    """Permintaan pesanan: what a shop asked for one card number.

    ``participant`` is empty if the number is nobody's. ``order`` follows, with the same
    reference, where the number may be used: an answer that tells whether it has come
    tells whether the number is real.
    """

    reference = models.UUIDField("nomor pesanan", default=uuid.uuid4, editable=False)
    platform = models.ForeignKey(
        Platform,
        on_delete=models.PROTECT,
        related_name="order_requests",
        verbose_name="platform",
    )
    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="peserta",
    )
    training = models.ForeignKey(
        Training,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="pelatihan",
    )
    price = models.PositiveBigIntegerField("harga (rupiah)")
    order = models.OneToOneField(
        Order,
        on_delete=models.PROTECT,
        null=True,
        related_name="request",
        verbose_name="pesanan",
    )
    requested_at = models.DateTimeField("diminta")
    cancelled_at = models.DateTimeField("dibatalkan", null=True)

    objects = OrderRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "permintaan pesanan"
        verbose_name_plural = "permintaan pesanan"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                name="order_request_reference_is_unique",
                violation_error_message="Nomor pesanan ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=Q(order=None) | Q(participant__isnull=False),
                name="order_request_of_nobody_has_no_order",
                violation_error_message="Pesanan harus punya peserta.",
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="order_request_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["platform", "requested_at"], name="order_request_recent"
            ),
        ]

    def __str__(self) -> str:
        return f"Permintaan {str(self.reference)[:8]}"

    @property
    def purpose(self) -> str:
        """What a code for its order is for, whether there is one or not."""
        return Order(reference=self.reference).purpose

    @property
    def expires_at(self) -> dt.datetime:
        return self.requested_at + ORDER_OPEN_FOR

    @property
    def purchase(self) -> Purchase | None:
        return getattr(self.order, "purchase", None)

    def state(self, *, at: dt.datetime) -> OrderState:
        """Return where it stands, alike for an order and for none."""
        if purchase := self.purchase:
            return OrderState.CANCELLED if purchase.is_cancelled else OrderState.PAID
        if self.cancelled_at or (self.order and self.order.cancelled_at):
            return OrderState.CANCELLED
        return OrderState.EXPIRED if at >= self.expires_at else OrderState.OPEN


class EventKind(models.TextChoices):
    ORDER_PAID = "order.paid", "Pesanan lunas"
    ORDER_CANCELLED = "order.cancelled", "Pesanan dibatalkan"
    CERTIFICATE_ACCEPTED = "certificate.accepted", "Sertifikat diterima"


class OutgoingEvent(models.Model):
    """Kabar ke platform: written with what happened, delivered by a job until it is."""

    reference = models.UUIDField("nomor kabar", default=uuid.uuid4, editable=False)
    platform = models.ForeignKey(
        Platform,
        on_delete=models.PROTECT,
        related_name="events",
        verbose_name="platform",
    )
    kind = models.CharField("kejadian", max_length=24, choices=EventKind)
    payload = models.JSONField("isi")
    created_at = models.DateTimeField("dibuat")
    attempts = models.PositiveSmallIntegerField("percobaan", default=0)
    # Empty once it is delivered or given up.
    next_at = models.DateTimeField("dicoba lagi", null=True)
    delivered_at = models.DateTimeField("diterima platform", null=True)
    last_status = models.CharField("jawaban terakhir", max_length=60, blank=True)

    class Meta:
        verbose_name = "kabar ke platform"
        verbose_name_plural = "kabar ke platform"
        ordering = ["-created_at", "-pk"]
        permissions = [("resend_event", "Boleh mengirim ulang kabar ke platform")]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                name="outgoing_event_reference_is_unique",
                violation_error_message="Nomor kabar ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values),
                name="outgoing_event_kind_is_known",
                violation_error_message="Jenis kabar tidak dikenal.",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(next_at=None, attempts__gt=0),
                name="outgoing_event_delivered_is_not_tried_again",
                violation_error_message="Kabar yang sudah diterima tidak dicoba lagi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.platform}"


class WarningKind(models.TextChoices):
    WRONG_NUMBERS = "wrong_numbers", "Banyak nomor kartu salah"
    WRONG_CODES = "wrong_codes", "Banyak kode OTP salah"
    UNPAID_ORDERS = "unpaid_orders", "Banyak pesanan tidak dibayar"


class PlatformWarning(models.Model):
    """Peringatan: a platform from which numbers or codes seem to be guessed."""

    platform = models.ForeignKey(
        Platform,
        on_delete=models.PROTECT,
        related_name="warnings",
        verbose_name="platform",
    )
    kind = models.CharField("sebab", max_length=16, choices=WarningKind)
    # The hour it is about, by its first instant.
    hour = models.DateTimeField("jam")
    count = models.PositiveIntegerField("jumlah")

    class Meta:
        verbose_name = "peringatan platform"
        verbose_name_plural = "peringatan platform"
        ordering = ["-hour", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "kind", "hour"],
                name="platform_warning_is_one_an_hour",
                violation_error_message="Peringatan jam ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=WarningKind.values),
                name="platform_warning_kind_is_known",
                violation_error_message="Sebab peringatan tidak dikenal.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.platform}"
