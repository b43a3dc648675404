"""People who buy through HTTP, many at once."""

import http.client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier
from urllib.parse import urlencode, urlsplit

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from participants import sms
from participants.models import (
    BalanceEntry,
    EntryKind,
    OneTimeCode,
    Participant,
    one_time_code,
)
from tests.factories import OrderFactory, ParticipantFactory
from tests.serving import Site
from trainings.models import Order
from trainings.models.purchase import VOUCHER_LENGTH

CODE, WRONG_CODE = "135790", "000000"
TOKEN = "c" * 32
DAYS_AGO = timedelta(days=3)


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str

    @property
    def is_paid(self) -> bool:
        return self.status == 200 and "Pembayaran Berhasil" in self.text

    @property
    def voucher(self) -> str:
        """The code on the page of a paid order."""
        return self.text.split("data-voucher>")[1][:VOUCHER_LENGTH]


@dataclass(frozen=True)
class Device:
    """A browser where one person is logged in; each request has its own connection."""

    site: Site
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self._send("GET", path, "")

    def post(self, path: str, form: dict[str, str]) -> Answer:
        form = {"csrfmiddlewaretoken": TOKEN} | form
        return self._send("POST", path, urlencode(form))

    def order(self, participant: Participant, slug: str, key: str) -> Answer:
        """Send the form with the 16 digits."""
        form = {"card_number": participant.card_number, "idempotency_key": key}
        return self.post(reverse("trainings:buy", args=[slug]), form)

    def ask_for_code(self, order: Order) -> Answer:
        return self.post(reverse("trainings:send_code", args=[order.reference]), {})

    def pay(self, order: Order, code: str = CODE) -> Answer:
        """Send the form with the code."""
        address = reverse("trainings:confirm", args=[order.reference])
        return self.post(address, {"code": code})

    def confirm(self, order: Order, code: str = CODE) -> Answer:
        """Send the form with the code, and follow to the page it leads to."""
        answer = self.pay(order, code)
        return self.get(answer.location) if answer.status == 302 else answer

    def cancel(self, order: Order) -> Answer:
        return self.post(reverse("trainings:cancel", args=[order.reference]), {})

    def _send(self, method: str, path: str, body: str) -> Answer:
        address = urlsplit(self.site.address).netloc
        headers = {
            "Cookie": f"csrf={TOKEN}; session={self.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
            **self.headers,
        }
        with closing(http.client.HTTPConnection(address, timeout=60)) as channel:
            channel.request(method, path, body, headers)
            answer = channel.getresponse()
            text = answer.read().decode()
        return Answer(answer.status, text, answer.headers.get("Location", ""))


def log_in(participant: Participant) -> str:
    """Begin one more session of a person; return its cookie."""
    client = Client()
    client.force_login(participant.user, "participants.login.Backend")
    return client.cookies["session"].value


def device(site: Site, participant: Participant) -> Device:
    """Log a person in on one more device."""
    return Device(site, log_in(participant))


def buyer(**given: object) -> Participant:
    """Return somebody who passed days ago and may buy now, by the server's clock."""
    given.setdefault("wave__announced_at", timezone.now() - DAYS_AGO)
    return ParticipantFactory(videos_completed=3, funded=True, **given)


def order_with_code(participant: Participant, **given: object) -> Order:
    """Return an open order that CODE confirms now."""
    now = timezone.now()
    order = OrderFactory(participant=participant, ordered_at=now, **given)
    give_code(order, at=now)
    return order


def give_code(order: Order, *, at: datetime) -> None:
    """Let CODE confirm an order; codes so made know no hourly limit."""
    OneTimeCode.objects.create(
        participant=order.participant,
        purpose=order.purpose,
        code_hash=one_time_code._hash(order.purpose, CODE),
        sent_at=at,
    )


def paid(participant: Participant) -> list[int]:
    """Return what was taken from a person for each purchase, in rupiah."""
    entries = BalanceEntry.objects.filter(participant=participant)
    return [-entry.amount for entry in entries.filter(kind=EntryKind.PURCHASE)]


def codes_sent_to(participant: Participant) -> list[str]:
    """Return the codes that came by SMS, the newest first."""
    messages = sms.sent_to(participant.user.applicant.phone, newest=1_000)
    return [text.removeprefix("Kode OTP Prakerja: ")[:6] for _, text in messages]


def at_once[T](*calls: Callable[[], T]) -> list[T]:
    """Make all calls at the same moment; return what each returned."""
    start = Barrier(len(calls))

    def make(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(make, calls))
