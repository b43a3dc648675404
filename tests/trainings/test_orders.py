"""Orders that wait, are paid or given back: one at a time, found again, told of."""

import datetime as dt

import pytest

from participants.models import Notice, RevocationReason
from participants.models.participant import TRAINING_GRANT
from participants.revoking import revoke
from tests.factories import (
    NOW,
    OrderFactory,
    ParticipantFactory,
    PlatformFactory,
    PurchaseFactory,
    TrainingFactory,
    UserFactory,
)
from tests.trainings.buyers import CODE, give_code
from trainings import purchasing
from trainings.purchasing import place_order, refund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def participant():
    return ParticipantFactory(funded=True, videos_completed=3)


@pytest.fixture
def own_client(client, participant):
    client.force_login(participant.user)
    return client


@pytest.fixture
def training():
    return TrainingFactory(title="Menjahit Kebaya", price=400_000)


def receipt(client, purchase):
    return client.get(f"/pembelian/{purchase.order.reference}/").text


def pay(order):
    give_code(order, at=NOW)
    return purchasing.confirm(order, code=CODE, at=NOW)


def give_back(purchase):
    staff = UserFactory(staff=True)
    return refund(purchase, reason="Kelas batal.", by=staff, at=NOW)


# --- the receipt --------------------------------------------------------------------


def test_receipt_of_a_refunded_purchase_says_so_and_has_no_voucher(
    own_client, participant, training
):
    purchase = give_back(PurchaseFactory(participant=participant, training=training))

    page = receipt(own_client, purchase)

    assert "Dibatalkan, dana kembali" in page
    assert "Kelas batal." in page
    assert "Rp400.000" in page
    assert "Pembayaran Berhasil" not in page
    assert purchase.voucher not in page


def test_receipt_of_the_revoked_says_that_what_came_back_is_lost(
    own_client, participant
):
    purchase = PurchaseFactory(participant=participant)
    revoke(participant, reason=RevocationReason.FRAUD, at=NOW)
    give_back(purchase)

    assert "saldo pelatihan hangus" in receipt(own_client, purchase)


def test_receipt_shows_what_was_left_after_that_payment(own_client, participant):
    first = PurchaseFactory(participant=participant, completed=True, price=100_000)
    later = NOW + dt.timedelta(hours=9)
    PurchaseFactory(participant=participant, price=250_000, paid_at=later)

    page = receipt(own_client, first)

    assert "Rp900.000" in page
    assert "Rp650.000" not in page


def test_entries_of_one_moment_count_in_their_order(participant):
    first = PurchaseFactory(participant=participant, completed=True, price=100_000)
    second = PurchaseFactory(participant=participant, price=250_000)

    assert first.payment.balance_after() == TRAINING_GRANT - 100_000
    assert second.payment.balance_after() == TRAINING_GRANT - 350_000


# --- one order at a time ------------------------------------------------------------


def test_training_ordered_again_resumes_its_open_order(participant, training):
    first = place_order(participant, training, idempotency_key="satu", at=NOW)

    second = place_order(participant, training, idempotency_key="dua", at=NOW)

    assert second == first


def test_order_at_another_price_is_not_resumed(participant, training):
    first = place_order(participant, training, idempotency_key="satu", at=NOW)
    training.price = 300_000

    second = place_order(participant, training, idempotency_key="dua", at=NOW)

    assert second != first
    assert second.price == 300_000


@pytest.mark.parametrize(
    "given",
    [
        {"ordered_at": NOW - dt.timedelta(minutes=30)},
        {"cancelled_at": NOW},
    ],
)
def test_order_that_is_over_is_not_resumed(participant, training, given):
    first = place_order(participant, training, idempotency_key="satu", at=NOW)
    participant.orders.update(**given)

    second = place_order(participant, training, idempotency_key="dua", at=NOW)

    assert second != first


def test_paying_gives_up_the_other_open_orders_of_that_person(participant, training):
    other = OrderFactory(participant=participant)
    somebodys = OrderFactory()
    order = OrderFactory(participant=participant, training=training)

    pay(order)

    for each in (other, somebodys, order):
        each.refresh_from_db()
    assert other.cancelled_at == NOW
    assert somebodys.cancelled_at is None
    assert order.cancelled_at is None


