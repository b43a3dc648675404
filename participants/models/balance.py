"""Saldo pelatihan: the ledger, and the one way to spend.

The column ``training_balance`` is what a person holds; the ledger says how it came to
be. Every change of the column is one conditional UPDATE beside one ledger row in the
same transaction, so the sum of the rows always equals the column. Rows are never
changed or deleted: the database refuses it (migration ``0012_ledger_is_append_only``).
"""

import datetime as dt
from collections.abc import Collection

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum, Window
from django.db.models.functions import Coalesce

from participants.models.participant import Participant
from participants.models.user import User
from prakerja.refusal import Refusal


class EntryKind(models.TextChoices):
    """Jenis mutasi saldo."""

    GRANT = "grant", "Saldo masuk"
    PURCHASE = "purchase", "Beli pelatihan"
    REFUND = "refund", "Dana dikembalikan"
    FORFEIT = "forfeit", "Saldo hangus"
    RESTORE = "restore", "Saldo dipulihkan"


TAKEN = (EntryKind.PURCHASE, EntryKind.FORFEIT)
GIVEN = (EntryKind.GRANT, EntryKind.REFUND, EntryKind.RESTORE)


class NotSpendable(Refusal):
    """Revoked, or less balance than the price: the UPDATE found no row to change."""

    message = (
        "Saldo tidak bisa dipakai: saldomu kurang, atau kepesertaanmu sudah dicabut. "
        "Muat ulang dashboard untuk melihat keadaan terakhir."
    )


class BalanceEntryQuerySet(models.QuerySet["BalanceEntry"]):
    def running(self) -> "BalanceEntryQuerySet":
        """Newest first, each with ``left``: the person's balance just after it."""
        order = [F("made_at"), F("pk")]
        left = Window(Sum("amount"), partition_by=F("participant"), order_by=order)
        return self.annotate(left=left).order_by("-made_at", "-pk")


class BalanceEntry(models.Model):
    """Mutasi saldo: one signed amount in whole rupiah, for ever."""

    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="balance_entries",
        verbose_name="peserta",
    )
    kind = models.CharField("jenis", max_length=8, choices=EntryKind)
    amount = models.BigIntegerField("jumlah (rupiah)")
    made_at = models.DateTimeField("waktu")
    # What it belongs to; once per participant and kind, so nothing is booked twice.
    reference = models.CharField("rujukan", max_length=64, blank=True)
    # What the person reads beside the kind.
    description = models.CharField("keterangan", max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="petugas",
    )

    objects = BalanceEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "mutasi saldo"
        verbose_name_plural = "mutasi saldo"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "kind", "reference"],
                name="balance_entry_is_booked_once",
                violation_error_message="Mutasi ini sudah dicatat.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TAKEN, amount__lt=0)
                | Q(kind__in=GIVEN, amount__gt=0),
                name="balance_entry_sign_follows_kind",
                violation_error_message="Tanda jumlah tidak sesuai jenis mutasinya.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.amount}"

    def balance_after(self) -> int:
        """Return what the person had just after this entry, in rupiah; one query."""
        earlier = Q(made_at__lt=self.made_at)
        until = earlier | Q(made_at=self.made_at, pk__lte=self.pk)
        entries = BalanceEntry.objects.filter(until, participant=self.participant_id)
        sums: dict[str, int] = entries.aggregate(left=Sum("amount"))
        return sums["left"]


@transaction.atomic
def spend(
    participant: Participant,
    *,
    amount: int,
    reference: str,
    description: str,
    at: dt.datetime,
) -> BalanceEntry:
    """Take ``amount`` rupiah for a purchase, or raise NotSpendable and take nothing.

    The UPDATE itself asks whether the balance suffices and the membership holds, so
    that parallel purchases and a revocation can't both win.
    """
    taken = Participant.objects.filter(
        pk=participant.pk, revoked_at=None, training_balance__gte=amount
    ).update(
        training_balance=F("training_balance") - amount,
        first_purchased_at=Coalesce("first_purchased_at", at),
    )
    if not taken:
        raise NotSpendable
    return BalanceEntry.objects.create(
        participant=participant,
        kind=EntryKind.PURCHASE,
        amount=-amount,
        made_at=at,
        reference=reference,
        description=description,
    )


@transaction.atomic
def credit(
    participant: Participant,
    *,
    kind: EntryKind,
    amount: int,
    reference: str,
    description: str,
    by: User | None,
    at: dt.datetime,
) -> BalanceEntry:
    """Give ``amount`` rupiah back: a refund, or what a reinstated person had lost.

    IntegrityError if this reference was booked before.
    """
    Participant.objects.filter(pk=participant.pk).update(
        training_balance=F("training_balance") + amount
    )
    return BalanceEntry.objects.create(
        participant=participant,
        kind=kind,
        amount=amount,
        made_at=at,
        reference=reference,
        description=description,
        made_by=by,
    )


@transaction.atomic
def forfeit(people: Collection[int], *, reference: str, at: dt.datetime) -> int:
    """Take the whole balance of participants, given by their ids; return how many had.

    The caller holds their rows locked, so that what is booked is what was taken.
    """
    holders = Participant.objects.filter(pk__in=people, training_balance__gt=0)
    balances = dict(holders.values_list("pk", "training_balance"))
    BalanceEntry.objects.bulk_create(
        BalanceEntry(
            participant_id=pk,
            kind=EntryKind.FORFEIT,
            amount=-balance,
            made_at=at,
            reference=reference,
        )
        for pk, balance in balances.items()
    )
    return holders.filter(pk__in=balances).update(training_balance=0)
