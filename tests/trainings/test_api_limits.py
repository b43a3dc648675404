"""How much a platform may ask, and what happens to one that guesses."""

import datetime as dt

import pytest

from tests.factories import NOW, ParticipantFactory, PlatformFactory
from tests.trainings.shops import Shop, code_sent_to, work
from trainings import selling
from trainings.models import OrderRequest, PlatformWarning, SeenMessage, WarningKind

pytestmark = pytest.mark.django_db


def assert_too_many(answer, code, *, seconds=None):
    assert (answer.status_code, answer.json()["code"]) == (429, code)
    wait = int(answer.headers["Retry-After"])
    assert wait > 0 if seconds is None else wait == seconds


def unknown(number):
    return f"{number:016d}"


def test_a_platform_has_so_many_requests_a_minute(shop, time_machine):
    shop.platform.requests_a_minute = 3
    shop.platform.save()
    for second in range(3):
        time_machine.move_to(NOW + dt.timedelta(seconds=second), tick=False)
        assert shop.get("/trainings").status_code == 200

    assert_too_many(shop.get("/trainings"), "too_many_requests", seconds=59)

    time_machine.move_to(NOW + dt.timedelta(seconds=61), tick=False)
    assert shop.get("/trainings").status_code == 200


def test_what_is_over_the_limit_is_not_counted(shop):
    shop.platform.requests_a_minute = 1
    shop.platform.save()
    for _ in range(5):
        shop.get("/trainings")

    assert SeenMessage.objects.count() == 1


def test_the_limit_of_one_platform_is_not_that_of_another(shop, client):
    shop.platform.requests_a_minute = 1
    shop.platform.save()
    other = Shop(client, PlatformFactory())
    shop.get("/trainings")

    assert other.get("/trainings").status_code == 200


@pytest.mark.parametrize("is_real", [True, False])
def test_one_number_is_ordered_for_five_times_an_hour(
    shop, sold, buyer, is_real, client
):
    number = buyer.card_number if is_real else unknown(1)
    for _ in range(5):
        assert shop.start(sold, number).status_code == 201

    assert_too_many(shop.start(sold, number), "too_many_orders_of_number", seconds=3600)
    other = Shop(client, PlatformFactory())
    sold.platforms.add(other.platform)
    assert_too_many(other.start(sold, number), "too_many_orders_of_number")


@pytest.mark.parametrize("is_real", [True, False])
def test_unpaid_orders_have_a_limit_that_real_numbers_do_not_lift(
    shop, sold, monkeypatch, is_real, buyer
):
    monkeypatch.setattr(selling, "UNPAID_ORDERS", 3)
    for number in range(3):
        shop.start(sold, unknown(number))
    last = buyer.card_number if is_real else unknown(9)

    assert_too_many(shop.start(sold, last), "too_many_unpaid_orders")


def test_paid_orders_make_room_for_others(shop, sold, buyer, monkeypatch):
    monkeypatch.setattr(selling, "UNPAID_ORDERS", 1)
    order = shop.start(sold, buyer.card_number).json()["order"]
    work()
    shop.post(f"/orders/{order}/confirm", {"code": code_sent_to(buyer)})

    answers = [shop.start(sold, unknown(number)) for number in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]


def test_many_unpaid_orders_warn_long_before_they_are_refused(
    shop, sold, monkeypatch, caplog
):
    monkeypatch.setattr(selling, "UNPAID_TO_WARN_OF", 2)

    answers = [shop.start(sold, unknown(number)) for number in range(4)]

    assert {answer.status_code for answer in answers} == {201}
    warning = PlatformWarning.objects.get()
    assert (warning.kind, warning.count) == (WarningKind.UNPAID_ORDERS, 2)
    assert "guessing at the API" in caplog.messages


def test_one_customer_s_wrong_codes_close_no_shop(shop, sold, buyer):
    order = shop.start(sold, buyer.card_number).json()["order"]
    work()
    for number in range(21):
        wrong = shop.start(sold, unknown(number)).json()["order"]
        for _ in range(5):
            shop.post(f"/orders/{wrong}/confirm", {"code": "000000"})

    answer = shop.post(f"/orders/{order}/confirm", {"code": code_sent_to(buyer)})

    assert answer.status_code == 200
    warning = PlatformWarning.objects.get(kind=WarningKind.WRONG_CODES)
    assert warning.count == selling.CODES_TO_WARN_OF


def test_paid_orders_make_room_for_wrong_codes(shop, sold, buyer, monkeypatch):
    limit = selling.WRONG_CODES._replace(failures=1)
    monkeypatch.setattr(selling, "WRONG_CODES", limit)
    order = shop.start(sold, buyer.card_number).json()["order"]
    work()
    shop.post(f"/orders/{order}/confirm", {"code": code_sent_to(buyer)})
    other = shop.start(sold, unknown(1)).json()["order"]

    answers = [
        shop.post(f"/orders/{other}/confirm", {"code": "000000"}) for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 429]


@pytest.mark.parametrize("is_real", [True, False])
def test_wrong_codes_have_a_limit_and_warn_of_it(
    shop, sold, monkeypatch, caplog, is_real
):
    limit = selling.WRONG_CODES._replace(failures=2)
    monkeypatch.setattr(selling, "WRONG_CODES", limit)
    monkeypatch.setattr(selling, "CODES_TO_WARN_OF", 2)
    real = ParticipantFactory(videos_completed=3).card_number
    order = shop.start(sold, real if is_real else unknown(1)).json()["order"]
    for _ in range(2):
        shop.post(f"/orders/{order}/confirm", {"code": "000000"})

    answer = shop.post(f"/orders/{order}/confirm", {"code": "000000"})

    assert_too_many(answer, "too_many_wrong_codes", seconds=3600)
    warning = PlatformWarning.objects.get()
    assert (warning.kind, warning.count) == (WarningKind.WRONG_CODES, 2)
    assert "guessing at the API" in caplog.messages


def test_many_wrong_numbers_warn_once_an_hour(
    shop, sold, monkeypatch, caplog, time_machine
):
    monkeypatch.setattr(selling, "NUMBERS_TO_WARN_OF", 3)
    for number in range(5):
        shop.start(sold, unknown(number))
    work()
    time_machine.move_to(NOW + dt.timedelta(hours=2), tick=False)
    for number in range(3):
        shop.start(sold, unknown(number))
    work()

    warnings = PlatformWarning.objects.order_by("hour")
    assert [warning.count for warning in warnings] == [5, 3]
    assert caplog.messages.count("guessing at the API") >= 2
    (event, *_) = [r.event for r in caplog.records if r.msg == "guessing at the API"]
    assert event["platform"] == "toko"


def test_a_few_wrong_numbers_are_mistypings(shop, sold):
    for number in range(selling.NUMBERS_TO_WARN_OF - 1):
        shop.start(sold, unknown(number))
    work()

    assert not PlatformWarning.objects.exists()


def test_real_numbers_warn_nobody(shop, sold, monkeypatch):
    monkeypatch.setattr(selling, "NUMBERS_TO_WARN_OF", 1)
    shop.start(sold, ParticipantFactory(videos_completed=1).card_number)
    work()

    assert OrderRequest.objects.count() == 1
    assert not PlatformWarning.objects.exists()
