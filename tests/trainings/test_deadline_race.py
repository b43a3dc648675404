"""Buying at the last moment while who is overdue is revoked."""

import datetime as dt
import threading

import pytest
from django.db import connection

from participants.models import OneTimeCode, Participant
from participants.models.one_time_code import new_code
from participants.revoking import revoke_next
from prakerja.refusal import Refusal
from tests.factories import OrderFactory, wib
from trainings.models import Purchase
from trainings.purchasing import MembershipRevoked, confirm
from trainings.reconciling import differences

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LAST_MOMENT = wib(2021, 10, 21, 23, 59, 58)
FIRST_REVOCATION = wib(2021, 10, 22, 0, 15)


def order_with_code():
    order = OrderFactory(ordered_at=LAST_MOMENT - dt.timedelta(minutes=3))
    at = LAST_MOMENT - dt.timedelta(minutes=2)
    return order, new_code(order.participant, purpose=order.purpose, at=at)


def together(*acts):
    def run(act):
        barrier.wait()
        act()
        connection.close()

    barrier = threading.Barrier(len(acts))
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("attempt", range(5))
def test_revocation_at_midnight_takes_nobody_who_is_just_paying(attempt):
    order, code = order_with_code()

    together(
        lambda: confirm(order, code=code, at=LAST_MOMENT),
        lambda: revoke_next(after=0, at=LAST_MOMENT + dt.timedelta(seconds=3)),
    )

    person = Participant.objects.get()
    assert person.first_purchased_at == LAST_MOMENT
    assert not person.is_revoked
    assert revoke_next(after=0, at=FIRST_REVOCATION) == []
    assert differences() == []


@pytest.mark.parametrize("attempt", range(5))
def test_a_purchase_and_a_revocation_at_once_never_both_happen(attempt):
    order, code = order_with_code()
    refusals: list[Refusal] = []

    def pay():
        try:
            confirm(order, code=code, at=LAST_MOMENT)
        except MembershipRevoked as refusal:
            refusals.append(refusal)

    together(pay, lambda: revoke_next(after=0, at=FIRST_REVOCATION))

    person = Participant.objects.get()
    assert person.is_revoked == bool(refusals)
    assert Purchase.objects.count() == 1 - len(refusals)
    assert OneTimeCode.objects.exclude(used_at=None).count() == 1 - len(refusals)
    assert differences() == []
