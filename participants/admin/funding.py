"""Sending the balance, as staff do it: read what it would do, then start the job."""

from collections.abc import Callable
from itertools import batched
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.decorators import permission_required
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from jobs.models import Job
from jobs.work import start
from participants import funding_file
from participants.admin.display import grouped
from participants.admin.people_import import too_large
from participants.funding import CHUNK, Judged, check_wave, judge
from participants.models import User, Wave
from participants.models.participant import TRAINING_GRANT
from prakerja.refusal import Refusal
from prakerja.rupiah import rupiah

# Bad lines shown on the page; the job's report has all of them.
SHOWN = 50


class AlreadyBeingFunded(Refusal):
    def __init__(self, job: Job) -> None:
        super().__init__(
            f"Saldo gelombang ini sedang dikirim (pekerjaan {job.pk}). Tunggu sampai "
            "selesai."
        )


class ListForm(forms.Form):
    file = forms.FileField(
        label="Berkas nomor kartu",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={
            "required": "Pilih berkasnya dulu.",
            "empty": "Berkas ini kosong.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def fund(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how many get how much; on POST, start the job."""
    wave = get_object_or_404(Wave, pk=pk)
    counts = wave.participants.count_for_funding()
    try:
        _check(wave)
        if request.method == "POST":
            return _start(request, wave, "fund_wave", total=counts["waiting"])
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:participants_wave_change", pk)
    return _overview(request, wave, counts, ListForm())


@require_http_methods(["POST"])
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a list of card numbers and lead to what it would do."""
    wave = get_object_or_404(Wave, pk=pk)
    form = ListForm(data={}, files=request.FILES)
    if getattr(request, "upload_is_too_large", False):
        form.fields["file"].error_messages["required"] = too_large()
    if form.is_valid():
        try:
            chunks = form.cleaned_data["file"].chunks()
            token = funding_file.keep(chunks, at=timezone.now())
            return redirect("admin:participants_wave_fund_file", pk, token)
        except Refusal as refusal:
            form.add_error("file", refusal.message)
    counts = wave.participants.count_for_funding()
    return _overview(request, wave, counts, form, status=422)


def _overview(
    request: HttpRequest,
    wave: Wave,
    counts: dict[str, int],
    form: ListForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "funded": grouped(counts["funded"]),
        "revoked": grouped(counts["revoked"]),
    }
    waiting = counts["waiting"]
    return _page(request, wave, "fund.html", context, waiting=waiting, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def fund_file(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Show what the list would do; on POST, start the job."""
    wave = get_object_or_404(Wave, pk=pk)
    try:
        _check(wave)
        lines = funding_file.lines(token, after=0, most=funding_file.MOST_LINES)
        if request.method == "POST":
            return _start(
                request, wave, "fund_card_numbers", total=len(lines), file=token
            )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:participants_wave_fund", pk)
    found = Judged()
    for chunk in batched(lines, CHUNK):
        found.add(judge(wave, chunk))
    context = {
        "already": grouped(found.already),
        "bad": found.bad[:SHOWN],
        "bad_lines": grouped(len(found.bad)),
        "more_bad": len(found.bad) > SHOWN,
    }
    return _page(request, wave, "fund_file.html", context, waiting=len(found.new))


def _check(wave: Wave) -> None:
    check_wave(wave, at=timezone.now())
    running = Job.objects.unfinished().filter(kind="fund_wave", params__wave=wave.pk)
    if job := running.first():
        raise AlreadyBeingFunded(job)


@transaction.atomic
def _start(
    request: HttpRequest, wave: Wave, kind: str, *, total: int, **params: Any
) -> HttpResponse:
    by = cast(User, request.user)
    job = start(
        kind,
        params={"wave": wave.pk} | params,
        about=str(wave),
        address=reverse("admin:participants_wave_change", args=[wave.pk]),
        total=total,
        by=by,
        at=timezone.now(),
    )
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Wave),
        object_id=str(wave.pk),
        object_repr=str(wave),
        action_flag=CHANGE,
        change_message=f"Mengirim saldo: pekerjaan {job.pk}.",
    )
    return redirect("admin:jobs_job_change", job.pk)


def _page(
    request: HttpRequest,
    wave: Wave,
    name: str,
    context: dict[str, Any],
    *,
    waiting: int,
    status: int = 200,
) -> HttpResponse:
    context |= {
        "wave": wave,
        "waiting": waiting,
        "people": grouped(waiting),
        "money": rupiah(waiting * TRAINING_GRANT),
    }
    template = f"admin/participants/wave/{name}"
    context = admin.site.each_context(request) | context
    return render(request, template, context, status=status)


def urls() -> list[URLPattern]:
    """Return the addresses, to stand before WaveAdmin's, which take any word."""
    may_fund = permission_required("participants.fund_wave", raise_exception=True)
    pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
        ("", fund, "wave_fund"),
        ("berkas/", upload, "wave_fund_upload"),
        ("berkas/<str:token>/", fund_file, "wave_fund_file"),
    ]
    return [
        path(
            f"participants/wave/<int:pk>/kirim-saldo/{route}",
            admin.site.admin_view(may_fund(view)),
            name=f"participants_{name}",
        )
        for route, view, name in pages
    ]
