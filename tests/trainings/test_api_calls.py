"""What a shop can do through the API, and what it is told when it can't."""

import datetime as dt
import uuid

import pytest

from participants.models import BalanceEntry, OneTimeCode
from participants.models.participant import TRAINING_GRANT
from tests.factories import (
    NOW,
    ParticipantFactory,
    PlatformFactory,
    PurchaseFactory,
    TrainingFactory,
)
from tests.trainings.shops import Shop, code_sent_to, work
from trainings import selling
from trainings.models import Order, OrderRequest, Purchase, Stage

pytestmark = pytest.mark.django_db


def start_and_get_code(shop, training, participant):
    """Return the reference of a new order and the code that was sent for it."""
    started = shop.start(training, participant.card_number)
    assert started.status_code == 201, started.content
    work()
    return started.json()["order"], code_sent_to(participant)


def buy(shop, training, participant):
    order, code = start_and_get_code(shop, training, participant)
    paid = shop.post(f"/orders/{order}/confirm", {"code": code})
    assert paid.status_code == 200, paid.content
    return order


def test_a_shop_lists_its_own_trainings_page_by_page(shop):
    for number in range(3):
        TrainingFactory(code=f"LC-{number}", platforms=[shop.platform])
    TrainingFactory(code="LC-9")

    first = shop.get("/trainings?limit=2").json()
    second = shop.get(f"/trainings?limit=2&after={first['next']}").json()

    assert [row["code"] for row in first["trainings"]] == ["LC-0", "LC-1"]
    assert [row["code"] for row in second["trainings"]] == ["LC-2"]
    assert second["next"] is None


def test_the_list_of_trainings_costs_the_same_queries_at_any_length(
    shop, django_assert_max_num_queries
):
    TrainingFactory.create_batch(20, platforms=[shop.platform])

    # Secrets, requests of this minute, the id with its savepoint, the list.
    with django_assert_max_num_queries(6):
        assert len(shop.get("/trainings").json()["trainings"]) == 20


def test_a_shop_is_told_the_price_of_today(shop, sold):
    answer = shop.get("/trainings/LC-1/price")

    assert answer.json() == {"training": "LC-1", "price": 400_000, "is_on_sale": True}


def test_a_training_that_is_not_sold_there_does_not_exist_for_a_shop(shop, buyer):
    elsewhere = TrainingFactory(code="LC-2")

    assert shop.get("/trainings/LC-2/price").status_code == 404
    assert shop.start(elsewhere, buyer.card_number).status_code == 404


def test_an_order_of_another_shop_does_not_exist(client, shop, sold, buyer):
    order = shop.start(sold, buyer.card_number).json()["order"]
    other = Shop(client, PlatformFactory(slug="lain"))

    assert other.get(f"/orders/{order}").status_code == 404
    assert other.post(f"/orders/{order}/confirm", {"code": "1" * 6}).status_code == 404
    reason = {"reason": "Kelas batal"}
    assert other.post(f"/orders/{order}/cancel", reason).status_code == 404
    assert other.post(f"/orders/{order}/redeemed").status_code == 404


def test_an_order_that_is_started_sends_the_code_and_spends_nothing(shop, sold, buyer):
    order, code = start_and_get_code(shop, sold, buyer)

    assert len(code) == 6
    read = shop.get(f"/orders/{order}").json()
    assert read["state"] == "open"
    assert read["purchase"] is None
    assert not Purchase.objects.exists()


def test_the_right_code_pays_and_gives_the_voucher(shop, sold, buyer):
    order, code = start_and_get_code(shop, sold, buyer)

    paid = shop.post(f"/orders/{order}/confirm", {"code": code})

    purchase = Purchase.objects.get()
    assert paid.status_code == 200
    assert paid.json()["state"] == "paid"
    assert paid.json()["purchase"]["voucher"] == purchase.voucher
    assert purchase.order.platform == shop.platform
    buyer.refresh_from_db()
    assert buyer.training_balance == TRAINING_GRANT - 400_000


def test_confirmed_again_an_order_stays_paid_once(shop, sold, buyer):
    order, code = start_and_get_code(shop, sold, buyer)
    shop.post(f"/orders/{order}/confirm", {"code": code})

    again = shop.post(f"/orders/{order}/confirm", {"code": code})

    assert again.json()["state"] == "paid"
    assert BalanceEntry.objects.filter(kind="purchase").count() == 1


