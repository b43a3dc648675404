"""The import of the catalogue, as staff do it: upload, read the report, apply.

The uploaded file waits in DATA_DIR under a random name that only the session of who
uploaded it knows. The report is worked out anew each time it is looked at, so it always
speaks of the catalogue as it is.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from participants.admin.people_import import ApplyForm, UploadForm, too_large
from participants.importing.csv_rows import FileRefused, harmless
from participants.importing.kept import path_of, write_down
from participants.models import User
from participants.models.participant import TRAINING_GRANT
from prakerja.refusal import Refusal
from trainings.admin.history import in_words
from trainings.catalogue_file import as_csv
from trainings.catalogue_import import MOST_ROWS, Change, Plan, enter, plan
from trainings.models import Category, Platform, Training
from trainings.models.catalogue import catalogue_version

SHOWN = 50
KEY = "catalogue_import"  # in the session
NEEDED = ["add_training", "change_training", "add_provider"]

type View = Callable[..., Any]


# Column, what it holds, example.
COLUMNS = [
    ("code", "Kode pelatihan, tidak pernah berubah.", "RKD-001"),
    ("title", "Judul.", "Microsoft Excel untuk Administrasi"),
    ("summary", "Ringkasan, paling banyak 400 huruf.", "Mengolah data kantor …"),
    (
        "outcomes",
        "Yang dipelajari; beberapa hal dipisahkan |.",
        "Memakai rumus | Membuat grafik",
    ),
    ("category", f"Bidang: {', '.join(Category.values)}.", "office"),
    ("mode", "online (daring), offline (tatap muka), atau both.", "online"),
    ("hours", "Lama dalam jam.", "15"),
    ("price", "Harga dalam rupiah bulat.", "350000"),
    ("schedule", "Jadwal.", "Sabtu, pukul 09.00–12.00 WIB"),
    ("on_sale_from", "Dijual mulai: tahun-bulan-tanggal.", "2021-09-01"),
    ("on_sale_until", "Dijual sampai; boleh kosong.", "(kosong)"),
    ("provider", "Kode lembaga pelatihan.", "ruang-karya"),
    (
        "provider_name",
        "Nama lembaga. Wajib untuk lembaga baru, lalu lembaganya dibuatkan.",
        "Ruang Karya Digital",
    ),
    (
        "provider_contact",
        "Kontak lembaga. Wajib untuk lembaga baru.",
        "halo@ruangkarya.test",
    ),
    ("platforms", "Kode platform, dipisahkan |.", "tokopedia | pintaria"),
]


class BadRows(Refusal):
    message = "Ada baris yang menjadi salah sejak diperiksa. Baca lagi laporannya."


class CatalogueChanged(Refusal):
    message = (
        "Katalog berubah sejak laporan ini dibuat. Baca lagi laporannya, lalu terapkan."
    )


def may_import(request: HttpRequest) -> bool:
    return request.user.has_perms([f"trainings.{name}" for name in NEEDED])


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the addresses, to stand before those that take any word."""
    pages: list[tuple[str, View, str]] = [
        ("", upload, "import"),
        ("laporan/", report, "import_report"),
        ("laporan/baris-yang-salah.csv", problems, "import_problems"),
    ]
    return [
        path(
            f"impor/{route}",
            site.admin_view(_allowed(view, site)),
            name=f"trainings_training_{name}",
        )
        for route, view, name in pages
    ]


