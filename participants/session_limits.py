"""Sessions end after a time without a request, and after a longer time in any case.

The session holds two instants in epoch seconds: ``began_at``, written at login, and
``seen_at``, written at most once a minute, so that most requests write nothing. Every
request of the person counts as use, beats of a video too.

A cookie that scripts can read says when the session ends, so that all open tabs agree;
the server never reads it.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from participants.models import User

type Person = User | AnonymousUser

BEGAN_AT, SEEN_AT = "began_at", "seen_at"
STAMP_EVERY = 60  # seconds
WARN_BEFORE = 2 * 60  # seconds; WCAG 2.2.1 asks for 20 at least
COOKIE = f"{settings.SESSION_COOKIE_NAME}_ends"


def idle_limit(user: Person) -> int:
    """Return the seconds without a request after which this person's session ends."""
    return int(settings.STAFF_SESSION_IDLE if user.is_staff else settings.SESSION_IDLE)


def absolute_limit(user: Person) -> int:
    """Return the seconds after login at which it ends, however much it is used."""
    if user.is_staff:
        return int(settings.STAFF_SESSION_ABSOLUTE)
    return int(settings.SESSION_ABSOLUTE)


def last_instant(session: SessionBase, user: Person) -> int:
    """Return the instant that no use of the session can move, in epoch seconds."""
    return int(session[BEGAN_AT]) + absolute_limit(user)


def ends_at(session: SessionBase, user: Person) -> int:
    """Return when the session ends unless it is used, in epoch seconds."""
    idle_end = int(session[SEEN_AT]) + idle_limit(user)
    return min(idle_end, last_instant(session, user))


def is_over(session: SessionBase, user: Person, *, at: dt.datetime) -> bool:
    return BEGAN_AT in session and at.timestamp() >= ends_at(session, user)


def session_limits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Log out whose session is over and stamp the others; LoginRequired follows."""

    def middleware(request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        was_logged_in = request.user.is_authenticated
        if was_logged_in:
            if is_over(request.session, request.user, at=now):
                _end(request)
            else:
                _stamp(request, at=now)
        response = get_response(request)
        if request.user.is_authenticated:
            _stamp(request, at=now)  # who has just logged in
            _tell_scripts(request, response)
        elif was_logged_in:
            response.delete_cookie(COOKIE, samesite="Lax")
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return middleware


def _end(request: HttpRequest) -> None:
    minutes = idle_limit(request.user) // 60
    used = request.session[SEEN_AT] + idle_limit(request.user)
    if used < last_instant(request.session, request.user):
        why = f"karena {minutes} menit tidak dipakai"
    else:
        why = "karena sudah mencapai batas waktunya"
    auth.logout(request)
    messages.warning(request, f"Sesi berakhir {why}. Masuk lagi untuk melanjutkan.")


def _stamp(request: HttpRequest, *, at: dt.datetime) -> None:
    now, session = int(at.timestamp()), request.session
    if BEGAN_AT not in session:
        session[BEGAN_AT] = session[SEEN_AT] = now
    elif now - session[SEEN_AT] >= min(STAMP_EVERY, idle_limit(request.user) / 20):
        session[SEEN_AT] = now


def _tell_scripts(request: HttpRequest, response: HttpResponse) -> None:
    end = str(ends_at(request.session, request.user))
    if request.COOKIES.get(COOKIE) != end:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, end, secure=secure, samesite="Lax")


def session_ends_in(request: HttpRequest) -> dict[str, Any]:
    """Context processor: for who is logged in, what session_warning.html needs."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or BEGAN_AT not in request.session:
        return {"session_ends_in": None}
    now = int(timezone.now().timestamp())
    end, idle = ends_at(request.session, user), idle_limit(user)
    return {
        "session_ends_in": max(end - now, 1),
        "session": {
            "cookie": COOKIE,
            "now": now,
            "end": end,
            "last": last_instant(request.session, user),
            "warn": min(WARN_BEFORE, idle // 2),
            "idle_minutes": idle // 60,
            "absolute_hours": absolute_limit(user) // 3600,
        },
    }


class LoginRequired(LoginRequiredMiddleware):
    """Answer who is logged out in kind: 401 to a script, and no detour after a POST.

    The address of a form that was sent can't be opened afterwards, so it is no
    ``next=``.
    """

    def handle_no_permission(  # type: ignore[override]  # stubs: redirects only
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        if _is_script(request):
            words = "Sesi berakhir. Muat ulang halaman ini untuk masuk lagi."
            return JsonResponse({"refused": words}, status=401)
        if request.method not in ("GET", "HEAD"):
            messages.warning(
                request,
                "Yang baru kamu kirim belum tersimpan, karena kamu sudah keluar. "
                "Masuk, lalu kirim lagi.",
            )
            return redirect(settings.LOGIN_URL)
        return super().handle_no_permission(request, view_func)


def _is_script(request: HttpRequest) -> bool:
    """Return whether ``fetch()`` asks; older browsers must send ``Accept`` for it."""
    wants = request.get_preferred_type(["text/html", "application/json"])
    return (
        wants == "application/json" or request.headers.get("Sec-Fetch-Dest") == "empty"
    )
