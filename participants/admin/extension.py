"""A longer deadline can't be taken back and its people are told, so it is asked first.

Beside it, what a change of a wave was, in words for its history.
"""

import datetime as dt
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format

from participants.admin.display import grouped, wib
from participants.models import Wave


def extends(before: Wave, after: Wave, *, at: dt.datetime) -> bool:
    """Say whether people who know their deadline get a later one."""
    is_known = before.is_announced(at=at) and before.has_people()
    return is_known and before.deadline != after.deadline


def ask_extension(
    admin: "ModelAdmin[Wave]", request: HttpRequest, object_id: str
) -> HttpResponse | None:
    """Return the page that asks before a deadline is extended; None for other changes.

    The form's own answers wait in the page and are sent again with its button.
    """
    wave = admin.get_object(request, object_id)
    if wave is None or not admin.has_change_permission(request, wave):
        return None
    form: Any = admin.get_form(request, wave, change=True)(request.POST, instance=wave)
    now = timezone.now()
    if not form.is_valid() or not extends(form.before, wave, at=now):
        return None
    moved = wave.participants.filter(purchase_deadline__lt=wave.deadline)
    told = moved.filter(revoked_at=None, first_purchased_at=None)
    return TemplateResponse(
        request,
        "admin/participants/wave/extend.html",
        {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "wave": wave,
            "before": form.before.deadline,
            "moved": grouped(moved.count()),
            "told": grouped(told.count()),
            "answers": [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name != "csrfmiddlewaretoken"
            ],
        },
    )


def changes_in_words(form: Any) -> str:
    """Return ``Kuota: 100 → 200. Jenis: regular → recovery.``"""
    return " ".join(
        f"{str(form.fields[name].label).capitalize()}: "
        f"{_in_words(form.initial[name])} → {_in_words(form.cleaned_data[name])}."
        for name in form.changed_data
    )


def _in_words(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return wib(value)
    if isinstance(value, dt.date):
        return date_format(value)
    return str(value or "–")
