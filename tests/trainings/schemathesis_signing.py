"""How schemathesis signs what it invents: SCHEMATHESIS_HOOKS of its run.

Headers that it left out or made wrong on purpose stay so; the others get new values.
"""

import os
import re
import time
import uuid
from urllib.parse import urlsplit

import requests.auth
import schemathesis

from tests.trainings.signatures import signature

SLUG, SECRET = os.environ["SHOP_SLUG"], os.environ["SHOP_SECRET"]
# As openapi.json describes them.
SHAPES = {
    "prakerja-platform": r"[a-z0-9_-]{1,80}",
    "webhook-id": r"[!-~]{8,64}",
    "webhook-timestamp": r"[0-9]{10}",
    "Idempotency-Key": r"[!-~]{8,120}",
}


class Signed(requests.auth.AuthBase):
    def __call__(self, request):
        if "webhook-signature" not in request.headers:
            return request
        new = {
            "prakerja-platform": SLUG,
            "webhook-id": f"msg-{uuid.uuid4().hex}",
            "webhook-timestamp": f"{int(time.time())}",
            "Idempotency-Key": f"key-{uuid.uuid4().hex}",
        }
        for name, shape in SHAPES.items():
            if re.fullmatch(shape, request.headers.get(name, "")):
                request.headers[name] = new[name]
        request.headers["webhook-signature"] = signature(
            SECRET,
            new["webhook-id"],
            new["webhook-timestamp"],
            payload_of(request),
        )
        return request


def payload_of(request):
    if request.body:
        body = request.body
        return body.encode() if isinstance(body, str) else body
    address = urlsplit(request.url)
    query = f"?{address.query}" if address.query else ""
    return f"{request.method} {address.path}{query}".encode()


schemathesis.auth.set_from_requests(Signed())
