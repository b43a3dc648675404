"""Reports, refunds and staff at the same moment: one outcome, and a whole one."""

import datetime as dt

import pytest

from participants.models import BalanceEntry
from prakerja.refusal import Refusal
from tests.factories import NOW, PurchaseFactory, UserFactory
from tests.trainings.test_reviewing import at_once
from trainings import learning
from trainings.models import Certificate
from trainings.purchasing import refund

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LATER = NOW + dt.timedelta(days=3)


def outcome(act):
    """Return the act as one whose refusal is its answer."""

    def answer():
        try:
            return act()
        except Refusal as refusal:
            return refusal

    return answer


def test_verified_at_once_issues_one_certificate():
    purchase = PurchaseFactory(at_office=True)

    at_once(*[lambda: learning.verify(purchase, at=LATER)] * 5)

    assert Certificate.objects.count() == 1


def test_verified_and_refunded_at_once_is_one_or_the_other():
    staff = UserFactory(staff=True)

    for _ in range(5):
        purchase = PurchaseFactory(at_office=True)
        at_once(
            outcome(lambda p=purchase: learning.verify(p, at=LATER)),
            outcome(
                lambda p=purchase: refund(p, reason="Dibatalkan", by=staff, at=LATER)
            ),
        )
        purchase.refresh_from_db()
        has_refund = BalanceEntry.objects.filter(
            participant=purchase.participant, kind="refund"
        ).exists()
        has_certificate = Certificate.objects.filter(purchase=purchase).exists()
        assert purchase.is_completed == has_certificate
        assert purchase.is_cancelled == has_refund
        assert has_refund != has_certificate


def test_reports_in_any_order_at_once_reach_the_last_of_them():
    purchase = PurchaseFactory()

    at_once(
        lambda: learning.reach_platform(purchase, at=LATER),
        lambda: learning.redeem(purchase, at=LATER),
        lambda: learning.start(purchase, at=LATER),
    )

    purchase.refresh_from_db()
    assert purchase.stage == "at_platform"
