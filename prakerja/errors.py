"""Error pages that work when nothing else does: no database, no session."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from prakerja.headers import current_request_id


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(403, "403_csrf.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(500)


def _page(status: int, template: str = "") -> HttpResponse:
    """Render without a request, so that no context processor asks the database."""
    context = {"reference": current_request_id.get()}
    return render(None, template or f"{status}.html", context, status=status)  # type: ignore[arg-type]
