"""Spending the balance: the UPDATE itself asks, whatever was asked before."""

import pytest
from django.db import IntegrityError

from participants.models import Participant
from participants.models.balance import NotSpendable, spend
from participants.models.participant import TRAINING_GRANT
from tests.factories import NOW, ParticipantFactory

pytestmark = pytest.mark.django_db


def buy(participant, amount, *, reference="order:1"):
    return spend(
        participant, amount=amount, reference=reference, description="", at=NOW
    )


def holds(participant):
    participant.refresh_from_db()
    return participant.training_balance


def test_all_that_is_held_can_be_spent():
    participant = ParticipantFactory(funded=True)

    entry = buy(participant, TRAINING_GRANT)

    assert entry.amount == -TRAINING_GRANT
    assert holds(participant) == 0
    assert participant.first_purchased_at == NOW


def test_more_than_is_held_can_not_be_spent():
    participant = ParticipantFactory(funded=True)

    with pytest.raises(NotSpendable):
        buy(participant, TRAINING_GRANT + 1)

    assert holds(participant) == TRAINING_GRANT
    assert participant.first_purchased_at is None


def test_who_is_revoked_can_spend_nothing():
    participant = ParticipantFactory(funded=True, revoked=True)
    Participant.objects.update(training_balance=1)

    with pytest.raises(NotSpendable):
        buy(participant, 1)


def test_same_purchase_is_not_booked_twice():
    participant = ParticipantFactory(funded=True)
    buy(participant, 100_000)

    with pytest.raises(IntegrityError, match=r"participant|booked_once"):
        buy(participant, 100_000)

    assert holds(participant) == TRAINING_GRANT - 100_000
