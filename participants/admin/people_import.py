"""The import of people who passed, as staff do it: upload, read the report, apply."""

from collections.abc import Callable
from typing import cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.files.base import File
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from participants.admin.display import grouped
from participants.importing import FileRefused
from participants.importing.kept import SHOWN, KeptFile, find, keep
from participants.models import Participant, User, Wave, WaveState
from prakerja.refusal import Refusal

SAMPLE = settings.BASE_DIR / "data" / "contoh-peserta.csv"
# Column, what it holds, example.
COLUMNS = [
    ("email", "Alamat e-mail. Dipakai untuk masuk.", "sari@contoh.test"),
    ("full_name", "Nama lengkap seperti di KTP.", "Sari Contoh"),
    ("nik", "NIK, 16 angka.", "3273011704980001"),
    ("family_card_number", "Nomor Kartu Keluarga (KK), 16 angka.", "3273010101150002"),
    (
        "birth_date",
        "Tanggal lahir: tahun-bulan-tanggal. Minimal 18 tahun.",
        "1998-04-17",
    ),
    ("phone", "Nomor HP. Boleh +62, spasi, atau tanda hubung.", "0812-3456-7890"),
    ("wave", "Nomor gelombang yang sudah ditutup.", "21"),
    (
        "pass_date",
        "Tanggal lolos: hari pengumuman, atau sesudahnya kalau SMS terlambat.",
        "2021-09-22",
    ),
    (
        "card_number",
        "Nomor kartu, 16 angka. Boleh kosong atau tanpa kolom; lalu dibuatkan.",
        "(kosong)",
    ),
]


type View = Callable[..., HttpResponseBase]


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Berkas CSV",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Pilih berkas CSV dulu."},
    )


class ApplyForm(forms.Form):
    good_rows_only = forms.BooleanField(
        label="Lewati baris yang salah dan masukkan yang benar saja",
        error_messages={
            "required": "Ada baris yang salah. Centang ini untuk melewatinya, atau "
            "perbaiki berkasnya lalu unggah lagi."
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = UploadForm(data={}, files=request.FILES) if is_sent else UploadForm()
    if getattr(request, "upload_is_too_large", False):
        form.fields["file"].error_messages["required"] = too_large()
    if is_sent and form.is_valid():
        try:
            kept = _keep_and_check(request, form.cleaned_data["file"])
        except FileRefused as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect("admin:participants_import_report", kept.token)
    context = {
        "form": form,
        "columns": COLUMNS,
        "largest": _largest(),
    }
    return _page(request, "upload.html", context, status=422 if is_sent else 200)


def _keep_and_check(request: HttpRequest, file: "File[bytes]") -> KeptFile:
    now = timezone.now()
    user = cast(User, request.user)
    kept = keep(file.chunks(), name=file.name or "", by=user, at=now)
    kept.check(at=now)
    return kept


def too_large() -> str:
    return (
        f"Berkas ini lebih besar dari {_largest()}. Bagi menjadi beberapa berkas, "
        "masing-masing dengan judul kolom."
    )


def _largest() -> str:
    return f"{settings.UPLOAD_MAX // 2**20} MB"


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the check found, or what was applied; a POST applies."""
    kept = _own_file(request, token)
    form = ApplyForm(request.POST or None) if kept.report.bad else None
    status = 200
    if request.method == "POST" and kept.can_be_applied:
        if form is None or form.is_valid():
            return _start(request, kept)
        status = 422
    context: dict[str, object] = {
        "kept": kept,
        "form": form,
        "counts": _counts(kept),
        "shown": SHOWN,
        "waves": _waves(kept),
    }
    return _page(request, "report.html", context, status=status)


def _start(request: HttpRequest, kept: KeptFile) -> HttpResponse:
    """Start the job and lead to its page, which shows how far it is."""
    address = reverse("admin:participants_import_report", args=[kept.token])
    try:
        job = kept.start(
            by=cast(User, request.user),
            at=timezone.now(),
            good_rows_only=bool(kept.report.bad),
            address=address,
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(address)
    return redirect("admin:jobs_job_change", job.pk)


@require_safe
def problems(request: HttpRequest, token: str) -> FileResponse:
    kept = _own_file(request, token)
    return FileResponse(
        kept.problems_path.open("rb"),
        as_attachment=True,
        filename="baris-yang-salah.csv",
        content_type="text/csv; charset=utf-8",
    )


@require_safe
def sample(request: HttpRequest) -> FileResponse:
    return FileResponse(
        SAMPLE.open("rb"),
        as_attachment=True,
        filename=SAMPLE.name,
        content_type="text/csv; charset=utf-8",
    )


def _own_file(request: HttpRequest, token: str) -> KeptFile:
    kept = find(token, by=cast(User, request.user))
    if kept is None:
        raise Http404
    return kept


def _counts(kept: KeptFile) -> dict[str, str]:
    counts = {
        "new": kept.report.new.total(),
        "unchanged": kept.report.unchanged,
        "bad": kept.report.bad,
        "entered": kept.so_far.new.total() if kept.so_far else 0,
    }
    return {name: grouped(count) for name, count in counts.items()}


def _waves(kept: KeptFile) -> list[dict[str, object]]:
    """Return each wave of the file, how full it is and what the file adds."""
    passed = Participant.objects.count_by_wave()
    return [
        {
            "wave": wave,
            "new": grouped(kept.report.new[wave.number]),
            "passed": grouped(passed.get(wave.pk, 0)),
            "quota": grouped(wave.quota),
            "announced_at": wave.announced_at,
            "is_over": wave.state(at=timezone.now()) == WaveState.DEADLINE_PASSED,
        }
        for wave in Wave.objects.filter(number__in=kept.report.new).order_by("number")
    ]


def _page(
    request: HttpRequest, name: str, context: dict[str, object], *, status: int
) -> HttpResponse:
    template = f"admin/participants/people_import/{name}"
    context = admin.site.each_context(request) | context
    return render(request, template, context, status=status)


def urls() -> list[URLPattern]:
    """Return the addresses, to stand before ParticipantAdmin's, which take any word."""
    may_import = permission_required(
        "participants.import_participants", raise_exception=True
    )
    pages: list[tuple[str, View, str]] = [
        ("", upload, "import"),
        ("contoh.csv", sample, "import_sample"),
        ("<slug:token>/", report, "import_report"),
        ("<slug:token>/baris-yang-salah.csv", problems, "import_problems"),
    ]
    return [
        path(
            f"participants/participant/impor/{route}",
            admin.site.admin_view(may_import(view)),
            name=f"participants_{name}",
        )
        for route, view, name in pages
    ]
