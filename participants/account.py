"""Pages of one's own account: password, open sessions. Logging in and out is allauth's.

A form that is refused is rendered again with status 422, or 429 when it was one try too
many.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from allauth.account import views as allauth
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from participants.account_forms import (
    ChangePasswordForm,
    LinkForm,
    LoginForm,
    NewPasswordForm,
    ReauthenticateForm,
)
from participants.devices import device_words
from participants.session_limits import SEEN_AT, Person, ends_at, is_over

logger = logging.getLogger(__name__)


class RefusedForm:
    def form_invalid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        for error in (e for errors in form.errors.as_data().values() for e in errors):
            if error.code == "too_many_login_attempts" and error.params:
                response.status_code = 429
                response.headers["Retry-After"] = str(error.params["wait"])
        return response


class Login(RefusedForm, allauth.LoginView):
    form_class = LoginForm


class Reauthenticate(RefusedForm, allauth.ReauthenticateView):
    form_class = ReauthenticateForm


class ChangePassword(RefusedForm, allauth.PasswordChangeView):
    form_class = ChangePasswordForm


class AskForLink(RefusedForm, allauth.PasswordResetView):
    form_class = LinkForm

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except OSError:  # which smtplib's errors are
            logger.exception("A password link could not be sent")
            form.add_error(
                None, "Surat belum bisa dikirim. Coba lagi beberapa menit lagi."
            )
            response = self.form_invalid(form)
            response.status_code = 503
        return response


class NewPassword(RefusedForm, allauth.PasswordResetFromKeyView):
    form_class = NewPasswordForm
    reset_url_key = "buat"
    success_url = reverse_lazy("account_login")

    def render_to_response(self, context: dict[str, Any]) -> HttpResponse:
        status = 410 if "token_fail" in context else 200
        response: HttpResponse = super().render_to_response(context, status=status)
        return response


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "account/overview.html")


@dataclass(frozen=True)
class OpenSession:
    """One browser in which the person is logged in."""

    pk: int
    device: str
    ip: str
    began_at: dt.datetime
    seen_at: dt.datetime
    is_current: bool


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    current = request.session.session_key
    found = open_sessions(request.user, current=current, at=timezone.now())
    return render(request, "account/sessions.html", {"sessions": found})


def open_sessions(
    user: Person, *, current: str | None, at: dt.datetime
) -> list[OpenSession]:
    """Return the sessions that are not over: the current one, then the latest used."""
    found = []
    for row in UserSession.objects.purge_and_list(user):
        session = SessionStore(row.session_key)
        if is_over(session, user, at=at):
            row.end()
            continue
        seen_at = dt.datetime.fromtimestamp(
            session.get(SEEN_AT, at.timestamp()), dt.UTC
        )
        found.append(
            OpenSession(
                pk=row.pk,
                device=device_words(row.user_agent),
                ip=row.ip,
                began_at=row.created_at,
                seen_at=seen_at,
                is_current=row.session_key == current,
            )
        )
    return sorted(found, key=lambda one: (one.is_current, one.seen_at), reverse=True)


def _other_sessions(request: HttpRequest) -> "QuerySet[UserSession]":
    own: QuerySet[UserSession] = UserSession.objects.filter(user=request.user)
    return own.exclude(session_key=request.session.session_key)


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(_other_sessions(request), pk=pk)
    session.end()
    messages.success(request, f"{device_words(session.user_agent)} sudah dikeluarkan.")
    return redirect("usersessions_list")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    for session in _other_sessions(request):
        session.end()
    messages.success(request, "Semua perangkat lain sudah dikeluarkan.")
    return redirect("usersessions_list")


@require_POST
def extend_session(request: HttpRequest) -> JsonResponse:
    """Answer the seconds left, now that this request has counted as use."""
    left = ends_at(request.session, request.user) - int(timezone.now().timestamp())
    return JsonResponse({"ends_in": left})
