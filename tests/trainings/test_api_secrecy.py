"""Nobody learns from the API whether 16 digits are somebody's number.

Time is not measured by the clock, which proves nothing on a busy machine: the calls
must run the same statements in the same order, row locks and writes included, whatever
the number. What differs, SMS and order, happens in a job, after the answer.
"""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import ParticipantFactory
from tests.trainings.shops import code_sent_to, work
from trainings.models import Order, OrderRequest

pytestmark = pytest.mark.django_db

UNKNOWN = "5" * 16


def unannounced():
    return ParticipantFactory(wave__unannounced=True, videos_completed=3)


def watching():
    return ParticipantFactory(funded=True, videos_completed=2)


def revoked():
    return ParticipantFactory(funded=True, videos_completed=3, revoked=True)


NOT_USABLE = [unannounced, watching, revoked]


def statements(captured):
    """Return the SQL with its values blotted out."""
    values = re.compile(r"'[^']*'|s\d+_x\d+|\b[0-9a-f]{32}\b|\b\d+\b|\bNULL\b")
    return [values.sub("?", query["sql"]) for query in captured]


def observed(call):
    """Return the answer without what is random, and the statements behind it."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = call()
    body = answer.json()
    for random in ("order", "request_id"):
        body.pop(random, None)
    return (
        answer.status_code,
        sorted(answer.headers.keys()),
        len(answer.content),
        json.dumps(body),
        statements(captured),
    )


@pytest.mark.parametrize("person", NOT_USABLE)
def test_to_start_an_order_looks_the_same_for_every_number(shop, sold, buyer, person):
    numbers = [buyer.card_number, UNKNOWN, person().card_number]
    shop.start(sold, "1" * 16)  # the first of all makes what the others find

    seen = [observed(lambda n=number: shop.start(sold, n)) for number in numbers]

    assert seen[0][0] == 201
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


@pytest.mark.parametrize("person", NOT_USABLE)
def test_after_the_sms_an_order_still_looks_the_same(shop, sold, buyer, person):
    numbers = [buyer.card_number, UNKNOWN, person().card_number]
    orders = [shop.start(sold, number).json()["order"] for number in numbers]
    work()

    seen = [observed(lambda o=order: shop.get(f"/orders/{o}")) for order in orders]

    assert seen[0][0] == 200
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


@pytest.mark.parametrize("tries", [1, 5, 6])
@pytest.mark.parametrize("person", NOT_USABLE)
def test_a_wrong_code_is_refused_the_same_way(shop, sold, buyer, person, tries):
    numbers = [buyer.card_number, UNKNOWN, person().card_number]
    orders = [shop.start(sold, number).json()["order"] for number in numbers]
    work()
    wrong = f"{(int(code_sent_to(buyer)) + 1) % 10**6:06d}"

    def confirm(order):
        return shop.post(f"/orders/{order}/confirm", {"code": wrong})

    confirm(shop.start(sold, "1" * 16).json()["order"])  # begins the hour's count
    for order in orders:
        for _ in range(tries - 1):
            confirm(order)
    seen = [observed(lambda o=order: confirm(o)) for order in orders]

    assert seen[0][0] == 422
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def cancel(shop, order):
    return shop.post(f"/orders/{order}/cancel", {"reason": "Pembeli batal"})


def report(shop, order):
    return shop.post(f"/orders/{order}/redeemed")


@pytest.mark.parametrize("call", [cancel, report])
def test_to_cancel_or_to_report_looks_the_same(shop, sold, buyer, call):
    numbers = [buyer.card_number, UNKNOWN]
    real, decoy = [shop.start(sold, number).json()["order"] for number in numbers]
    work()

    assert observed(lambda: call(shop, decoy)) == observed(lambda: call(shop, real))


@pytest.mark.parametrize("person", NOT_USABLE)
def test_a_number_that_may_not_be_used_gets_no_sms_and_no_order(shop, sold, person):
    participant = person()

    shop.start(sold, participant.card_number)
    work()

    assert code_sent_to(participant) is None
    assert not Order.objects.exists()
    assert OrderRequest.objects.get().order is None


def test_neither_log_nor_answer_holds_the_number(shop, sold, buyer, caplog):
    caplog.set_level("DEBUG")

    answer = shop.start(sold, buyer.card_number)
    work()

    told = " ".join(record.getMessage() for record in caplog.records)
    assert buyer.card_number not in told
    assert buyer.card_number not in answer.text
    assert buyer.card_number not in str(list(OrderRequest.objects.values()))
