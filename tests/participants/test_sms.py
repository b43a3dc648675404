"""SMS: what each gateway does with a message, and that nothing of it is logged."""

import json
import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from participants import sms
from tests.factories import ApplicantFactory, OrderFactory

TEXT = "Kode OTP Prakerja: 123456."


class Collector(BaseHTTPRequestHandler):
    status = 204

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.got = dict(self.headers), json.loads(self.rfile.read(length))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def collector(settings):
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_GATEWAY = f"http://127.0.0.1:{server.server_port}/messages"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_file_gateway_keeps_each_message_for_its_owner_alone(settings):
    sms.send_sms("081200000001", TEXT)

    (path,) = settings.SMS_FOLDER.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["text"] == TEXT


def test_messages_are_read_newest_first_and_of_one_number_only():
    for number in range(3):
        sms.send_sms("081200000001", f"pesan {number}")
    sms.send_sms("081200000002", "bukan untukmu")

    inbox = sms.sent_to("081200000001", newest=2)

    assert [text for _, text in inbox] == ["pesan 2", "pesan 1"]


def test_console_gateway_prints(settings, capsys):
    settings.SMS_GATEWAY = "console"

    sms.send_sms("081200000001", TEXT)

    assert capsys.readouterr().out == f"SMS 081200000001: {TEXT}\n"


def test_http_gateway_posts_json_with_its_token(settings, collector):
    settings.SMS_TOKEN = "rahasia"

    sms.send_sms("081200000001", TEXT)

    headers, body = collector.got
    assert body == {"to": "081200000001", "text": TEXT}
    assert headers["Authorization"] == "Bearer rahasia"


@pytest.mark.parametrize("status", [301, 401, 500])
def test_gateway_that_refuses_is_told_without_the_text(
    settings, collector, monkeypatch, caplog, status
):
    monkeypatch.setattr(Collector, "status", status)

    with pytest.raises(sms.SmsNotSent):
        sms.send_sms("081200000001", TEXT)

    assert "123456" not in caplog.text
    assert "081200000001" not in caplog.text


def test_gateway_that_is_away_is_told(settings):
    settings.SMS_GATEWAY = "http://127.0.0.1:9/"

    with pytest.raises(sms.SmsNotSent):
        sms.send_sms("081200000001", TEXT)


@pytest.mark.parametrize(
    ("is_public", "gateway", "errors"),
    [
        (True, "file", ["participants.E001"]),
        (True, "console", ["participants.E001"]),
        (True, "https://sms.example/", []),
        (False, "file", []),
    ],
)
def test_public_site_without_a_gateway_fails_its_check(
    settings, is_public, gateway, errors
):
    settings.PUBLIC, settings.SMS_GATEWAY = is_public, gateway

    found = run_checks(include_deployment_checks=True)

    assert [e.id for e in found if e.id.startswith("participants")] == errors


@pytest.mark.django_db
def test_demo_inbox_shows_a_person_their_own_messages(client, settings):
    settings.DEMO = True
    applicant, other = ApplicantFactory(), ApplicantFactory()
    sms.send_sms(applicant.phone, TEXT)
    sms.send_sms(other.phone, "bukan untukmu")
    client.force_login(applicant.user)

    page = client.get("/peragaan/sms/").text

    assert TEXT in page
    assert "bukan untukmu" not in page


@pytest.mark.django_db
def test_demo_inbox_leads_back_to_the_open_order(client, settings):
    settings.DEMO = True
    order = OrderFactory(ordered_at=timezone.now())
    client.force_login(order.participant.user)

    page = client.get("/peragaan/sms/").text

    assert f'href="/pembelian/{order.reference}/"' in page


@pytest.mark.django_db
def test_real_site_has_no_inbox(client):
    client.force_login(ApplicantFactory().user)

    assert client.get("/peragaan/sms/").status_code == 404
