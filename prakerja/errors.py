"""Error pages that work when nothing else does: no database, no session."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from prakerja.headers import current_request_id

RETRY_AFTER = 30  # seconds


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(403, "403_csrf.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return _page(429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when the database is away: that passes by itself."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        response = _page(503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    return _page(500)


def _page(status: int, template: str = "") -> HttpResponse:
    """Render without a request, so that no context processor asks the database."""
    page = render_to_string(
        template or f"{status}.html", {"reference": current_request_id.get()}
    )
    return HttpResponse(page, status=status)
