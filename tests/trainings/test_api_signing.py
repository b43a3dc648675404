"""Who may ask: signatures, their age, their copies, and two secrets of a platform."""

import datetime as dt
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from participants.models import User
from tests.factories import NOW, PlatformFactory
from tests.trainings.signatures import signature
from trainings.models import PlatformSecret, SeenMessage
from trainings.models.partner import TooManySecrets
from trainings.work import IDS_KEPT_FOR, forget_old

pytestmark = pytest.mark.django_db
PATH = "/api/v1/trainings"


def ask(shop, **changed):
    return shop.client.get(PATH, headers=shop.headers("GET", PATH) | changed)


def assert_refused(answer, code="signature_refused"):
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_signature_is_that_of_the_standard_webhooks_library(shop):
    made_here = signature(shop.secret, "msg-12345678", int(NOW.timestamp()), b"{}")

    assert made_here == Webhook(shop.secret).sign(
        "msg-12345678", NOW.astimezone(dt.UTC), "{}"
    )


def test_what_is_not_signed_is_refused(client):
    assert_refused(client.get(PATH))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,ä"),
        ("webhook-signature", "v1,abc"),
        ("webhook-signature", "v2,AAAA"),
        ("webhook-signature", f"v1,{'A' * 43}="),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "now"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "9" * 30),
        ("webhook-id", "msg-another-id"),
        ("webhook-id", ""),
        ("webhook-id", "m" * 65),
        ("webhook-id", "evt_12345678"),
        ("prakerja-platform", "nobody"),
        ("prakerja-platform", "a\0b"),
        ("prakerja-platform", ""),
    ],
)
def test_a_signature_that_is_not_right_is_refused(shop, header, value):
    assert_refused(ask(shop, **{header: value}))
    assert not SeenMessage.objects.exists()


def test_a_body_that_was_changed_is_refused(shop):
    path = "/api/v1/orders"
    headers = shop.headers("POST", path, b'{"price": 1}')

    answer = shop.client.generic(
        "POST", path, b'{"price": 2}', "application/json", headers=headers
    )

    assert_refused(answer)


def test_a_body_that_is_no_text_is_refused(shop):
    headers = shop.headers("POST", PATH, b"\xff")

    answer = shop.client.generic(
        "POST", "/api/v1/orders", b"\xff", "application/json", headers=headers
    )

    assert_refused(answer)


def test_a_signature_of_one_address_is_none_for_another(shop):
    headers = shop.headers("GET", PATH)

    assert_refused(shop.client.get(f"{PATH}?limit=2", headers=headers))


@pytest.mark.parametrize(("method", "call"), [("GET", "trainings"), ("POST", "orders")])
def test_an_event_to_a_platform_is_no_request_of_it(shop, method, call):
    path = f"/api/v1/{call}"
    headers = shop.headers(method, path, b"{}", message_id=f"evt_{'a' * 32}")

    assert_refused(
        shop.client.generic(method, path, b"{}", "application/json", headers=headers)
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/trainings"),
        ("GET", "/trainings/LC-1/price"),
        ("GET", f"/orders/{UUID(int=1)}"),
        ("POST", f"/orders/{UUID(int=1)}/redeemed"),
        ("POST", f"/orders/{UUID(int=1)}/started"),
    ],
)
def test_a_body_where_none_belongs_is_refused(shop, method, path):
    path = f"/api/v1{path}"
    headers = shop.headers(method, path, b"{}") | {"Idempotency-Key": "key-12345678"}

    answer = shop.client.generic(
        method, path, b"{}", "application/json", headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "body_refused")


def test_an_address_is_signed_as_it_was_sent(shop):
    escaped = f"{PATH}/LC%281%29/price"
    headers = shop.headers("GET", escaped)

    # What gunicorn tells of the first line of a request.
    answer = shop.client.get(f"{PATH}/LC(1)/price", headers=headers, RAW_URI=escaped)

    assert answer.status_code == 404


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_signature_is_good_for_five_minutes(shop, minutes):
    edge = NOW + dt.timedelta(minutes=minutes)
    beyond = NOW + dt.timedelta(minutes=minutes, seconds=minutes)

    assert shop.get("/trainings", at=edge).status_code == 200
    assert_refused(shop.get("/trainings", at=beyond))


def test_a_copy_of_a_request_is_refused(shop):
    headers = shop.headers("GET", PATH)

    assert shop.client.get(PATH, headers=headers).status_code == 200
    assert_refused(shop.client.get(PATH, headers=headers), "message_replayed")


def test_an_id_may_be_another_platform_s_too(shop, client):
    other = type(shop)(client, PlatformFactory())

    assert shop.get("/trainings", message_id="msg-00000001").status_code == 200
    assert other.get("/trainings", message_id="msg-00000001").status_code == 200


def test_ids_are_kept_longer_than_a_signature_is_good(shop):
    shop.get("/trainings", at=NOW + dt.timedelta(minutes=5))

    forget_old(at=NOW + dt.timedelta(minutes=10))
    assert SeenMessage.objects.exists()
    forget_old(at=NOW + IDS_KEPT_FOR + dt.timedelta(seconds=1))
    assert not SeenMessage.objects.exists()


def test_an_unknown_platform_takes_the_queries_of_a_wrong_signature(
    shop, django_assert_num_queries
):
    for header in ("prakerja-platform", "webhook-id"):
        with django_assert_num_queries(1):
            assert_refused(ask(shop, **{header: "tidak-ada-di-sini"}))


def test_as_many_signatures_are_computed_for_an_unknown_platform(shop, monkeypatch):
    verified = []
    real = Webhook.verify

    def count(self, *given, **more):
        verified.append(1)
        return real(self, *given, **more)

    monkeypatch.setattr(Webhook, "verify", count)
    counts = []
    for changed in ({}, {"prakerja-platform": "nobody"}, {"webhook-id": "msg-other1"}):
        verified.clear()
        ask(shop, **changed)
        counts.append(len(verified))

    assert counts == [2, 2, 2]


def test_two_secrets_are_good_while_a_platform_changes_over(shop):
    old = shop.secret
    new = PlatformSecret.objects.issue(shop.platform, by=None, at=NOW)

    for secret in (old, new.value):
        shop.secret = secret
        assert shop.get("/trainings").status_code == 200


def test_a_third_secret_is_refused_until_one_is_revoked(shop):
    PlatformSecret.objects.issue(shop.platform, by=None, at=NOW)

    with pytest.raises(TooManySecrets):
        PlatformSecret.objects.issue(shop.platform, by=None, at=NOW)
    shop.platform.secrets.first().revoke(by=None, at=NOW)
    PlatformSecret.objects.issue(shop.platform, by=None, at=NOW)


def test_a_revoked_secret_signs_nothing_and_is_revoked_once(shop):
    secret = shop.platform.secrets.get()
    who = User.objects.create_user("petugas@contoh.test", full_name="Petugas")
    secret.revoke(by=who, at=NOW)

    secret.revoke(by=None, at=NOW + dt.timedelta(days=1))

    assert (secret.revoked_by, secret.revoked_at) == (who, NOW)
    assert_refused(shop.get("/trainings"))


def test_secrets_are_random_and_long():
    platform = PlatformFactory()
    first = PlatformSecret.objects.issue(platform, by=None, at=NOW)
    second = PlatformSecret.objects.issue(platform, by=None, at=NOW)

    assert first.value != second.value
    assert len(first.value) == len("whsec_") + 44


def test_openapi_is_open_to_everybody(client):
    answer = client.get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
