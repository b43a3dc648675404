"""Error pages that work when nothing else does: no database, no session."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from prakerja.headers import current_request_id

RETRY_AFTER = 30  # seconds

# What programs of partners are told instead of a page.
API = "/api/"
WORDS = {
    400: ("bad_request", "Permintaan ini tidak bisa dibaca."),
    403: ("forbidden", "Permintaan ini tidak diizinkan."),
    404: ("not_found", "Alamat ini tidak ada."),
    405: ("method_not_allowed", "Alamat ini tidak menerima metode itu."),
    429: ("too_many_requests", "Terlalu banyak permintaan. Coba lagi sebentar lagi."),
    500: ("server_error", "Ada gangguan di pihak kami. Ulangi permintaan yang sama."),
    503: ("unavailable", "Layanan sedang tidak tersedia. Ulangi sebentar lagi."),
}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "403_csrf.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return _answer(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when the database is away: that passes by itself."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        response = _answer(request, 503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    return _answer(request, 500)


def problem(
    status: int, code: str = "", message: str = "", **more: object
) -> JsonResponse:
    """Return an error for programs: a code that stays, and a sentence for people."""
    if not code:
        code, message = WORDS[status]
    reference = current_request_id.get()
    body = {"code": code, "message": message, "request_id": reference, **more}
    return JsonResponse(body, status=status)


def _answer(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    """Render without a request, so that no context processor asks the database."""
    if request.path.startswith(API):
        return problem(status)
    context = {
        "reference": current_request_id.get(),
        "is_for_staff": request.path.startswith(reverse("admin:index")),
    }
    page = render_to_string(template or f"{status}.html", context)
    return HttpResponse(page, status=status)
