"""Learning: from the voucher to the certificate, one guarded step at a time.

Each verb says how far a purchase has come. A report may come twice, late, or without
those before it: what was reached is never taken back, and an earlier instant that
nobody reported is that of the step which shows that it must have passed. All of a
person's purchases queue at the lock on the participant, as do refund and revocation.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from participants.models import Notice, Participant, User
from prakerja.refusal import Refusal
from trainings import events
from trainings.models import Certificate, EventKind, Purchase, StaffStep, Stage
from trainings.models.purchase import STAGE_TIMES
from trainings.names import same_name

STAGES = list(STAGE_TIMES)  # in the order in which they are reached


class LearningRefusal(Refusal):
    """A purchase can't be moved on."""


class PurchaseCancelled(LearningRefusal):
    message = "Pembelian ini sudah dibatalkan dan dananya dikembalikan."


class HolderRevoked(LearningRefusal):
    message = "Kepesertaan pemilik pembelian ini sudah dicabut."


class NotTheNextStage(LearningRefusal):
    message = "Pembelian ini sudah bergerak ke tahap lain. Lihat keadaannya sekarang."


class NameDiffers(LearningRefusal):
    def __init__(self, purchase: Purchase) -> None:
        super().__init__(
            f"Nama di laporan: {purchase.reported_name or '(kosong)'}, di akun: "
            f"{purchase.participant.user.full_name}. Sertifikat belum bisa terbit: "
            f"minta {purchase.training.provider} melapor lagi dengan nama yang benar, "
            "atau terima nama itu dengan alasan."
        )


def redeem(purchase: Purchase, *, at: dt.datetime) -> Purchase:
    """The voucher was given in. Raises PurchaseCancelled, HolderRevoked."""
    return _reach(purchase, Stage.REDEEMED, at=at)


def start(purchase: Purchase, *, at: dt.datetime) -> Purchase:
    """The person has begun to learn. Raises PurchaseCancelled, HolderRevoked."""
    return _reach(purchase, Stage.IN_PROGRESS, at=at)


def finish(purchase: Purchase, *, reported_name: str, at: dt.datetime) -> Purchase:
    """The provider says that all is done, and by whom.

    Reported again before the certificate is issued, the newest name counts: that is how
    a wrong one is put right. Raises PurchaseCancelled, HolderRevoked.
    """
    name = " ".join(reported_name.split())
    return _reach(purchase, Stage.FINISHED, at=at, reported_name=name)


def reach_platform(purchase: Purchase, *, at: dt.datetime) -> Purchase:
    """The provider's report is with the platform."""
    return _reach(purchase, Stage.AT_PLATFORM, at=at)


def reach_office(purchase: Purchase, *, at: dt.datetime) -> Purchase:
    """The platform's report is with the programme office."""
    return _reach(purchase, Stage.AT_OFFICE, at=at)


def verify(purchase: Purchase, *, at: dt.datetime) -> Purchase:
    """The office has checked the report: completed, and the certificate is issued.

    Raises PurchaseCancelled, HolderRevoked; NameDiffers if the report is about somebody
    else: the purchase then stays at the office.
    """
    with transaction.atomic():  # the name judged is the name certified
        purchase = reach_office(purchase, at=at)
        if purchase.is_completed or not name_differs(purchase):
            return _complete(purchase, at=at)
    raise NameDiffers(purchase)


@transaction.atomic
def accept_name(
    purchase: Purchase, *, reason: str, by: User, at: dt.datetime
) -> Purchase:
    """Complete a purchase by staff's word that the reported name is this person's.

    The certificate bears the account's name. Raises PurchaseCancelled, HolderRevoked,
    NotTheNextStage.
    """
    purchase = reach_office(purchase, at=at)
    if purchase.is_completed:
        raise NotTheNextStage
    purchase = _complete(purchase, at=at)
    _record(purchase, reason=reason, by=by, at=at, accepts_name=True)
    return purchase


@transaction.atomic
def advance(
    purchase: Purchase,
    *,
    to: Stage,
    reason: str,
    by: User,
    at: dt.datetime,
    reported_name: str = "",
) -> Purchase:
    """Move a purchase one stage on by staff's word, on record.

    ``reported_name`` is asked for where the learning ends. Raises PurchaseCancelled,
    HolderRevoked, NotTheNextStage, NameDiffers.
    """
    if next_stage(_locked(purchase)) != to:
        raise NotTheNextStage
    purchase = step(purchase, to, reported_name=reported_name, at=at)
    _record(purchase, reason=reason, by=by, at=at)
    return purchase


