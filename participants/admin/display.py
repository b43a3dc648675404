"""How admin pages show things: instants, links, chips, and rows nobody edits."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString


def wib(at: dt.datetime | None) -> str:
    """Return ``22 September 2021, 20.00`` in WIB, or a dash."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "–"


def grouped(number: int) -> str:
    """Return ``3.154.929``."""
    return f"{number:,}".replace(",", ".")


def link(obj: Any, words: str = "") -> SafeString:
    """Return a link to the admin page of a row."""
    view = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change"
    return format_html(
        '<a href="{}">{}</a>', reverse(view, args=[obj.pk]), words or obj
    )


def chip(tone: str, words: str) -> SafeString:
    """Return a word in a coloured box; the word alone says it too."""
    return format_html('<span class="chip chip--{}">{}</span>', tone, words)


class ReadOnly:
    """Rows that verbs make and change, or nobody."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
