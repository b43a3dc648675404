"""Buying through a running server with several workers, many requests at once."""

from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from participants.models import EntryKind, OneTimeCode, RevocationReason
from participants.models.participant import TRAINING_GRANT
from participants.revoking import revoke
from prakerja.refusal import Refusal
from tests.factories import (
    OrderFactory,
    PlatformFactory,
    PurchaseFactory,
    TrainingFactory,
    UserFactory,
)
from tests.serving import serving
from tests.trainings.buyers import (
    CODE,
    WRONG_CODE,
    at_once,
    buyer,
    codes_sent_to,
    device,
    order_with_code,
    paid,
)
from tests.trainings.money import wrong_books
from trainings import purchasing, selling
from trainings.models import Order, OrderRequest, OrderState, Purchase
from trainings.purchasing import AlreadyRefunded, OrderClosed, cancel_order, refund

PARALLEL = 50
PEOPLE = 6  # of a race that can end either way

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.xdist_group("buying"),
]


@pytest.fixture(scope="module")
def site(django_db_setup, static_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with serving(folder, STATIC_ROOT=f"{static_folder}", WEB_CONCURRENCY="2") as site:
        yield site


@pytest.fixture(autouse=True)
def _messages_of_the_server(site, settings):
    settings.SMS_FOLDER = site.folder / "sms"


@pytest.fixture(autouse=True)
def _books_are_right(db):
    yield
    assert wrong_books() == []


def attempt(verb, *args, **options):
    """Call a verb in this thread; return the refusal, if it was one."""
    try:
        verb(*args, **options, at=timezone.now())
    except Refusal as refusal:
        return refusal
    finally:
        connection.close()
    return None


def test_fifty_confirmations_of_one_order_at_once_pay_once(site):
    participant = buyer()
    order = order_with_code(participant, training__price=300_000)
    phone = device(site, participant)

    answers = at_once(*[partial(phone.confirm, order)] * PARALLEL)

    assert all(answer.is_paid for answer in answers)
    assert len({answer.voucher for answer in answers}) == 1
    assert paid(participant) == [300_000]


def test_fifty_orders_against_one_balance_at_once_spend_no_more_than_is_held(site):
    participant = buyer()
    orders = [
        order_with_code(participant, training__price=600_000) for _ in range(PARALLEL)
    ]
    phone = device(site, participant)

    answers = at_once(*[partial(phone.confirm, order) for order in orders])

    assert sum(answer.is_paid for answer in answers) == 1
    assert paid(participant) == [600_000]
    participant.refresh_from_db()
    assert participant.training_balance == TRAINING_GRANT - 600_000


def test_card_number_sent_by_a_double_click_makes_one_order(site):
    participant = buyer()
    training = TrainingFactory()
    phone = device(site, participant)

    answers = at_once(
        *[partial(phone.order, participant, training.slug, key="satu")] * 10
    )

    order = Order.objects.get()
    assert {answer.location for answer in answers} == {f"/pembelian/{order.reference}/"}


def test_code_asked_for_by_many_clicks_is_sent_once(site):
    participant = buyer()
    order = OrderFactory(participant=participant, ordered_at=timezone.now())
    phone = device(site, participant)

    at_once(*[partial(phone.ask_for_code, order)] * 20)

    assert OneTimeCode.objects.count() == 1
    assert len(codes_sent_to(participant)) == 1


def test_codes_asked_for_many_orders_at_once_are_five(site):
    participant = buyer()
    orders = [
        OrderFactory(participant=participant, ordered_at=timezone.now())
        for _ in range(20)
    ]
    phone = device(site, participant)

    at_once(*[partial(phone.ask_for_code, order) for order in orders])

    assert OneTimeCode.objects.count() == 5
    assert len(codes_sent_to(participant)) == 5


def test_code_sent_by_a_double_click_pays_once(site):
    participant = buyer()
    order = order_with_code(participant)
    phone = device(site, participant)

    answers = at_once(*[partial(phone.confirm, order)] * 2)

    assert all(answer.is_paid for answer in answers)
    assert paid(participant) == [order.price]


def test_back_button_and_each_form_sent_again_lead_to_the_one_purchase(site):
    participant = buyer()
    training = TrainingFactory()
    phone = device(site, participant)
    page = phone.order(participant, training.slug, key="satu").location
    order = Order.objects.get()
    phone.ask_for_code(order)
    (code,) = codes_sent_to(participant)
    assert phone.confirm(order, code).is_paid

    again = [
        phone.order(participant, training.slug, key="satu"),
        phone.ask_for_code(order),
        phone.post(f"{page}bayar/", {"code": code}),
        phone.post(f"{page}bayar/", {"code": WRONG_CODE}),
    ]

    assert [(answer.status, answer.location) for answer in again] == [(302, page)] * 4
    assert phone.get(page).is_paid
    assert Order.objects.count() == 1
    assert codes_sent_to(participant) == [code]
    assert paid(participant) == [order.price]


def test_back_button_to_the_card_number_makes_no_second_order_before_paying(site):
    participant = buyer()
    training = TrainingFactory()
    phone = device(site, participant)
    page = phone.order(participant, training.slug, key="satu").location
    order = Order.objects.get()
    phone.ask_for_code(order)
    (code,) = codes_sent_to(participant)

    assert phone.order(participant, training.slug, key="satu").location == page

    assert phone.confirm(order, code).is_paid
    assert Order.objects.count() == 1


def test_two_devices_at_once_buy_one_training_a_person(site):
    people = [buyer() for _ in range(PEOPLE)]
    orders = [[order_with_code(person) for _ in range(2)] for person in people]

    answers = at_once(
        *[
            partial(device(site, person).confirm, order)
            for person, both in zip(people, orders, strict=True)
            for order in both
        ]
    )

    assert sum(answer.is_paid for answer in answers) == PEOPLE
    assert [len(paid(person)) for person in people] == [1] * PEOPLE


def test_wrong_codes_at_once_get_five_tries(site):
    participant = buyer()
    order = order_with_code(participant)
    phone = device(site, participant)

    answers = at_once(*[partial(phone.confirm, order, WRONG_CODE)] * 20)

    assert not any(answer.is_paid for answer in answers)
    assert OneTimeCode.objects.get().tries == 5
    assert "Kode OTP salah 5 kali" in phone.confirm(order, CODE).text
    assert paid(participant) == []


def test_order_is_either_paid_or_cancelled_when_both_come_at_once(site):
    orders = [order_with_code(buyer()) for _ in range(PEOPLE * 2)]
    phones = [device(site, order.participant) for order in orders]

    at_once(
        *[
            partial(getattr(phone, verb), order)
            for phone, order in zip(phones, orders, strict=True)
            for verb in ("confirm", "cancel")
        ]
    )

    for order in Order.objects.select_related("purchase"):
        is_paid = order.state(at=timezone.now()) == OrderState.PAID
        assert is_paid == (order.cancelled_at is None)


def test_order_that_is_just_being_paid_can_not_be_cancelled(monkeypatch):
    order = order_with_code(buyer())
    pay = purchasing._pay
    with ThreadPoolExecutor(1) as thread:
        others = []

        def pay_slowly(*args, **options):
            others.append(thread.submit(attempt, cancel_order, order))
            wait(others, timeout=0.5)
            return pay(*args, **options)

        monkeypatch.setattr(purchasing, "_pay", pay_slowly)
        purchasing.confirm(order, code=CODE, at=timezone.now())

    assert isinstance(others[0].result(), OrderClosed)


def test_shop_s_order_that_is_just_being_paid_is_refunded_by_its_cancelling(
    monkeypatch,
):
    order = order_with_code(buyer(), platform=PlatformFactory())
    request = OrderRequest.objects.create(
        reference=order.reference,
        platform=order.platform,
        participant=order.participant,
        training=order.training,
        price=order.price,
        order=order,
        requested_at=order.ordered_at,
    )
    pay = purchasing._pay
    with ThreadPoolExecutor(1) as thread:
        others = []

        def pay_slowly(*args, **options):
            others.append(
                thread.submit(attempt, selling.cancel, request, reason="Batal saja")
            )
            wait(others, timeout=0.5)
            return pay(*args, **options)

        monkeypatch.setattr(purchasing, "_pay", pay_slowly)
        purchase = purchasing.confirm(order, code=CODE, at=timezone.now())

    assert others[0].result() is None
    purchase.refresh_from_db()
    order.refresh_from_db()
    assert purchase.is_cancelled
    assert order.cancelled_at is None


def test_refund_and_the_next_purchase_at_once_leave_the_books_right(site):
    staff = UserFactory(staff=True)
    people = [buyer() for _ in range(3)]
    earlier = [
        PurchaseFactory(participant=person, price=600_000, paid_at=timezone.now())
        for person in people
    ]
    orders = [order_with_code(person, training__price=700_000) for person in people]

    at_once(
        *[
            partial(attempt, refund, purchase, reason="Batal", by=staff)
            for purchase in earlier
        ],
        *[partial(device(site, o.participant).confirm, o) for o in orders],
    )

    for person, purchase in zip(people, earlier, strict=True):
        person.refresh_from_db()
        purchase.refresh_from_db()
        assert purchase.is_cancelled
        assert person.training_balance == TRAINING_GRANT - sum(paid(person)) + 600_000


def test_purchase_is_refunded_once_by_many_at_once(site):
    staff = UserFactory(staff=True)
    purchase = PurchaseFactory(participant=buyer(), paid_at=timezone.now())

    outcomes = at_once(
        *[partial(attempt, refund, purchase, reason="Batal", by=staff)] * 4
    )

    assert sum(isinstance(outcome, AlreadyRefunded) for outcome in outcomes) == 3
    purchase.participant.refresh_from_db()
    assert purchase.participant.training_balance == TRAINING_GRANT


def test_who_buys_while_being_revoked_either_bought_or_forfeits_all(site):
    people = [buyer() for _ in range(4)]
    orders = [order_with_code(person) for person in people]

    answers = at_once(
        *[partial(device(site, o.participant).confirm, o) for o in orders],
        *[
            partial(attempt, revoke, person, reason=RevocationReason.FRAUD)
            for person in people
        ],
    )

    for person, order, answer in zip(people, orders, answers, strict=False):
        person.refresh_from_db()
        assert person.is_revoked
        assert answer.is_paid == Purchase.objects.filter(order=order).exists()
        forfeited = person.balance_entries.get(kind=EntryKind.FORFEIT)
        assert -forfeited.amount == TRAINING_GRANT - sum(paid(person))
