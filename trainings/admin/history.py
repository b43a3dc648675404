"""Who changed what, and when: the pages of rows whose every version is kept."""

from itertools import pairwise
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from prakerja.rupiah import rupiah

VERSIONS_A_PAGE = 50


class WithHistory(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows django-simple-history's records in place of the admin's own log."""

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        every = row.history.select_related(*_related_to(row.history.model))
        page = Paginator(every, VERSIONS_A_PAGE).get_page(request.GET.get("p"))
        # With the one before the page's oldest, to see what that one changed.
        older = every[page.end_index() : page.end_index() + 1]
        records = [*page, *(older or [None])]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Riwayat {row}",
            "opts": self.opts,
            "object": row,
            "page": page,
            "records": [
                (record, changes(record, before))
                for record, before in pairwise(records)
            ],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/trainings/history.html", context)


def _related_to(model: Any) -> list[str]:
    return [field.name for field in model._meta.fields if field.many_to_one]


def changes(record: Any, before: Any) -> list[tuple[str, str, str]]:
    """Return the fields that a version changed, each with its old and new value."""
    if before is None:
        return []
    delta = record.diff_against(before, foreign_keys_are_objs=True)
    return [
        in_words(record, change.field, change.old, change.new)
        for change in delta.changes
    ]


def in_words(row: Any, name: str, old: Any, new: Any) -> tuple[str, str, str]:
    """Return a field's name and two of its values as a person reads them."""
    label = capfirst(row._meta.get_field(name).verbose_name)
    return label, _shown(row, name, old), _shown(row, name, new)


def _shown(row: Any, name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "price":
        return rupiah(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    choices = dict(row._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))
