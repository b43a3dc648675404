"""Reconciling: whatever does not agree is found, and nothing else is."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from participants.models import BalanceEntry, EntryKind, Participant
from participants.models.balance import credit, forfeit
from tests.factories import NOW, ParticipantFactory, PurchaseFactory
from trainings import reconciling
from trainings.models import Order, Purchase
from trainings.reconciling import RULES, differences

pytestmark = pytest.mark.django_db


def rules():
    return [difference.rule for difference in differences()]


def test_honest_books_agree(capsys):
    ParticipantFactory()
    ParticipantFactory(funded=True)
    ParticipantFactory(funded=True, revoked=True)
    PurchaseFactory()
    PurchaseFactory(completed=True)
    PurchaseFactory(cancelled=True)

    call_command("reconcile_balances")

    assert "cocok" in capsys.readouterr().out


def balance_changed():
    ParticipantFactory(funded=True)
    Participant.objects.update(training_balance=F("training_balance") - 1)


def granted_twice():
    person = ParticipantFactory(funded=True)
    credit(
        person,
        kind=EntryKind.GRANT,
        amount=1_000_000,
        reference="again",
        description="",
        by=None,
        at=NOW,
    )


def funded_without_a_grant():
    ParticipantFactory()
    Participant.objects.update(funded_at=NOW)


def granted_without_being_funded():
    person = ParticipantFactory(funded=True)
    forfeit([person.pk], reference="x", at=NOW)
    Participant.objects.update(funded_at=None)


def revoked_with_a_balance():
    ParticipantFactory(funded=True)
    Participant.objects.update(revoked_at=NOW, revocation_reason="fraud")


def first_purchase_without_any():
    ParticipantFactory(first_purchased_at=NOW)


def bought_without_a_first_purchase():
    PurchaseFactory()
    Participant.objects.update(first_purchased_at=None)


def price_of_a_purchase_changed():
    PurchaseFactory()
    Purchase.objects.update(price=F("price") - 1)
    Order.objects.update(price=F("price") - 1)


def price_of_an_order_changed():
    PurchaseFactory()
    Order.objects.update(price=F("price") - 1)


def refunded_too_much():
    purchase = PurchaseFactory(cancelled=True)
    other = credit(
        purchase.participant,
        kind=EntryKind.REFUND,
        amount=purchase.price + 1,
        reference="other",
        description="",
        by=None,
        at=NOW,
    )
    Purchase.objects.update(refund=other)


def purchase_vanished():
    PurchaseFactory()
    Purchase.objects.all()._raw_delete(using="default")


def refund_of_nothing():
    purchase = PurchaseFactory()
    credit(
        purchase.participant,
        kind=EntryKind.REFUND,
        amount=1,
        reference="other",
        description="",
        by=None,
        at=NOW,
    )


BREAKS = {
    balance_changed: [0],
    granted_twice: [1],
    funded_without_a_grant: [1],
    granted_without_being_funded: [1],
    revoked_with_a_balance: [2],
    first_purchase_without_any: [3],
    bought_without_a_first_purchase: [3],
    price_of_a_purchase_changed: [4],
    price_of_an_order_changed: [4],
    refunded_too_much: [5, 7],
    purchase_vanished: [6],
    refund_of_nothing: [7],
}


@pytest.mark.parametrize("break_", BREAKS, ids=lambda function: function.__name__)
def test_each_difference_is_found_by_its_rule(break_):
    break_()

    assert rules() == [RULES[number] for number in BREAKS[break_]]


def test_every_rule_is_broken_by_a_test():
    assert {n for numbers in BREAKS.values() for n in numbers} == set(range(len(RULES)))


def test_command_fails_and_names_participants_by_number_only(capsys):
    person = ParticipantFactory(funded=True)
    balance_changed()

    with pytest.raises(CommandError):
        call_command("reconcile_balances")

    written = capsys.readouterr().out
    assert f"jumlah mutasinya: 2. Peserta {person.pk}, " in written
    assert person.user.full_name not in written


def test_of_many_differences_the_first_are_named_and_all_counted(monkeypatch, capsys):
    monkeypatch.setattr(reconciling, "SHOWN", 2)
    for _ in range(3):
        ParticipantFactory(funded=True)
    Participant.objects.update(training_balance=7)

    with pytest.raises(CommandError):
        call_command("reconcile_balances")

    assert ": 3. Peserta " in (written := capsys.readouterr().out)
    assert written.rstrip().endswith(", …")


def test_it_takes_three_statements_for_everybody(django_assert_num_queries):
    PurchaseFactory()

    with django_assert_num_queries(3):
        differences()

    assert BalanceEntry.objects.count() == 2
