"""The request id, and the headers that Django does not set."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

type GetResponse = Callable[[HttpRequest], HttpResponse]

current_request_id: ContextVar[str] = ContextVar("request_id", default="")
# What a proxy may have named a request: nothing that could forge a line of a log.
ACCEPTABLE_ID = re.compile(r"[0-9a-zA-Z-]{8,64}")

# clipboard-write stays allowed: the copy button of the card number needs it.
PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
    "browsing-topics=(), clipboard-write=(self)"
)


def request_id(get_response: GetResponse) -> GetResponse:
    """Name each request, in logs, on error pages and in the answer's X-Request-ID.

    The id stays until the next request of the thread, because Django and gunicorn log
    the outcome after the last middleware has returned.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex[:12]
        current_request_id.set(name)
        response = get_response(request)
        response.headers["X-Request-ID"] = name
        return response

    return middleware


def own_headers(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        # Pages are one person's; what may be kept says so itself.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
