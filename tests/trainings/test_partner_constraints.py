"""What the database itself refuses about partners."""

import pytest
from django.db import IntegrityError, transaction

from tests.factories import NOW, OrderFactory, PlatformFactory, TrainingFactory
from trainings.models import (
    EventKind,
    IdempotencyRecord,
    OrderRequest,
    OutgoingEvent,
    PlatformSecret,
    PlatformWarning,
    RecordState,
    SeenMessage,
)

pytestmark = pytest.mark.django_db


def refused(name, make):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


def secret(**changed):
    given = {"platform": PlatformFactory(), "place": 1, "value": "whsec_AAAA"}
    return PlatformSecret.objects.create(created_at=NOW, **(given | changed))


def record(**changed):
    given = {"platform": PlatformFactory(), "key": "kunci-ke-1", "request_hash": "0"}
    times = {"created_at": NOW, "claimed_at": NOW}
    return IdempotencyRecord.objects.create(**(given | times | changed))


def request(**changed):
    given = {
        "platform": PlatformFactory(),
        "training": TrainingFactory(),
        "price": 1,
        "requested_at": NOW,
    }
    return OrderRequest.objects.create(**(given | changed))


def event(**changed):
    given = {
        "platform": PlatformFactory(),
        "kind": EventKind.ORDER_PAID,
        "payload": {},
        "created_at": NOW,
    }
    return OutgoingEvent.objects.create(**(given | changed))


def warning(**changed):
    given = {"platform": PlatformFactory(), "kind": "wrong_codes"}
    return PlatformWarning.objects.create(hour=NOW, count=1, **(given | changed))


@pytest.mark.parametrize(
    "address", ["http://toko.example/", "ftp://toko.example/", "//toko.example/"]
)
def test_a_webhook_is_https(address):
    refused("platform_webhook_is_https", lambda: PlatformFactory(webhook_url=address))


def test_a_platform_may_ask_something():
    refused("platform_may_ask_something", lambda: PlatformFactory(requests_a_minute=0))


def test_two_live_secrets_never_share_a_place():
    first = secret()

    refused(
        "platform_secret_place_is_taken_once|platform_id",
        lambda: secret(platform=first.platform),
    )
    first.revoke(by=None, at=NOW)
    secret(platform=first.platform)


def test_there_are_two_places_for_secrets():
    refused("platform_secrets_are_two", lambda: secret(place=3))


def test_a_secret_looks_like_one():
    refused("platform_secret_is_one", lambda: secret(value=""))


def test_a_message_is_seen_once():
    platform = PlatformFactory()
    SeenMessage.objects.create(platform=platform, message_id="msg-1", seen_at=NOW)

    refused(
        "seen_message_is_seen_once|message_id",
        lambda: SeenMessage.objects.create(
            platform=platform, message_id="msg-1", seen_at=NOW
        ),
    )


def test_a_key_is_of_one_request():
    first = record()

    refused(
        "idempotency_key_is_of_one_request|platform_id",
        lambda: record(platform=first.platform),
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"status": 200, "body": "{}"},
        {"state": RecordState.DONE},
        {"state": RecordState.DONE, "status": 200},
        {"state": "other", "status": 200, "body": "{}"},
    ],
)
def test_an_answer_is_there_if_and_only_if_it_is_done(changed):
    refused("idempotency_answer_iff_done", lambda: record(**changed))


def test_a_request_of_nobody_has_no_order():
    refused(
        "order_request_of_nobody_has_no_order",
        lambda: request(order=OrderFactory()),
    )


def test_a_request_has_a_price_and_a_reference_of_its_own():
    first = request()

    refused("order_request_price_is_positive", lambda: request(price=0))
    refused(
        "order_request_reference_is_unique|reference",
        lambda: request(reference=first.reference),
    )


def test_an_event_is_known_and_told_once():
    first = event()

    refused("outgoing_event_kind_is_known", lambda: event(kind="order.lost"))
    refused(
        "outgoing_event_reference_is_unique|reference",
        lambda: event(reference=first.reference),
    )


@pytest.mark.parametrize("changed", [{"next_at": NOW, "attempts": 1}, {"attempts": 0}])
def test_a_delivered_event_is_not_tried_again(changed):
    refused(
        "outgoing_event_delivered_is_not_tried_again",
        lambda: event(delivered_at=NOW, **changed),
    )


def test_a_warning_is_known_and_one_an_hour():
    first = warning()

    refused("platform_warning_kind_is_known", lambda: warning(kind="other"))
    refused(
        "platform_warning_is_one_an_hour|platform_id",
        lambda: warning(platform=first.platform),
    )
