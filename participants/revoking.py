"""Pencabutan: who bought nothing by the deadline loses membership and balance.

Who is overdue follows from dates. Each person is asked again under a lock, at which
purchases queue too, so nobody both buys and is revoked.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, cast

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.formats import date_format

from participants.funding import BalanceIsOver
from participants.models import (
    EntryKind,
    Notice,
    Participant,
    Reinstatement,
    RevocationReason,
    User,
)
from participants.models.balance import credit, forfeit
from participants.models.participant import ParticipantQuerySet
from participants.models.wave import DAYS_TO_BUY
from prakerja.refusal import Refusal
from prakerja.rupiah import rupiah

# People in one transaction: about half a second of PostgreSQL's time.
CHUNK = 2_000
# After midnight a purchase of 23.59.58 may still be on its way through a busy site. No
# request and no statement lives longer than a minute or two.
GRACE = dt.timedelta(minutes=15)


class NotRevoked(Refusal):
    message = "Kepesertaan ini sedang tidak dicabut. Tidak ada yang diubah."


class RevokedForFraud(Refusal):
    """Only a missed deadline can be forgiven here."""

    message = (
        "Kepesertaan ini dicabut karena pelanggaran, jadi tidak bisa dipulihkan di "
        "sini."
    )


class DeadlineOutOfRange(Refusal):
    def __init__(self, first: dt.date, last: dt.date) -> None:
        super().__init__(
            f"Batas beli baru harus antara {date_format(first)} dan "
            f"{date_format(last)}."
        )


def overdue(*, at: dt.datetime) -> ParticipantQuerySet:
    """Whom a revocation at this instant takes; nobody is counted before their result.

    Within GRACE after midnight that is who was overdue the day before.
    """
    return Participant.objects.overdue(today=timezone.localdate(at - GRACE)).filter(
        wave__announced_at__lte=at
    )


class OverdueOfWave(NamedTuple):
    """Whom a revocation takes of one wave, and what it takes from them, in rupiah."""

    wave_id: int
    number: int
    people: int
    # Who never had a balance, so could not have bought: staff should know first.
    never_funded: int
    lost: int


def overdue_by_wave(*, at: dt.datetime) -> list[OverdueOfWave]:
    """Count them by wave, in the order of the waves' numbers."""
    waves = overdue(at=at).order_by("wave__number").values_list("wave", "wave__number")
    counts = waves.annotate(
        people=Count("*"),
        never_funded=Count("pk", filter=Q(funded_at=None)),
        lost=Sum("training_balance"),
    )
    return [OverdueOfWave(*row) for row in counts]


@transaction.atomic
def revoke_next(*, after: int, at: dt.datetime) -> list[int]:
    """Revoke the next chunk of who is overdue; return their ids, none at the end."""
    people = overdue(at=at).filter(pk__gt=after).order_by("pk")
    locked = people.select_for_update(of=("self",), no_key=True)[:CHUNK]
    return _revoke(locked, reason=RevocationReason.DEADLINE, at=at)


@transaction.atomic
def revoke(
    participant: Participant, *, reason: RevocationReason, at: dt.datetime
) -> None:
    """Revoke one membership, once; a second revocation changes nothing."""
    people = Participant.objects.filter(pk=participant.pk, revoked_at=None)
    _revoke(people.select_for_update(no_key=True), reason=reason, at=at)
    participant.refresh_from_db()


def _revoke(
    locked: ParticipantQuerySet, *, reason: RevocationReason, at: dt.datetime
) -> list[int]:
    lost = dict(locked.values_list("pk", "training_balance"))
    revoked = list(lost)
    Participant.objects.filter(pk__in=revoked).update(
        revoked_at=at, revocation_reason=reason
    )
    event = _event("revoked", at)
    forfeit(revoked, reference=event, at=at)
    holders: dict[int, list[int]] = defaultdict(list)
    for pk, amount in lost.items():
        holders[amount].append(pk)
    for amount, people in holders.items():
        _tell_revoked(people, reason=reason, lost=amount, event=event, at=at)
    return revoked


