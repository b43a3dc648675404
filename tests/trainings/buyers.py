"""People who buy through HTTP, many at once, and what they may see."""

import datetime as dt
import http.client
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client
from django.utils import timezone

from participants.models import OneTimeCode, Participant, User, sms
from participants.models.one_time_code import _hash
from tests.factories import OrderFactory, ParticipantFactory
from tests.serving import Site
from trainings.models import Order

CODE, WRONG = "135790", "000000"
TOKEN = "c" * 32
CLIENTS = 16  # threads that wait for answers at once


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str

    @property
    def is_paid(self) -> bool:
        return self.status == 200 and "Pembayaran Berhasil" in self.text


@dataclass(frozen=True)
class Device:
    """A browser where one person is logged in; each request has its own connection."""

    site: Site
    cookie: str

    def get(self, path: str) -> Answer:
        return self._send("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        form = {"csrfmiddlewaretoken": TOKEN} | fields
        return self._send("POST", path, urlencode(form))

    def buy(self, order: Order, code: str = CODE) -> Answer:
        """Send the form with the code, and follow to the page it leads to."""
        answer = self.post(address(order, "bayar"), code=code)
        return self.get(answer.location) if answer.status == 302 else answer

    def _send(self, method: str, path: str, body: str = "") -> Answer:
        host = urlsplit(self.site.address).netloc
        with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
            headers = {
                "Cookie": f"csrf={TOKEN}; session={self.cookie}",
                "Content-Type": "application/x-www-form-urlencoded",
                **self.headers,
            }
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        return Answer(answer.status, text, answer.headers.get("Location", ""))
