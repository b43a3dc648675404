"""A partner's shop for tests: signs what it sends, as the README of examples/ says."""

import datetime as dt
import json
import uuid

from django.utils import timezone

from jobs.models import Job
from jobs.running import run
from participants import sms
from tests.trainings.signatures import signature
from trainings.models import PlatformSecret


class Shop:
    """Calls the API over a Django test client, as one platform."""

    def __init__(self, client, platform):
        self.client = client
        self.platform = platform
        secret = PlatformSecret.objects.issue(platform, by=None, at=timezone.now())
        self.secret = secret.value

    def headers(self, method, path, body=b"", *, message_id=None, at=None):
        message_id = message_id or f"msg-{uuid.uuid4().hex}"
        timestamp = int((at or dt.datetime.now(dt.UTC)).timestamp())
        payload = body or f"{method} {path}".encode()
        return {
            "prakerja-platform": self.platform.slug,
            "webhook-id": message_id,
            "webhook-timestamp": f"{timestamp}",
            "webhook-signature": signature(self.secret, message_id, timestamp, payload),
        }

    def get(self, path, **signing):
        path = f"/api/v1{path}"
        return self.client.get(path, headers=self.headers("GET", path, **signing))

    def post(self, path, data=None, *, key=None, **signing):
        path = f"/api/v1{path}"
        body = b"" if data is None else json.dumps(data).encode()
        headers = self.headers("POST", path, body, **signing)
        headers["Idempotency-Key"] = key or f"key-{uuid.uuid4().hex}"
        return self.client.generic(
            "POST", path, body, content_type="application/json", headers=headers
        )

    def start(self, training, number, **more):
        asked = {
            "training": training.code,
            "card_number": number,
            "price": training.price,
        }
        return self.post("/orders", asked, **more)


def work():
    """Let the worker take every job that is due, once."""
    for job in Job.objects.claimable(at=timezone.now()).order_by("pk"):
        run(job.pk, clock=timezone.now)


def code_sent_to(participant):
    """Return the digits of the newest SMS, or None."""
    for _, text in sms.sent_to(participant.user.applicant.phone, newest=1):
        return text.removeprefix("Kode OTP Prakerja: ")[:6]
    return None