def _tell_revoked(
    people: Iterable[int],
    *,
    reason: RevocationReason,
    lost: int,
    event: str,
    at: dt.datetime,
) -> None:
    balance = f"Saldo pelatihan {rupiah(lost)} hangus. " if lost else ""
    Notice.objects.tell(
        people,
        event=event,
        title="Kepesertaanmu dicabut",
        body=f"{reason.label} {balance}Kamu tidak bisa menerima insentif atau ikut "
        "Kartu Prakerja lagi. Kalau menurutmu ini keliru, ajukan keberatan.",
        address="/bantuan/#keberatan",
        at=at,
    )


def lost_balance(participant: Participant) -> int:
    """Return how much this revocation has taken, in rupiah; 0 for who is no revoked."""
    if participant.revoked_at is None:
        return 0
    taken = participant.balance_entries.filter(
        kind=EntryKind.FORFEIT, made_at__gte=participant.revoked_at
    ).aggregate(sum=Sum("amount", default=0))["sum"]
    return -int(taken)


def new_deadlines(
    participant: Participant, *, today: dt.date
) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that staff may give to who is reinstated.

    Today, and 30 days later or when the wave's balance ends. Raises NotRevoked,
    RevokedForFraud, BalanceIsOver.
    """
    if not participant.is_revoked:
        raise NotRevoked
    if participant.revocation_reason != RevocationReason.DEADLINE:
        raise RevokedForFraud
    last = today + dt.timedelta(days=DAYS_TO_BUY)
    expires_on = participant.wave.balance_expires_on
    if expires_on is None:
        return today, last
    if expires_on < today:
        raise BalanceIsOver(expires_on)
    return today, min(last, expires_on)


@transaction.atomic
def reinstate(
    participant: Participant,
    *,
    deadline: dt.date,
    reason: str,
    by: User,
    at: dt.datetime,
) -> Reinstatement:
    """Take a revocation back: the balance returns, and time until ``deadline`` to buy.

    The revocation itself stays on record. Raises what ``new_deadlines`` does, and
    DeadlineOutOfRange.
    """
    locked = Participant.objects.select_for_update(of=("self",), no_key=True)
    current = locked.select_related("wave").get(pk=participant.pk)
    first, last = new_deadlines(current, today=timezone.localdate(at))
    if not first <= deadline <= last:
        raise DeadlineOutOfRange(first, last)
    record = Reinstatement.objects.create(
        participant=current,
        revoked_at=cast(dt.datetime, current.revoked_at),
        revocation_reason=current.revocation_reason,
        purchase_deadline=deadline,
        reason=reason,
        reinstated_by=by,
        reinstated_at=at,
    )
    _restore(current, record)
    Participant.objects.filter(pk=current.pk).update(
        revoked_at=None, revocation_reason="", purchase_deadline=deadline
    )
    participant.refresh_from_db()
    return record


def _restore(participant: Participant, record: Reinstatement) -> None:
    event = _event("reinstated", record.reinstated_at)
    lost = lost_balance(participant)
    if lost:
        credit(
            participant,
            kind=EntryKind.RESTORE,
            amount=lost,
            reference=event,
            description="",
            by=record.reinstated_by,
            at=record.reinstated_at,
        )
    balance = f"Saldo pelatihan {rupiah(lost)} kembali. " if lost else ""
    Notice.objects.tell(
        [participant.pk],
        event=event,
        title="Kepesertaanmu dipulihkan",
        body=f"{balance}Beli pelatihan pertama paling lambat "
        f"{date_format(record.purchase_deadline)}, pukul 23.59 WIB.",
        address="/dashboard/",
        at=record.reinstated_at,
    )


def _event(name: str, at: dt.datetime) -> str:
    """Return the key of what happened at an instant, for ledger and notices."""
    return f"{name}:{at.astimezone(dt.UTC).isoformat(timespec='microseconds')}"
