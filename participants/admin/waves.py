"""Waves in the admin: their dates, their funnel, and the announcement."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.work import start
from participants.admin.display import chip, grouped, wib
from participants.admin.extension import ask_extension, changes_in_words, extends
from participants.admin.funnel import funnel_steps, percent
from participants.models import Outcome, Participant, User, Wave, WaveState
from participants.models.wave import ScheduleRefusal

TONES = {
    WaveState.DRAFT: "neutral",
    WaveState.OPEN: "success",
    WaveState.CLOSED: "warning",
    WaveState.ANNOUNCED: "info",
    WaveState.DEADLINE_PASSED: "neutral",
}
# What a wave manager should know about each state, and what comes next.
EXPLANATIONS = {
    WaveState.DRAFT: "Pendaftar belum bisa bergabung.",
    WaveState.OPEN: "Pendaftar bisa bergabung sampai waktu tutup.",
    WaveState.CLOSED: "Semua orang melihat “Dalam proses seleksi” sampai hasilnya "
    "diumumkan.",
    WaveState.ANNOUNCED: "Semua orang sudah melihat hasilnya. Peserta masih bisa "
    "membeli pelatihan pertama.",
    WaveState.DEADLINE_PASSED: "Batas membeli pelatihan pertama sudah lewat.",
}


class StateFilter(SimpleListFilter):
    title = "keadaan"
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in WaveState]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Wave]
    ) -> QuerySet[Wave]:
        state = self.value()
        if state not in WaveState.values:
            return queryset
        found = Wave.objects.in_state(WaveState(str(state)), at=timezone.now())
        return queryset.filter(pk__in=found)


class WaveList(ChangeList):
    """The list with how many passed, asked for once for all rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        waves = list(self.result_list)
        passed = Participant.objects.filter(wave__in=waves).count_by_wave()
        for wave in waves:
            wave.passed = passed.get(wave.pk, 0)
        self.result_list = waves