def test_order_of_a_shop_is_not_given_up_but_offered_no_more(
    own_client, participant, training
):
    of_shop = OrderFactory(participant=participant, platform=PlatformFactory())

    pay(OrderFactory(participant=participant, training=training))

    of_shop.refresh_from_db()
    assert of_shop.cancelled_at is None
    assert "Lanjutkan pembayaran" not in own_client.get("/pembelian/").text


def test_open_order_is_offered_where_trainings_are_listed(own_client, participant):
    order = OrderFactory(participant=participant)

    page = own_client.get("/pembelian/").text

    assert f'href="/pembelian/{order.reference}/"' in page


def test_order_page_says_which_training_gives_the_incentive(own_client, participant):
    given_back = PurchaseFactory(
        participant=participant, cancelled=True, price=100_000
    ).order
    order = OrderFactory(participant=participant, training__price=100_000)
    first = own_client.get(f"/pembelian/{order.reference}/").text
    PurchaseFactory(participant=participant, completed=True, price=100_000)

    second = own_client.get(f"/pembelian/{order.reference}/").text

    assert given_back.participant == participant
    assert "Ini pelatihan pertamamu" in first
    assert "Tanpa insentif" in second


# --- the dashboard ------------------------------------------------------------------


def test_open_order_is_the_next_step_until_it_ends(
    own_client, participant, training, time_machine
):
    order = OrderFactory(participant=participant, training=training)

    page = own_client.get("/dashboard/").text
    time_machine.move_to(NOW + dt.timedelta(minutes=30), tick=False)
    later = own_client.get("/dashboard/").text

    until = (NOW + dt.timedelta(minutes=30)).strftime("%H.%M")
    assert f"Lanjutkan pembayaran Menjahit Kebaya, sampai pukul {until} WIB" in page
    assert f'href="/pembelian/{order.reference}/"' in page
    assert "Lanjutkan pembayaran" not in later


def test_order_that_can_not_be_paid_is_no_next_step(own_client, participant):
    OrderFactory(participant=participant, price=TRAINING_GRANT + 1)

    assert "Lanjutkan pembayaran" not in own_client.get("/dashboard/").text


def test_dashboard_with_open_orders_takes_six_queries_at_most(
    own_client, participant, django_assert_max_num_queries
):
    PurchaseFactory(participant=participant, completed=True, price=100_000)
    for _ in range(3):
        OrderFactory(participant=participant)
    own_client.get("/dashboard/")

    with django_assert_max_num_queries(6):
        own_client.get("/dashboard/")


def test_first_buyer_finds_the_way_to_their_orders(own_client):
    assert 'href="/pembelian/"' in own_client.get("/dashboard/").text


def test_dashboard_after_a_refund_says_that_the_deadline_is_met(
    own_client, participant
):
    PurchaseFactory(participant=participant, cancelled=True)

    page = own_client.get("/dashboard/").text

    assert "tidak membuatmu dicabut" in page
    assert "lalu dibatalkan. Batas sudah terpenuhi" in page
    assert page.count('class="step--done"') == 2


# --- what people are told -----------------------------------------------------------


def test_purchase_is_told_without_its_voucher(participant, training):
    purchase = pay(OrderFactory(participant=participant, training=training))

    notice = Notice.objects.get()

    assert notice.title == "Pembelian berhasil: Menjahit Kebaya"
    assert notice.address == f"/pembelian/{purchase.order.reference}/"
    assert purchase.voucher not in notice.body


def test_title_that_is_too_long_for_a_notice_is_cut(participant):
    pay(OrderFactory(participant=participant, training__title="A" * 150))

    assert len(Notice.objects.get().title) == 120


def test_refund_is_told_with_reason_and_amount(participant, training):
    give_back(PurchaseFactory(participant=participant, training=training))

    notice = Notice.objects.get()

    assert notice.title == "Pembelian dibatalkan"
    assert "Kelas batal. Rp400.000 kembali ke saldo pelatihanmu." in notice.body


def test_refund_to_the_revoked_is_told_as_lost(participant, training):
    purchase = PurchaseFactory(participant=participant, training=training)
    revoke(participant, reason=RevocationReason.FRAUD, at=NOW)

    give_back(purchase)

    assert "hangus" in Notice.objects.get(event=f"refund:{purchase.pk}").body
