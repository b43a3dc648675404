"""From the voucher to the certificate: what each report moves, and what refuses."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from participants.models import Notice, Participant, RevocationReason
from tests.factories import NOW, PurchaseFactory, UserFactory, wib
from trainings import learning
from trainings.learning import (
    HolderRevoked,
    NameDiffers,
    NotTheNextStage,
    PurchaseCancelled,
)
from trainings.models import Certificate, Purchase, StaffStep, Stage
from trainings.models.purchase import STAGE_TIMES
from trainings.purchasing import CompletedIsFinal, refund

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(days=3)


def times(purchase):
    purchase.refresh_from_db()
    return [getattr(purchase, field) for field in STAGE_TIMES.values()]


def test_each_report_moves_a_purchase_one_stage_on():
    purchase = PurchaseFactory()
    name = purchase.participant.user.full_name
    stages = []

    for verb in (
        learning.redeem,
        learning.start,
        lambda purchase, at: learning.finish(purchase, reported_name=name, at=at),
        learning.reach_platform,
        learning.reach_office,
        learning.verify,
    ):
        purchase = verb(purchase, at=LATER)
        stages.append(purchase.stage)

    assert stages == list(STAGE_TIMES)[1:]
    assert times(purchase) == [NOW, *[LATER] * 6]


def test_stages_that_nobody_reported_get_the_instant_of_the_one_that_was():
    purchase = PurchaseFactory(redeemed=True, redeemed_at=NOW)

    learning.finish(purchase, reported_name="Sari", at=LATER)

    assert times(purchase) == [NOW, NOW, LATER, LATER, None, None, None]


@pytest.mark.parametrize("verb", [learning.redeem, learning.start])
def test_late_report_of_an_earlier_stage_changes_nothing(verb):
    purchase = PurchaseFactory(at_platform=True)
    before = times(purchase)

    verb(purchase, at=LATER)

    assert purchase.stage == Stage.AT_PLATFORM
    assert times(purchase) == before


def test_report_sent_twice_keeps_the_first_instant():
    purchase = PurchaseFactory()
    learning.redeem(purchase, at=NOW)

    learning.redeem(purchase, at=LATER)

    assert times(purchase)[1] == NOW


def test_verified_twice_issues_one_certificate():
    purchase = PurchaseFactory(at_office=True)
    learning.verify(purchase, at=LATER)

    learning.verify(purchase, at=LATER + dt.timedelta(days=1))

    assert times(purchase)[-1] == LATER
    assert Certificate.objects.count() == 1


def test_certificate_bears_the_accounts_name_and_a_number_of_the_wib_year():
    purchase = PurchaseFactory(
        at_office=True,
        participant__user__full_name="Sari Dewi",
        reported_name="SARI DEWI",
    )

    certificate = learning.verify(purchase, at=wib(2022, 1, 1, 0, 30)).certificate

    assert certificate.holder_name == "Sari Dewi"
    assert certificate.number == f"PRA-2022-{purchase.pk:08d}"
    assert len(certificate.check_code) == 16


def test_certificate_is_told_once():
    purchase = PurchaseFactory(at_office=True)

    for _ in range(2):
        learning.verify(purchase, at=LATER)

    assert Notice.objects.get().event == f"certificate:{purchase.pk}"


# --- another name ---------------------------------------------------------------------


def test_another_name_keeps_the_purchase_at_the_office():
    purchase = PurchaseFactory(at_platform=True, reported_name="Budi Santoso")

    with pytest.raises(NameDiffers, match="Budi Santoso"):
        learning.verify(purchase, at=LATER)

    purchase.refresh_from_db()
    assert purchase.stage == Stage.AT_OFFICE
    assert not Certificate.objects.exists()


def test_another_name_is_told_as_soon_as_it_is_reported():
    purchase = PurchaseFactory(participant__user__full_name="Sari Dewi")

    for _ in range(2):
        learning.finish(purchase, reported_name="Budi", at=LATER)

    body = Notice.objects.get().body
    assert "Budi" in body
    assert "Sari Dewi" in body


def test_name_reported_again_puts_a_wrong_one_right():
    purchase = PurchaseFactory(at_office=True, reported_name="Budi Santoso")
    name = purchase.participant.user.full_name

    learning.finish(purchase, reported_name=f" {name} ", at=LATER)

    assert learning.verify(purchase, at=LATER).is_completed


def test_report_without_a_name_is_nobodys():
    purchase = PurchaseFactory(at_office=True, reported_name="")

    with pytest.raises(NameDiffers, match="kosong"):
        learning.verify(purchase, at=LATER)


def test_staff_accept_another_name_with_a_reason_on_record():
    purchase = PurchaseFactory(at_office=True, reported_name="Muh. Ali")
    staff = UserFactory(staff=True)

    accepted = learning.accept_name(
        purchase, reason="KTP sudah dilihat", by=staff, at=LATER
    )

    assert accepted.is_completed
    step = StaffStep.objects.get()
    assert (step.reason, step.taken_by, step.taken_at) == (
        "KTP sudah dilihat",
        staff,
        LATER,
    )
    assert step.accepts_name


def test_name_of_a_completed_purchase_is_not_accepted_again():
    purchase = PurchaseFactory(completed=True)

    with pytest.raises(NotTheNextStage):
        learning.accept_name(
            purchase, reason="Sekali lagi", by=UserFactory(staff=True), at=LATER
        )

    assert not StaffStep.objects.exists()


# --- staff ----------------------------------------------------------------------------


def test_staff_move_a_purchase_on_with_a_reason_on_record():
    purchase = PurchaseFactory()
    staff = UserFactory(staff=True)

    moved = learning.advance(
        purchase, to=Stage.REDEEMED, reason="Platform mati", by=staff, at=LATER
    )

    assert moved.stage == Stage.REDEEMED
    step = StaffStep.objects.get()
    assert (step.purchase, step.stage, step.reason) == (
        purchase,
        Stage.REDEEMED,
        "Platform mati",
    )
    assert not step.accepts_name


def test_staff_do_not_move_what_has_moved_meanwhile():
    purchase = PurchaseFactory()
    learning.redeem(purchase, at=NOW)

    with pytest.raises(NotTheNextStage):
        learning.advance(
            purchase,
            to=Stage.REDEEMED,
            reason="Platform mati",
            by=UserFactory(staff=True),
            at=LATER,
        )

    assert not StaffStep.objects.exists()


# --- who is refused -------------------------------------------------------------------

EVERY_VERB = [
    learning.redeem,
    learning.start,
    lambda purchase, at: learning.finish(purchase, reported_name="Sari", at=at),
    learning.reach_platform,
    learning.reach_office,
    learning.verify,
]


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_cancelled_purchase_moves_nowhere(verb):
    purchase = PurchaseFactory(cancelled=True)

    with pytest.raises(PurchaseCancelled):
        verb(purchase, at=LATER)

    assert times(purchase) == [NOW, *[None] * 6]


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_purchase_of_the_revoked_moves_nowhere(verb):
    purchase = PurchaseFactory()
    Participant.objects.update(revoked_at=NOW, revocation_reason=RevocationReason.FRAUD)

    with pytest.raises(HolderRevoked):
        verb(purchase, at=LATER)

    assert times(purchase) == [NOW, *[None] * 6]


def test_completed_purchase_is_not_refunded():
    purchase = PurchaseFactory(at_office=True)
    learning.verify(purchase, at=LATER)

    with pytest.raises(CompletedIsFinal):
        refund(purchase, reason="Salah beli", by=UserFactory(staff=True), at=LATER)


def test_there_is_no_stage_after_the_last():
    assert learning.next_stage(PurchaseFactory(completed=True)) is None
    assert learning.next_stage(PurchaseFactory(cancelled=True)) is None


def test_database_refuses_a_stage_without_its_instant():
    purchase = PurchaseFactory()

    with (
        pytest.raises(IntegrityError, match="purchase_times_follow_stage"),
        transaction.atomic(),
    ):
        Purchase.objects.filter(pk=purchase.pk).update(stage=Stage.REDEEMED)


def test_database_refuses_a_staff_step_without_reason():
    with (
        pytest.raises(IntegrityError, match="staff_step_has_reason"),
        transaction.atomic(),
    ):
        StaffStep.objects.create(
            purchase=PurchaseFactory(),
            stage=Stage.REDEEMED,
            taken_by=UserFactory(staff=True),
            taken_at=NOW,
        )
