"""What a platform is told: with what happened, signed, until it is accepted."""

import datetime as dt
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from standardwebhooks import Webhook

from jobs.models import Job
from tests.factories import NOW, OrderFactory, PurchaseFactory
from tests.trainings.shops import code_sent_to, work
from trainings import events, learning, purchasing, webhooks
from trainings.models import EventKind, OutgoingEvent, PlatformSecret
from trainings.webhooks import AddressRefused, NotSent, post

pytestmark = pytest.mark.django_db


class Receiver:
    """A platform's address: keeps what it gets, answers what it is told."""

    def __init__(self):
        self.got = []
        self.status = 204
        self.headers = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/kabar?a=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_LOOPBACK = True
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def told_shop(shop, receiver):
    shop.platform.webhook_url = receiver.address
    shop.platform.save()
    return shop


@pytest.fixture
def event(told_shop):
    order = OrderFactory(platform=told_shop.platform)
    events.record(EventKind.ORDER_PAID, order, at=NOW)
    return OutgoingEvent.objects.get()


def kinds():
    return list(OutgoingEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_a_platform_is_told_that_its_order_is_paid(told_shop, receiver, sold, buyer):
    order = told_shop.start(sold, buyer.card_number).json()["order"]
    work()
    told_shop.post(f"/orders/{order}/confirm", {"code": code_sent_to(buyer)})
    work()

    ((path, headers, body),) = receiver.got
    assert path == "/kabar?a=1"
    assert Webhook(told_shop.secret).verify(body, headers) == {
        "type": "order.paid",
        "timestamp": NOW.astimezone(dt.UTC).isoformat(),
        "data": {"order": order, "training": "LC-1", "price": 400_000},
    }


def test_a_platform_is_told_of_cancellations_and_of_the_certificate(told_shop):
    platform = told_shop.platform
    purchasing.cancel_order(OrderFactory(platform=platform), at=NOW)
    refunded = PurchaseFactory(platform=platform)
    purchasing.refund(refunded, reason="Kelas batal", by=None, at=NOW)
    finished = PurchaseFactory(platform=platform, at_office=True)
    learning.verify(finished, at=NOW + dt.timedelta(days=1))

    assert kinds() == ["order.cancelled", "order.cancelled", "certificate.accepted"]
    data = OutgoingEvent.objects.get(kind="certificate.accepted").payload["data"]
    finished.refresh_from_db()
    assert data["certificate"] == finished.certificate.number
    assert finished.participant.user.full_name not in json.dumps(data)


def test_of_orders_that_are_not_its_own_a_platform_is_told_nothing(told_shop):
    purchasing.cancel_order(OrderFactory(), at=NOW)

    assert not OutgoingEvent.objects.exists()


def test_without_an_address_nothing_is_written(shop):
    purchasing.cancel_order(OrderFactory(platform=shop.platform), at=NOW)

    assert not OutgoingEvent.objects.exists()


def test_what_is_taken_back_is_not_told(told_shop):
    order = OrderFactory(platform=told_shop.platform)

    def cancel_and_fail():
        with transaction.atomic():
            purchasing.cancel_order(order, at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cancel_and_fail()

    assert not OutgoingEvent.objects.exists()
    assert not Job.objects.filter(kind="deliver_event").exists()


def test_an_event_that_is_accepted_is_sent_once(event, receiver):
    work()
    work()
    event.refresh_from_db()

    assert len(receiver.got) == 1
    assert (event.attempts, event.delivered_at) == (1, NOW)
    assert event.last_status == "HTTP 204"
    assert Job.objects.get(kind="deliver_event").state == "done"


def test_an_event_that_is_refused_is_tried_later_and_later(
    event, receiver, time_machine
):
    receiver.status = 500
    now = NOW
    for attempt, pause in enumerate(events.PAUSES, start=1):
        work()
        event.refresh_from_db()
        assert (event.attempts, event.last_status) == (attempt, "HTTP 500")
        assert event.next_at == now + pause
        work()  # too early
        now += pause
        time_machine.move_to(now, tick=False)
    work()
    event.refresh_from_db()

    assert len(receiver.got) == event.attempts == len(events.PAUSES) + 1
    assert event.next_at is None
    assert event.delivered_at is None
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


def test_an_event_that_was_given_up_is_sent_again_by_staff(event, receiver):
    OutgoingEvent.objects.update(next_at=None, attempts=10)
    event.refresh_from_db()
    Job.objects.all().delete()

    events.resend(event, at=NOW)
    work()
    event.refresh_from_db()

    assert event.delivered_at == NOW
    assert len(receiver.got) == 1


def test_an_event_whose_job_is_no_more_is_sent_again_by_staff(event, receiver):
    Job.objects.get().cancel(at=NOW)

    events.resend(event, at=NOW)
    work()

    assert len(receiver.got) == 1


def test_an_event_that_nobody_tries_for_an_hour_is_sent_again_by_staff(event):
    late = NOW + events.FORGOTTEN_AFTER

    with pytest.raises(events.NotGivenUp):
        events.resend(event, at=late)
    events.resend(event, at=late + dt.timedelta(seconds=1))

    assert Job.objects.filter(kind="deliver_event").count() == 2


def test_events_wait_behind_all_other_jobs(event, receiver, shop, sold, buyer):
    receiver.status = 500
    work()  # and what is put off waits there again
    shop.start(sold, buyer.card_number)

    queue = {
        row.args_kwargs["args"][0]: row.priority for row in DBTaskResult.objects.all()
    }
    jobs = dict(Job.objects.values_list("kind", "pk"))
    assert DBTaskResult.objects.filter(priority=-10).count() == 2
    assert queue[jobs["deliver_event"]] < queue[jobs["send_order_code"]]


def test_an_event_that_still_waits_is_not_sent_twice(event):
    with pytest.raises(events.NotGivenUp):
        events.resend(event, at=NOW)


def test_without_an_address_nothing_is_sent_again(event):
    event.platform.webhook_url = ""

    with pytest.raises(events.NoAddress):
        events.resend(event, at=NOW)


def test_both_secrets_sign_while_a_platform_changes_over(event, told_shop, receiver):
    new = PlatformSecret.objects.issue(told_shop.platform, by=None, at=NOW)

    work()

    ((_, headers, body),) = receiver.got
    for secret in (told_shop.secret, new.value):
        Webhook(secret).verify(body, headers)


def test_without_a_secret_nothing_leaves(event, told_shop, receiver):
    told_shop.platform.secrets.get().revoke(by=None, at=NOW)

    work()
    event.refresh_from_db()

    assert not receiver.got
    assert event.last_status == "platform tidak punya kunci atau alamat webhook"


def test_no_transaction_is_open_while_a_platform_is_slow(event, monkeypatch):
    depths = []
    before = len(transaction.get_connection().savepoint_ids)

    def send(*given, **more):
        depths.append(len(transaction.get_connection().savepoint_ids))
        return 204

    monkeypatch.setattr(events, "post", send)
    work()

    assert depths == [before]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    other = Receiver()
    receiver.status, receiver.headers = status, {"Location": other.address}

    with pytest.raises(NotSent, match=f"HTTP {status}"):
        post(receiver.address, body=b"{}", headers={})

    other.server.shutdown()
    other.server.server_close()
    assert not other.got


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::5db8:d70e",
        "2002:5db8:d70e::",
        "2001:0:5db8:d70e::1",
        "::ffff:93.184.215.14",
        "::93.184.215.14",
        "4000::1",
    ],
)
def test_addresses_that_are_not_the_open_internet_are_refused(monkeypatch, address):
    resolve(monkeypatch, "93.184.215.14", address)

    with pytest.raises(AddressRefused):
        post("https://toko.example/kabar", body=b"{}", headers={})