class WaveForm(forms.ModelForm):  # type: ignore[type-arg]
    # The wave as it is stored, once a changed one may be saved.
    before: Wave

    def clean_quota(self) -> Any:
        quota = self.cleaned_data["quota"]
        if self.instance.pk and "quota" in self.changed_data:
            passed = self.instance.participants.count()
            if quota < passed:
                raise ValidationError(
                    f"Sudah {grouped(passed)} orang lolos di gelombang ini. Kuota "
                    "tidak bisa lebih kecil dari itu."
                )
        return quota

    def _post_clean(self) -> None:
        """Show beside its field why people's dates can't follow the new ones."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors or self.instance.pk is None:
            return
        now = timezone.now()
        try:
            self.before = self.instance.check_reschedule(at=now)
        except ScheduleRefusal as refusal:
            self.add_error(refusal.field, refusal.message)
            return
        announces = not self.before.is_announced(at=now) and (
            self.instance.is_announced(at=now)
        )
        if announces and self.instance.has_people():
            # It can't be taken back, so it is done where its consequences are told.
            self.add_error(
                "announced_at",
                "Untuk mengumumkan sekarang, pakai tombol “Umumkan sekarang”.",
            )


@admin.register(Wave)
class WaveAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = WaveForm
    actions = None
    list_display = (
        "name",
        "kind",
        "state",
        "opens",
        "closes",
        "announced",
        "passed_of_quota",
        "deadline",
    )
    list_filter = (StateFilter, "kind")
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("number",)
    search_help_text = "Nomor gelombang."
    sortable_by = ("name",)
    fieldsets = (
        (None, {"fields": (("number", "kind", "quota"),)}),
        (
            "Waktu",
            {
                "fields": (("opens_at", "closes_at", "announced_at"),),
                "description": "Semua waktu dalam WIB. Waktu yang belum diketahui "
                "dibiarkan kosong. Kalau pengumuman dipindah, tanggal lolos dan batas "
                "beli pesertanya ikut pindah.",
            },
        ),
        ("Batas", {"fields": (("purchase_deadline", "balance_expires_on"),)}),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": "Gelombang"}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WaveList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Wave], search_term: str
    ) -> tuple[QuerySet[Wave], bool]:
        """Find a wave by its number, also as ``Gelombang 21``."""
        digits = "".join(filter(str.isdecimal, search_term))[:4]
        if not search_term.strip():
            return queryset, False
        return queryset.filter(number=int(digits or 0)), False

    def get_urls(self) -> list[URLPattern]:
        announce = path(
            "<int:pk>/umumkan/",
            self.admin_site.admin_view(self.announce),
            name="participants_wave_announce",
        )
        return [announce, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the number that people were told."""
        return ("number",) if obj is not None and obj.has_people() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.has_people():
            return False
        return super().has_delete_permission(request, obj)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        wave = self.get_object(request, object_id)
        if wave is not None and wave.has_people():
            messages.error(
                request,
                f"{wave} tidak bisa dihapus: sudah ada pendaftar atau pesertanya.",
            )
            return redirect("admin:participants_wave_change", wave.pk)
        return super().delete_view(request, object_id, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        is_sent = request.method == "POST" and "confirmed" not in request.POST
        if is_sent and (question := ask_extension(self, request, object_id)):
            return question
        wave = self.get_object(request, object_id)
        context = self._overview(wave, at=timezone.now()) if wave else {}
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def _overview(self, wave: Wave, *, at: dt.datetime) -> dict[str, Any]:
        counts = Participant.objects.filter(wave=wave).for_funnel()
        state = wave.state(at=at)
        return {
            "wave": wave,
            "state": chip(TONES[state], state.label),
            "explanation": EXPLANATIONS[state],
            "deadline": deadline_words(wave, at=at),
            "can_announce": state == WaveState.CLOSED,
            "can_fund": wave.is_announced(at=at),
            "funnel": funnel_steps(counts),
            "revoked": grouped(counts["revoked"]),
            "passed_of_quota": quota_words(wave, counts["passed"]),
        }

    def save_model(
        self, request: HttpRequest, obj: Wave, form: Any, change: bool
    ) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        now = timezone.now()
        moved = obj.reschedule(at=now)
        tell_moved(request, moved, what_moves(form.before, obj))
        if moved and obj.deadline and extends(form.before, obj, at=now):
            start(
                "tell_extension",
                params={"wave": obj.pk, "deadline": obj.deadline.isoformat()},
                about=str(obj),
                address=reverse("admin:participants_wave_change", args=[obj.pk]),
                total=moved,
                by=cast(User, request.user),
                at=now,
            )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Write what each field was and has become, for who asks later."""
        if add:
            return super().construct_change_message(request, form, formsets, add)
        return changes_in_words(form)

    def announce(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what an announcement now would do; on POST, do it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        wave = get_object_or_404(Wave, pk=pk)
        now = timezone.now()
        try:
            if request.method == "POST":
                moved = wave.announce(at=now)
            else:
                wave.check_announcement(at=now)
        except ScheduleRefusal as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:participants_wave_change", pk)
        if request.method == "POST":
            self.log_change(request, wave, "Mengumumkan hasil gelombang.")
            messages.success(
                request, f"Hasil {wave} sudah diumumkan dan bisa dilihat semua orang."
            )
            tell_moved(request, moved, "Tanggal lolos dan batas beli")
            return redirect("admin:participants_wave_change", pk)
        return TemplateResponse(
            request,
            "admin/participants/wave/announce.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                **self._consequences(wave, today=timezone.localdate(now)),
            },
        )

    def _consequences(self, wave: Wave, *, today: dt.date) -> dict[str, Any]:
        """Return what an announcement today would tell how many people."""
        passed = wave.participants.count()
        applications = wave.applications.order_by()
        return {
            "wave": wave,
            "today": today,
            "passed": grouped(passed),
            "not_passed": grouped(
                applications.filter(outcome=Outcome.NOT_PASSED).count()
            ),
            "undecided": grouped(applications.filter(outcome="").count()),
            "over_quota": grouped(max(passed - wave.quota, 0)),
            "deadline": wave.deadline_for(today),
        }

    @admin.display(description="gelombang", ordering="number")
    def name(self, wave: Wave) -> str:
        return str(wave)

    @admin.display(description="keadaan")
    def state(self, wave: Wave) -> SafeString:
        state = wave.state(at=timezone.now())
        return chip(TONES[state], state.label)

    @admin.display(description="dibuka (WIB)")
    def opens(self, wave: Wave) -> str:
        return wib(wave.opens_at)

    @admin.display(description="ditutup (WIB)")
    def closes(self, wave: Wave) -> str:
        return wib(wave.closes_at)

    @admin.display(description="diumumkan (WIB)")
    def announced(self, wave: Wave) -> str:
        return wib(wave.announced_at)

    @admin.display(description="lolos dari kuota")
    def passed_of_quota(self, wave: Wave) -> SafeString:
        return quota_words(wave, wave.passed)  # type: ignore[attr-defined]

    @admin.display(description="batas beli (23.59 WIB)")
    def deadline(self, wave: Wave) -> str:
        return deadline_words(wave, at=timezone.now())


def what_moves(before: Wave, after: Wave) -> str:
    """Return which of its people's dates follow a wave's change."""
    if before.announced_on == after.announced_on:
        return "Batas beli"
    if before.deadline == after.deadline:
        return "Tanggal lolos"
    return "Tanggal lolos dan batas beli"


def tell_moved(request: HttpRequest, moved: int, what: str) -> None:
    if moved:
        messages.info(request, f"{what} {grouped(moved)} peserta ikut pindah.")


def quota_words(wave: Wave, passed: int) -> SafeString:
    """Return who passed beside the quota, flagged when they are too many."""
    return format_html(
        "{} dari {} ({}%) {}",
        grouped(passed),
        grouped(wave.quota),
        percent(passed, wave.quota),
        chip("danger", "Melebihi kuota") if passed > wave.quota else "",
    )


def deadline_words(wave: Wave, *, at: dt.datetime) -> str:
    """Return the last day to buy and, while it runs, how many days are left."""
    if wave.deadline is None:
        return "–"
    words = date_format(wave.deadline)
    if wave.state(at=at) != WaveState.ANNOUNCED:
        return words
    days = (wave.deadline - timezone.localdate(at)).days
    return f"{words} (sisa {days} hari)" if days else f"{words} (hari terakhir)"
