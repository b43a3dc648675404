"""The page about incentives ticks what a participant has already done."""

import datetime as dt

import pytest

from tests.factories import (
    ParticipantFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TICK = '<span class="step__state">Terpenuhi</span>'


def page(client, user):
    client.force_login(user)
    return client.get("/insentif/").text


def test_nothing_is_ticked_before_the_first_training_is_completed(client):
    purchase = PurchaseFactory(at_office=True)

    assert TICK not in page(client, purchase.participant.user)


def test_completed_training_is_ticked_and_its_review_asked_for(client):
    purchase = PurchaseFactory(completed=True)

    html = page(client, purchase.participant.user)

    assert html.count(TICK) == 1
    assert f"/pembelian/{purchase.order.reference}/ulasan/" in html


def test_reviewed_training_has_both_ticks(client):
    purchase = ReviewFactory(purchase=PurchaseFactory(completed=True)).purchase

    html = page(client, purchase.participant.user)

    assert html.count(TICK) == 2
    assert "Beri ulasan</a>" not in html


def test_second_training_changes_nothing(client):
    first = PurchaseFactory(completed=True, price=100_000)
    second = PurchaseFactory(
        participant=first.participant,
        training=TrainingFactory(price=100_000),
        completed=True,
        paid_at=first.paid_at + dt.timedelta(days=30),
    )
    ReviewFactory(purchase=second)

    html = page(client, first.participant.user)

    assert html.count(TICK) == 1
    assert f"/pembelian/{first.order.reference}/ulasan/" in html


def test_cancelled_training_is_no_first_training(client):
    purchase = PurchaseFactory(cancelled=True)

    assert TICK not in page(client, purchase.participant.user)


def test_participant_reads_that_waiting_for_an_account_loses_nothing(client):
    words = "Kamu tidak kehilangan apa pun"

    assert words in page(client, ParticipantFactory().user)
    client.logout()
    assert words not in page(client, UserFactory())