@pytest.mark.parametrize(
    "address",
    [
        "http://toko.example/",
        "ftp://toko.example/",
        "file:///etc/passwd",
        "https://toko.example:99999/",
        "https://toko.example:22/",
        "https://toko.example:80/",
        "",
    ],
)
def test_only_https_is_spoken(address):
    with pytest.raises(NotSent):
        post(address, body=b"{}", headers={})


def test_plain_http_to_this_machine_needs_a_setting(receiver, settings):
    settings.WEBHOOK_LOOPBACK = False

    with pytest.raises(AddressRefused):
        post(receiver.address, body=b"{}", headers={})


def test_plain_http_goes_no_further_than_this_machine(settings, monkeypatch):
    settings.WEBHOOK_LOOPBACK = True
    resolve(monkeypatch, "93.184.215.14")

    with pytest.raises(AddressRefused):
        post("http://toko.example/", body=b"{}", headers={})


def test_the_name_is_resolved_once_and_the_certificate_is_for_the_name(monkeypatch):
    asked = resolve(monkeypatch, "93.184.215.14")
    connected, named = [], []

    def connect(address, timeout):
        connected.append(address)
        return socket.socket()

    def wrap(context, sock, *, server_hostname, do_handshake_on_connect):
        named.append((server_hostname, context.check_hostname, context.verify_mode))
        sock.close()
        raise ssl.SSLError

    monkeypatch.setattr(webhooks.socket, "create_connection", connect)
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)

    with pytest.raises(NotSent, match="SSLError"):
        post("https://toko.example/kabar", body=b"{}", headers={})

    assert asked == ["toko.example"]
    assert connected == [("93.184.215.14", 443)]
    assert named == [("toko.example", True, ssl.CERT_REQUIRED)]