def _allowed(view: View, site: AdminSite) -> View:
    def allowed(request: HttpRequest) -> HttpResponse:
        if not may_import(request):
            raise PermissionDenied
        answer: HttpResponse = view(request, site)
        return answer

    return allowed


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, site: AdminSite) -> HttpResponse:
    is_sent = request.method == "POST"
    form = UploadForm(data={}, files=request.FILES) if is_sent else UploadForm()
    if getattr(request, "upload_is_too_large", False):
        form.fields["file"].error_messages["required"] = too_large()
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        token, _ = write_down(file.chunks(), at=timezone.now())
        try:
            plan(path_of(token))
        except FileRefused as refusal:
            path_of(token).unlink()
            form.add_error("file", refusal.message)
        else:
            request.session[KEY] = {"token": token, "name": file.name}
            return redirect("admin:trainings_training_import_report")
    context = {
        "form": form,
        "columns": COLUMNS,
        "platforms": Platform.objects.all(),
        "most_rows": MOST_ROWS,
    }
    return _page(request, site, "upload.html", context, status=422 if is_sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show what applying the file would do; a POST applies it."""
    file = _waiting(request)
    planned = plan(file)
    form = ApplyForm(request.POST or None) if planned.bad else None
    status = 200
    if request.method == "POST":
        if form is None or form.is_valid():
            return _apply(request, file)
        status = 422
    context = {
        "name": request.session[KEY]["name"],
        "plan": planned,
        "form": form,
        "shown": SHOWN,
        "new": [training for training, _ in planned.new[:SHOWN]],
        "too_dear": [t for t in _entered(planned) if t.price > TRAINING_GRANT][:SHOWN],
        "changes": [_in_words(change) for change in planned.changed[:SHOWN]],
        "problems": planned.problems[:SHOWN],
        "version": catalogue_version(),
    }
    return _page(request, site, "report.html", context, status=status)


def _apply(request: HttpRequest, file: Path) -> HttpResponse:
    try:
        done = _enter(request, file)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:trainings_training_import_report")
    file.unlink(missing_ok=True)
    del request.session[KEY]
    skipped = f" {done.bad} baris yang salah dilewati." if done.bad else ""
    messages.success(
        request,
        f"Katalog diperbarui: {len(done.new)} pelatihan baru, {len(done.changed)} "
        f"berubah, {done.unchanged} tetap.{skipped}",
    )
    return redirect("admin:trainings_training_changelist")


@transaction.atomic
def _enter(request: HttpRequest, file: Path) -> Plan:
    """Enter the file if the catalogue still is what the report spoke of."""
    Platform.objects.select_for_update().first()  # one import at a time goes past this
    if request.POST.get("version") != catalogue_version():
        raise CatalogueChanged
    planned = plan(file)
    if planned.bad and "good_rows_only" not in request.POST:
        raise BadRows
    name = request.session[KEY]["name"]
    enter(
        planned,
        by=cast(User, request.user),
        at=timezone.now(),
        reason=f"Impor {name}"[:100],
    )
    return planned


@require_safe
def problems(request: HttpRequest, site: AdminSite) -> StreamingHttpResponse:
    found = plan(_waiting(request)).problems
    cells = ((line, column, harmless(reason)) for line, column, reason in found)
    return StreamingHttpResponse(
        as_csv([("baris", "kolom", "alasan"), *cells]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="baris-yang-salah.csv"'},
    )


def _waiting(request: HttpRequest) -> Path:
    """Return the file that this session uploaded last; 404 if it is gone."""
    if KEY not in request.session:
        raise Http404
    file = path_of(request.session[KEY]["token"])
    if not file.exists():
        raise Http404
    return file


def _entered(planned: Plan) -> list[Training]:
    """Return what the file would write: new trainings, then changed ones."""
    new = [training for training, _ in planned.new]
    return new + [change.training for change in planned.changed]


def _in_words(change: Change) -> tuple[Training, list[tuple[str, str, str]]]:
    """Return a training and each of its fields that changes, old and new."""
    return change.training, [
        in_words(change.training, name, old, change.after(name))
        for name, old in change.before.items()
    ]


def _page(
    request: HttpRequest,
    site: AdminSite,
    name: str,
    context: dict[str, object],
    *,
    status: int,
) -> HttpResponse:
    template = f"admin/trainings/catalogue_import/{name}"
    return render(
        request, template, site.each_context(request) | context, status=status
    )
