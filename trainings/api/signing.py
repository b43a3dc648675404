"""Who asks: the platform whose secret a request is signed with (Standard Webhooks).

Signed is ``id.timestamp.payload``. The payload is the raw body or, where there is none,
``METHOD path?query``: so without a body, a signature of one address is none for
another. A body's does not name the address: what keeps it from being used elsewhere is
that its id is taken once, and that calls which need no body refuse one. Events to
platforms are signed with the same secrets: no request has an id like theirs (``evt_``).
"""

import datetime as dt
import re
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase
from standardwebhooks import Webhook, WebhookVerificationError

from prakerja.refusal import Refusal
from trainings.models import Platform, PlatformSecret, SeenMessage
from trainings.models.partner import LIVE_SECRETS, new_secret_value
from trainings.selling import TooMany

MINUTE = dt.timedelta(minutes=1)
MESSAGE_ID = re.compile(r"(?!evt_)[!-~]{8,64}")
SLUG = re.compile(r"[a-z0-9_-]{1,80}")
# Checked where a platform has fewer secrets or does not exist: at the same cost.
NOBODYS = new_secret_value()


class SignatureRefused(Refusal):
    message = (
        "Tanda tangan tidak cocok: periksa prakerja-platform, webhook-id, "
        "webhook-timestamp (paling lama 5 menit), webhook-signature, dan isinya."
    )


class MessageReplayed(Refusal):
    message = (
        "webhook-id ini sudah pernah diterima. Tanda tangani setiap permintaan "
        "dengan id baru; ulangi dengan Idempotency-Key yang sama."
    )


class BodyRefused(Refusal):
    message = "Permintaan ini tidak punya isi. Kirim tanpa body, dan tandatangani lagi."


class TooManyRequests(TooMany):
    message = "Terlalu banyak permintaan dalam satu menit."


class Signature(AuthBase):
    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "webhook-signature"
    openapi_description = (
        "Standard Webhooks: `v1,` and the base64 of the HMAC-SHA-256, by the secret "
        "of the platform, over `webhook-id.webhook-timestamp.payload`. The payload is "
        "the raw body or, without one, `METHOD path?query` like "
        "`GET /api/v1/trainings?limit=10`."
    )

    def __call__(self, request: HttpRequest) -> Platform:
        return platform_of_signature(request, at=timezone.now())


def platform_of_signature(request: HttpRequest, *, at: dt.datetime) -> Platform:
    """Return who has signed. Raises SignatureRefused, TooManyRequests, MessageReplayed.

    An unknown platform and a wrong signature can't be told apart, by time neither.
    """
    platform = _signer(request)
    recent = SeenMessage.objects.filter(platform=platform, seen_at__gt=at - MINUTE)
    if recent.count() >= platform.requests_a_minute:
        oldest = recent.earliest("seen_at").seen_at
        raise TooManyRequests(int((oldest + MINUTE - at).total_seconds()) + 1)
    try:
        with transaction.atomic():
            SeenMessage.objects.create(
                platform=platform,
                message_id=request.headers["webhook-id"],
                seen_at=at,
            )
    except IntegrityError:
        raise MessageReplayed from None
    return platform


def _signer(request: HttpRequest) -> Platform:
    slug = request.headers.get("prakerja-platform", "")
    if not SLUG.fullmatch(slug) or not MESSAGE_ID.fullmatch(
        request.headers.get("webhook-id", "")
    ):
        raise SignatureRefused
    live = PlatformSecret.objects.live().filter(platform__slug=slug)
    secrets = list(live.select_related("platform"))
    values = [secret.value for secret in secrets]
    values += [NOBODYS] * (len(LIVE_SECRETS) - len(values))
    payload = payload_of(request)
    is_signed = [_is_signed(value, payload, request.headers) for value in values]
    if not any(is_signed[: len(secrets)]):
        raise SignatureRefused
    return secrets[0].platform


def refuse_body(request: HttpRequest) -> None:
    """Raise BodyRefused: a body that is signed leaves the address unsigned."""
    if request.body:
        raise BodyRefused


def payload_of(request: HttpRequest) -> bytes:
    # As it was sent: Django's own path has forgotten which letters were escaped.
    target = request.META.get("RAW_URI") or request.get_full_path()
    return request.body or f"{request.method} {target}".encode()


def _is_signed(secret: str, payload: bytes, headers: Mapping[str, str]) -> bool:
    """Verify within 5 minutes of now, as the library's own clock says."""
    try:
        Webhook(secret).verify(payload, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # or what is no signature at all
        return False
    return True