def test_a_name_that_nobody_has_is_not_sent_to(monkeypatch):
    def nobody(*given, **more):
        raise socket.gaierror

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", nobody)

    with pytest.raises(NotSent, match="nama host"):
        post("https://toko.example/", body=b"{}", headers={})


def test_who_answers_drop_by_drop_is_cut_off(settings, monkeypatch):
    settings.WEBHOOK_LOOPBACK = True
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def drip():
            with server.accept()[0] as one:
                one.recv(65536)
                while not done.wait(0.1):
                    try:
                        one.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(NotSent, match="tidak menjawab"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", body=b"{}", headers={})
        done.set()
        thread.join()


def test_who_is_silent_in_the_handshake_is_cut_off(monkeypatch):
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.5)
    monkeypatch.setattr(webhooks, "_resolve", lambda url, port: "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = threading.Event()

        def drip():
            with server.accept()[0] as one:
                one.recv(65536)
                # A TLS record of 16000 bytes that never ends: no read is too late.
                one.sendall(b"\x16\x03\x03\x3e\x80")
                while not done.wait(0.1):
                    try:
                        one.sendall(b"\0")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(NotSent, match="tidak menjawab"):
            post(f"https://toko.example:{port}/", body=b"{}", headers={})
        took = time.monotonic() - began
        done.set()
        thread.join()

    assert took < 5


def test_the_time_to_find_the_name_counts(monkeypatch):
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.05)
    connected = []
    monkeypatch.setattr(
        webhooks.socket, "create_connection", lambda *given: connected.append(given)
    )

    def slowly(host, port, type):  # noqa: A002
        time.sleep(0.5)
        return [(0, type, 0, "", ("93.184.215.14", port))]

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", slowly)

    with pytest.raises(NotSent, match="tidak menjawab"):
        post("https://toko.example/", body=b"{}", headers={})

    assert not connected


@pytest.mark.parametrize("port", [443, 8443])
@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1"])
def test_the_open_internet_is_connected_to(monkeypatch, address, port):
    resolve(monkeypatch, address)
    connected = []

    def connect(where, timeout):
        connected.append(where)
        raise OSError

    monkeypatch.setattr(webhooks.socket, "create_connection", connect)

    with pytest.raises(NotSent, match="OSError"):
        post(f"https://toko.example:{port}/", body=b"{}", headers={})

    assert connected == [(address, port)]


def resolve(monkeypatch, *addresses):
    """Let every name resolve to these; return the list of names asked for."""
    asked = []

    def getaddrinfo(host, port, type):  # noqa: A002
        asked.append(host)
        return [(0, type, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", getaddrinfo)
    return asked