def test_a_wrong_code_pays_nothing_and_five_close_the_order(shop, sold, buyer):
    order, code = start_and_get_code(shop, sold, buyer)
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    for _ in range(5):
        answer = shop.post(f"/orders/{order}/confirm", {"code": wrong})
        assert answer.status_code == 422
        assert answer.json()["code"] == "wrong_or_expired_code"

    assert OneTimeCode.objects.get().tries == 5
    late = shop.post(f"/orders/{order}/confirm", {"code": code})
    assert late.json()["code"] == "wrong_or_expired_code"
    assert not Purchase.objects.exists()


def test_a_code_is_good_for_five_minutes(shop, sold, buyer, time_machine):
    order, code = start_and_get_code(shop, sold, buyer)
    time_machine.move_to(NOW + dt.timedelta(minutes=5), tick=False)

    answer = shop.post(f"/orders/{order}/confirm", {"code": code})

    assert answer.json()["code"] == "wrong_or_expired_code"


def test_an_order_ends_after_an_hour(shop, sold, buyer, time_machine):
    order, code = start_and_get_code(shop, sold, buyer)
    time_machine.move_to(NOW + dt.timedelta(hours=1), tick=False)

    answer = shop.post(f"/orders/{order}/confirm", {"code": code})

    assert (answer.status_code, answer.json()["code"]) == (409, "order_closed")
    assert shop.get(f"/orders/{order}").json()["state"] == "expired"


def test_another_price_than_today_s_starts_no_order(shop, sold, buyer):
    asked = {"training": "LC-1", "card_number": buyer.card_number, "price": 399_999}

    answer = shop.post("/orders", asked)

    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert not OrderRequest.objects.exists()


def test_a_training_that_is_not_on_sale_starts_no_order(shop, buyer):
    training = TrainingFactory(ended=True, platforms=[shop.platform])

    answer = shop.start(training, buyer.card_number)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_on_sale")


def test_what_else_speaks_against_buying_is_told_after_the_right_code_only(shop, sold):
    poor = ParticipantFactory(funded=True, training_balance=100_000, videos_completed=3)
    order, code = start_and_get_code(shop, sold, poor)
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    guessed = shop.post(f"/orders/{order}/confirm", {"code": wrong})
    agreed = shop.post(f"/orders/{order}/confirm", {"code": code})

    assert guessed.json()["code"] == "wrong_or_expired_code"
    assert (agreed.status_code, agreed.json()["code"]) == (409, "price_above_balance")
    assert "100.000" not in agreed.json()["message"]
    assert OneTimeCode.objects.get().used_at is None


def test_a_shop_is_not_told_what_was_bought_elsewhere(shop, sold, buyer):
    PurchaseFactory(participant=buyer, training__title="Rahasia orang")
    order, code = start_and_get_code(shop, sold, buyer)

    answer = shop.post(f"/orders/{order}/confirm", {"code": code})

    assert answer.json()["code"] == "earlier_training_not_completed"
    assert "Rahasia" not in answer.text


def test_reports_bring_a_purchase_as_far_as_the_office(shop, sold, buyer):
    order = buy(shop, sold, buyer)

    stages = [
        shop.post(f"/orders/{order}/redeemed"),
        shop.post(f"/orders/{order}/started"),
        shop.post(
            f"/orders/{order}/finished", {"certificate_name": buyer.user.full_name}
        ),
    ]

    assert [answer.json()["purchase"]["stage"] for answer in stages] == [
        Stage.REDEEMED,
        Stage.IN_PROGRESS,
        Stage.AT_OFFICE,
    ]
    assert Purchase.objects.get().reported_name == buyer.user.full_name


def test_a_report_that_comes_again_or_late_takes_nothing_back(shop, sold, buyer):
    order = buy(shop, sold, buyer)
    shop.post(f"/orders/{order}/started")

    late = shop.post(f"/orders/{order}/redeemed")

    assert late.status_code == 200
    assert late.json()["purchase"]["stage"] == Stage.IN_PROGRESS


def test_an_order_that_is_not_paid_has_nothing_to_report(shop, sold, buyer):
    order, _ = start_and_get_code(shop, sold, buyer)

    answer = shop.post(f"/orders/{order}/redeemed")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_paid")


