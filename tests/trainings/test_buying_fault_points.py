"""The server killed by SIGKILL between any two steps, and the same asked once more."""

import http.client
from dataclasses import replace

import pytest
from django.db.models import F
from django.utils import timezone

from participants.models import EntryKind, OneTimeCode
from participants.models.one_time_code import RESEND_AFTER
from participants.models.participant import TRAINING_GRANT
from tests.factories import OrderFactory, PurchaseFactory, TrainingFactory, UserFactory
from tests.serving import serving
from tests.trainings.buyers import (
    Device,
    buyer,
    codes_sent_to,
    device,
    order_with_code,
    paid,
)
from tests.trainings.money import wrong_books
from trainings.models import Order, Purchase

PRICE = 300_000

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.xdist_group("buying"),
]


@pytest.fixture(scope="module")
def site(django_db_setup, static_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    one = {"WEB_CONCURRENCY": "1", "WEB_THREADS": "1"}
    with serving(
        folder,
        "tests.trainings.killing_wsgi",
        ["--preload"],
        STATIC_ROOT=f"{static_folder}",
        **one,
    ) as site:
        yield site


@pytest.fixture(autouse=True)
def _messages_of_the_server(site, settings):
    settings.SMS_FOLDER = site.folder / "sms"


def steps():
    """Count the steps to be killed at, up to more than any request has."""
    yield from range(100)
    pytest.fail("the server dies by itself")


def was_killed(device, step, send):
    """Let a request kill the server before this step; say whether there was one.

    The books must be right in that moment too.
    """
    try:
        send(replace(device, headers={"X-Kill-At": f"{step}"}))
    except (http.client.RemoteDisconnected, ConnectionResetError):
        assert wrong_books() == []
        return True
    return False


def test_confirmation_killed_anywhere_and_sent_again_pays_once(site):
    paid_when_killed = []
    for step in steps():
        order = order_with_code(buyer(), training__price=PRICE)
        phone = device(site, order.participant)
        if not was_killed(phone, step, lambda phone, order=order: phone.pay(order)):
            break
        paid_when_killed.append(Purchase.objects.filter(order=order).exists())

        assert phone.confirm(order).is_paid

        assert paid(order.participant) == [PRICE]
    assert wrong_books() == []
    # It happens as a whole, and was interrupted before and after.
    assert paid_when_killed == sorted(paid_when_killed)
    assert set(paid_when_killed) == {False, True}


def test_card_number_killed_anywhere_and_sent_again_makes_one_order(site):
    ordered_when_killed = []
    for step in steps():
        person, training = buyer(), TrainingFactory()
        phone = device(site, person)

        def send(phone, person=person, training=training):
            return phone.order(person, training.slug, key="satu")

        if not was_killed(phone, step, send):
            break
        ordered_when_killed.append(Order.objects.filter(participant=person).exists())

        page = send(phone).location

        order = Order.objects.get(participant=person)
        assert page == f"/pembelian/{order.reference}/"
        assert paid(person) == []
    assert set(ordered_when_killed) == {False, True}


def test_code_asked_for_and_killed_anywhere_can_be_asked_for_again(site):
    states_when_killed = set()
    for step in steps():
        now = timezone.now()
        order = OrderFactory(participant=buyer(), ordered_at=now)
        phone = device(site, order.participant)
        if not was_killed(phone, step, lambda phone, o=order: phone.ask_for_code(o)):
            break
        kept = OneTimeCode.objects.filter(purpose=order.purpose)
        sent = codes_sent_to(order.participant)
        states_when_killed.add((kept.count(), len(sent)))
        kept.update(sent_at=F("sent_at") - RESEND_AFTER)

        phone.ask_for_code(order)

        newest, *_ = codes_sent_to(order.participant)
        assert phone.confirm(order, newest).is_paid
        assert paid(order.participant) == [order.price]
    # A code that nobody got counts as sent; none is sent that does not count.
    assert states_when_killed == {(0, 0), (1, 0), (1, 1)}


def test_refund_killed_anywhere_and_made_again_gives_the_price_back_once(site):
    UserFactory(staff=True)
    office = Device(site)
    refunded_when_killed = []
    for step in steps():
        purchase = PurchaseFactory(participant=buyer(), paid_at=timezone.now())
        path = f"/petugas/refund/{purchase.pk}"
        if not was_killed(office, step, lambda office, path=path: office.get(path)):
            break
        purchase.refresh_from_db()
        refunded_when_killed.append(purchase.is_cancelled)

        office.get(path)

        purchase.participant.refresh_from_db()
        assert purchase.participant.training_balance == TRAINING_GRANT
    assert wrong_books() == []
    assert refunded_when_killed == sorted(refunded_when_killed)
    assert set(refunded_when_killed) == {False, True}


def test_revocation_killed_anywhere_and_made_again_takes_the_balance_once(site):
    office = Device(site)
    revoked_when_killed = []
    for step in steps():
        person = buyer()
        path = f"/petugas/revoke/{person.pk}"
        if not was_killed(office, step, lambda office, path=path: office.get(path)):
            break
        person.refresh_from_db()
        revoked_when_killed.append(person.is_revoked)

        office.get(path)

        forfeited = person.balance_entries.get(kind=EntryKind.FORFEIT)
        assert forfeited.amount == -TRAINING_GRANT
    assert wrong_books() == []
    assert revoked_when_killed == sorted(revoked_when_killed)
    assert set(revoked_when_killed) == {False, True}
