"""Jobs in the admin: how far they are, what went wrong, cancel and go on."""

import csv
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import progress
from jobs.models import STOPPED, AlreadyFinished, Job, JobState, NothingToRepeat
from jobs.work import KINDS, name_of
from prakerja.refusal import Refusal

TONES = {
    JobState.QUEUED: "info",
    JobState.RUNNING: "info",
    JobState.DONE: "success",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "neutral",
}
SHOWN_ERRORS = 20
# A spreadsheet runs a cell that begins like this as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class KindFilter(SimpleListFilter):
    title = "jenis"
    parameter_name = "jenis"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, kind.title) for name, kind in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Seen by all who may see jobs; steered by who asked for it, and superusers."""

    actions = None
    list_display = ("name", "chip", "amount", "error_count", "asked_by", "asked")
    list_filter = ("state", KindFilter)
    list_select_related = ("requested_by",)
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("kemajuan.json", self.progress, "progress"),
            ("kesalahan.csv", self.errors, "errors"),
            ("batalkan/", self.cancel, "cancel"),
            ("ulangi/", self.retry, "retry"),
        ]
        own = [
            path(
                f"<int:pk>/{address}",
                self.admin_site.admin_view(view),
                name=f"jobs_job_{name}",
            )
            for address, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": "Pekerjaan"}
        return super().changelist_view(request, title | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        context = self._facts(request, job, at=timezone.now()) if job else {}
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def _facts(
        self, request: HttpRequest, job: Job, *, at: dt.datetime
    ) -> dict[str, Any]:
        waits = job.state == JobState.QUEUED and job.not_before > at
        return {
            "job": job,
            "name": name_of(job),
            "back": job.address if job.requested_by_id == request.user.pk else "",
            "chip": self.chip(job),
            "amount": progress.amount(job),
            "rate": progress.rate(job),
            "time_left": progress.time_left(job),
            "params": [
                (name, json.dumps(value, ensure_ascii=False))
                for name, value in job.params.items()
            ],
            "error_count": progress.grouped(job.error_count),
            "errors": list(job.errors.all()[:SHOWN_ERRORS]),
            "shown": SHOWN_ERRORS,
            "waits_until": job.not_before if waits else None,
            "may_cancel": _may_steer(request, job) and not job.is_finished,
            "may_retry": _may_steer(request, job) and job.state in STOPPED,
        }

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell static/js/job.js what has changed on the page."""
        job = self._visible(request, pk)
        return JsonResponse(
            {
                "finished": job.is_finished,
                "done": job.done,
                "total": job.total,
                "words": {
                    "state": job.get_state_display(),
                    "amount": progress.amount(job),
                    "rate": progress.rate(job),
                    "left": progress.time_left(job),
                    "errors": progress.grouped(job.error_count),
                    "news": progress.news(job),
                },
            }
        )

    def errors(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        job = self._visible(request, pk)
        return StreamingHttpResponse(
            _csv_lines(job),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="kesalahan-{pk}.csv"'
            },
        )

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = self._steered(request, pk)
        if request.method != "POST":
            late = AlreadyFinished if job.is_finished else None
            return self._confirm(request, job, "cancel", late)
        try:
            job.cancel(at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            self.log_change(request, job, "Membatalkan pekerjaan.")
            messages.success(
                request, "Pekerjaan dibatalkan. Yang sudah dikerjakan tetap tersimpan."
            )
        return redirect("admin:jobs_job_change", pk)

    def retry(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = self._steered(request, pk)
        if request.method != "POST":
            late = None if job.state in STOPPED else NothingToRepeat
            return self._confirm(request, job, "retry", late)
        try:
            job.retry(at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            self.log_change(request, job, "Mengulangi pekerjaan.")
            messages.success(
                request, "Pekerjaan dilanjutkan dari tempat berhentinya tadi."
            )
        return redirect("admin:jobs_job_change", pk)

    def _visible(self, request: HttpRequest, pk: int) -> Job:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Job, pk=pk)

    def _steered(self, request: HttpRequest, pk: int) -> Job:
        job = self._visible(request, pk)
        if not _may_steer(request, job):
            raise PermissionDenied
        return job

    def _confirm(
        self,
        request: HttpRequest,
        job: Job,
        name: str,
        late: type[AlreadyFinished | NothingToRepeat] | None,
    ) -> HttpResponse:
        """Ask whether; or say at once that it is too late."""
        if late:
            messages.error(request, late.message)
            return redirect("admin:jobs_job_change", job.pk)
        return TemplateResponse(
            request,
            f"admin/jobs/job/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "job": job,
                "name": name_of(job),
                "amount": progress.amount(job),
            },
        )

    @admin.display(description="pekerjaan")
    def name(self, job: Job) -> str:
        return f"{name_of(job)} (nomor {job.pk})"

    @admin.display(description="keadaan")
    def chip(self, job: Job) -> SafeString:
        return format_html(
            '<span class="chip chip--{}" data-job-words="state">{}</span>',
            TONES[JobState(job.state)],
            job.get_state_display(),
        )

    @admin.display(description="sudah")
    def amount(self, job: Job) -> str:
        return progress.amount(job)

    @admin.display(description="diminta oleh")
    def asked_by(self, job: Job) -> str:
        return str(job.requested_by) if job.requested_by else "Sistem"

    @admin.display(description="diminta (WIB)")
    def asked(self, job: Job) -> str:
        return date_format(timezone.localtime(job.requested_at), "DATETIME_FORMAT")


def _may_steer(request: HttpRequest, job: Job) -> bool:
    """Say whether this is who asked for the job, or a superuser."""
    is_asker = job.requested_by_id == request.user.pk
    return is_asker or request.user.is_superuser


class _Line:
    """What csv writes its one line to."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(job: Job) -> Iterator[str]:
    """Yield the error report line by line, whatever its length."""
    writer = csv.writer(_Line())
    # Excel takes a file for UTF-8 only with this mark.
    yield "\ufeff" + writer.writerow(["yang mana", "sebab"])
    for row in job.errors.values_list("item", "reason").iterator():
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