def test_a_shop_gives_up_an_order_that_is_not_paid(shop, sold, buyer):
    order, code = start_and_get_code(shop, sold, buyer)

    answer = shop.post(f"/orders/{order}/cancel", {"reason": "Pembeli batal"})

    assert answer.json()["state"] == "cancelled"
    assert Order.objects.get().cancelled_at == NOW
    late = shop.post(f"/orders/{order}/confirm", {"code": code})
    assert late.json()["code"] == "order_closed"


def test_a_shop_gives_the_money_back_before_the_learning_begins(shop, sold, buyer):
    order = buy(shop, sold, buyer)
    shop.post(f"/orders/{order}/redeemed")

    answer = shop.post(f"/orders/{order}/cancel", {"reason": "Kelas batal"})

    assert answer.json()["state"] == "cancelled"
    purchase = Purchase.objects.get()
    assert purchase.cancel_reason == f"Dibatalkan {shop.platform}: Kelas batal"
    buyer.refresh_from_db()
    assert buyer.training_balance == TRAINING_GRANT


def test_a_training_that_has_begun_is_not_cancelled_by_a_shop(shop, sold, buyer):
    order = buy(shop, sold, buyer)
    shop.post(f"/orders/{order}/started")

    answer = shop.post(f"/orders/{order}/cancel", {"reason": "Kelas batal"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_started")


def test_cancelled_again_an_order_stays_cancelled(shop, sold, buyer):
    order = buy(shop, sold, buyer)
    shop.post(f"/orders/{order}/cancel", {"reason": "Kelas batal"})

    again = shop.post(f"/orders/{order}/cancel", {"reason": "Kelas batal"})

    assert again.json()["state"] == "cancelled"
    assert BalanceEntry.objects.filter(kind="refund").count() == 1


def test_a_request_given_up_while_its_code_is_about_to_be_sent_gets_none(
    shop, sold, buyer
):
    order = shop.start(sold, buyer.card_number).json()["order"]
    requests = OrderRequest.objects.for_answer().select_related("participant__wave")
    read_before = requests.get(reference=order)
    shop.post(f"/orders/{order}/cancel", {"reason": "Pembeli batal"})

    selling.send_code(read_before, at=NOW)

    assert not Order.objects.exists()
    assert code_sent_to(buyer) is None


def test_a_gateway_that_is_away_is_tried_again(
    shop, sold, buyer, monkeypatch, time_machine
):
    from participants.sms import SmsNotSent  # noqa: PLC0415

    def broken(phone, text):
        raise SmsNotSent

    with monkeypatch.context() as patch:
        patch.setattr("trainings.purchasing.send_sms", broken)
        shop.start(sold, buyer.card_number)
        work()
    time_machine.move_to(NOW + dt.timedelta(seconds=61), tick=False)
    work()

    assert code_sent_to(buyer)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        (
            "GET",
            f"/api/v1/orders/{uuid.UUID(int=0)}/confirm",
            405,
            "method_not_allowed",
        ),
        ("POST", "/api/v1/trainings", 405, "method_not_allowed"),
    ],
)
def test_errors_of_the_api_are_json_in_indonesian(client, method, path, status, code):
    answer = client.generic(method, path, headers={"X-Request-ID": "permintaan-9"})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == code
    assert answer.json()["request_id"] == "permintaan-9"


def test_a_fault_of_ours_is_json_too(shop, monkeypatch):
    shop.client.raise_request_exception = False
    monkeypatch.setattr("trainings.api.routes.own_training", lambda *asked: 1 / 0)

    answer = shop.get("/trainings/LC-1/price")

    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")


def test_what_is_no_json_is_told_so(shop):
    path = "/api/v1/orders"
    headers = shop.headers("POST", path, b"{") | {"Idempotency-Key": "kunci-ke-1"}

    answer = shop.client.generic(
        "POST", path, b"{", content_type="application/json", headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_an_invalid_field_is_named_and_not_repeated(shop):
    asked = {"training": "LC-1", "card_number": "12345678901234567", "price": 1}

    answer = shop.post("/orders", asked)

    assert answer.status_code == 422
    assert answer.json()["fields"] == {"card_number": "string_pattern_mismatch"}
    assert "1234567890" not in answer.text