def step(
    purchase: Purchase, stage: Stage, *, reported_name: str = "", at: dt.datetime
) -> Purchase:
    """Say that ``stage`` is reached, by the verb that it belongs to."""
    match stage:
        case Stage.FINISHED:
            return finish(purchase, reported_name=reported_name, at=at)
        case Stage.COMPLETED:
            return verify(purchase, at=at)
        case _:
            return _reach(purchase, stage, at=at)


def next_stage(purchase: Purchase) -> Stage | None:
    """Return the stage after this one, or None if there is none."""
    if purchase.is_cancelled or purchase.is_completed:
        return None
    return STAGES[STAGES.index(Stage(purchase.stage)) + 1]


def name_differs(purchase: Purchase) -> bool:
    """Whether the end was reported, but under a name that is not the account's."""
    is_reported = purchase.finished_at is not None and not purchase.is_cancelled
    account = purchase.participant.user.full_name
    return is_reported and not same_name(purchase.reported_name, account)


@transaction.atomic
def _reach(
    purchase: Purchase, stage: Stage, *, at: dt.datetime, reported_name: str = ""
) -> Purchase:
    purchase = _locked(purchase)
    if purchase.is_completed:
        return purchase
    changes: dict[str, object] = {}
    if reported_name:
        changes["reported_name"] = reported_name
    reached = STAGES.index(stage)
    if reached > STAGES.index(Stage(purchase.stage)):
        changes["stage"] = stage
        for field in list(STAGE_TIMES.values())[1 : reached + 1]:
            changes[field] = Coalesce(field, Value(at))
    if changes:
        _update(purchase, **changes)
    if reported_name and name_differs(purchase):
        _tell_of_name(purchase, at=at)
    return purchase


def _locked(purchase: Purchase) -> Purchase:
    """Return the purchase as it is now, held; or raise why it can't be moved."""
    people = Participant.objects.select_for_update(no_key=True)
    participant = people.get(pk=purchase.participant_id)
    purchase = Purchase.objects.for_progress().get(pk=purchase.pk)
    if purchase.is_cancelled:
        raise PurchaseCancelled
    if participant.is_revoked:
        raise HolderRevoked
    return purchase


def _update(purchase: Purchase, **changes: object) -> None:
    """Write to the stage that was read; a lock that was not held loses nothing."""
    unmoved = Purchase.objects.filter(pk=purchase.pk, stage=purchase.stage)
    if not unmoved.update(**changes):
        raise PurchaseCancelled
    purchase.refresh_from_db(fields=list(changes))


@transaction.atomic
def _complete(purchase: Purchase, *, at: dt.datetime) -> Purchase:
    purchase = _locked(purchase)
    if purchase.is_completed:
        return purchase
    _update(purchase, stage=Stage.COMPLETED, completed_at=at)
    year = timezone.localtime(at).year
    certificate = Certificate.objects.create(
        purchase=purchase,
        number=f"PRA-{year}-{purchase.pk:08d}",
        holder_name=purchase.participant.user.full_name,
        issued_at=at,
    )
    events.record(
        EventKind.CERTIFICATE_ACCEPTED,
        purchase.order,
        at=at,
        certificate=certificate.number,
    )
    Notice.objects.create(
        participant=purchase.participant,
        event=f"certificate:{purchase.pk}",
        title="Sertifikatmu sudah terbit",
        body=f"Kamu sudah menyelesaikan {purchase.training}. Lihat sertifikatnya, lalu "
        "beri bintang dan ulasan.",
        address=reverse("trainings:purchases"),
        made_at=at,
    )
    return purchase


def _tell_of_name(purchase: Purchase, *, at: dt.datetime) -> None:
    Notice.objects.get_or_create(
        participant=purchase.participant,
        event=f"name-differs:{purchase.pk}",
        defaults={
            "title": "Sertifikat tertahan: namamu berbeda",
            "body": f"Nama di laporan {purchase.training}: "
            f"{purchase.reported_name}, di akunmu: "
            f"{purchase.participant.user.full_name}. Hubungi "
            f"{purchase.training.provider} ({purchase.training.provider.contact}) dan "
            "minta laporannya dibetulkan.",
            "address": reverse("trainings:purchases"),
            "made_at": at,
        },
    )


def _record(
    purchase: Purchase,
    *,
    reason: str,
    by: User,
    at: dt.datetime,
    accepts_name: bool = False,
) -> None:
    StaffStep.objects.create(
        purchase=purchase,
        stage=purchase.stage,
        reason=reason,
        accepts_name=accepts_name,
        taken_by=by,
        taken_at=at,
    )
