"""Purchases in the admin: how far each has come, and what staff may do about it."""

import re
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from participants.admin.display import ReadOnly, chip, link, wib
from participants.admin.large_lists import PeopleAdmin
from participants.admin.people import ReasonForm
from participants.models import User
from prakerja.refusal import Refusal
from prakerja.rupiah import rupiah
from trainings import learning
from trainings.models import Purchase, StaffStep, Stage
from trainings.models.purchase import STAGE_TIMES, VOUCHER_LENGTH, VOUCHER_LETTERS
from trainings.progress import has_review, late_reports, progress
from trainings.purchasing import refund

# Refusals of one action that are told one by one.
TOLD = 10
VOUCHER = re.compile(f"[{VOUCHER_LETTERS}]{{{VOUCHER_LENGTH}}}", re.IGNORECASE)


class PurchaseReasonForm(ReasonForm):
    help_text = (
        "Tersimpan bersama namamu dan waktunya. Contoh: Laporan 123, kelas ditutup "
        "lembaga. Jangan tulis nomor kartu di sini."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = self.help_text


class RefundForm(PurchaseReasonForm):
    help_text = (
        "Dibaca juga oleh peserta. Contoh: Kelas dibatalkan lembaga. Jangan tulis "
        "nomor kartu di sini."
    )


class FinishForm(PurchaseReasonForm):
    reported_name = forms.CharField(
        label="Nama di laporan lembaga",
        max_length=150,
        help_text="Persis seperti di laporan: kalau berbeda dari nama akun, sertifikat "
        "tertahan.",
    )


class ReportFilter(SimpleListFilter):
    title = "laporan"
    parameter_name = "laporan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("terlambat", "Terlambat")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Purchase]
    ) -> QuerySet[Purchase]:
        if self.value() == "terlambat":
            return queryset.filter(late_reports(today=timezone.localdate()))
        return queryset


class StaffStepInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = StaffStep
    fields = ("taken", "stage", "accepts_name", "taken_by", "reason")
    readonly_fields = fields
    verbose_name_plural = "Langkah petugas"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffStep]:
        return super().get_queryset(request).select_related("taken_by")

    @admin.display(description="waktu (WIB)")
    def taken(self, step: StaffStep) -> str:
        return wib(step.taken_at)


TIMELINE = (*STAGE_TIMES.values(), "cancelled_at")


@admin.register(Purchase)
class PurchaseAdmin(ReadOnly, PeopleAdmin):
    user_path = "participant__user__"
    list_display = ("training", "full_name", "email", "price_in_words", "paid", "state")
    list_filter = ("stage", ReportFilter)
    search_help_text = (
        "Kode voucher; atau e-mail, nomor HP, atau NIK yang lengkap; atau awal nama."
    )
    actions = ("verify_selected",)
    fieldsets = (
        (None, {"fields": (("training", "person", "voucher"),)}),
        ("Keadaan", {"fields": (("state", "meaning", "next"), "reported")}),
        ("Perjalanan (waktu dalam WIB)", {"fields": (TIMELINE[:4], TIMELINE[4:])}),
        (
            "Uang",
            {"fields": (("price_in_words", "payment_row", "refund_row"), "cancelled")},
        ),
        ("Setelah selesai", {"fields": (("certificate_page", "review_page"),)}),
    )
    readonly_fields = (
        "training",
        "person",
        "voucher",
        "state",
        "meaning",
        "next",
        "reported",
        *TIMELINE,
        "price_in_words",
        "payment_row",
        "refund_row",
        "cancelled",
        "certificate_page",
        "review_page",
    )
    inlines = (StaffStepInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purchase]:
        rows = super().get_queryset(request)
        return rows.for_progress()  # type: ignore[attr-defined, no-any-return]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow one person's purchases too: that is where their page leads."""
        is_person = lookup == "participant__id__exact"
        return is_person or super().lookup_allowed(lookup, value, request)

    def search_people(
        self, people: QuerySet[Any], term: str, *, card_numbers: bool
    ) -> QuerySet[Any]:
        """Find by voucher too; a name never has its twelve letters and digits."""
        if VOUCHER.fullmatch(term.strip()):
            found = people.filter(voucher=term.strip().upper())
            if found.exists():
                return found
        return super().search_people(people, term, card_numbers=card_numbers)

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> Any:
            return path(
                f"<int:pk>/{address}/",
                self.admin_site.admin_view(view),
                name=f"trainings_purchase_{name}",
            )

        return [
            page("batalkan", self.refund, "refund"),
            page("majukan", self.advance, "advance"),
            page("terima-nama", self.accept_name, "accept_name"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        purchase = self.get_object(request, object_id)
        may = request.user.has_perm
        context: dict[str, Any] = {}
        if purchase is not None:
            stage, differs = (
                learning.next_stage(purchase),
                learning.name_differs(purchase),
            )
            may_move = stage is not None and may("trainings.change_purchase")
            is_held = differs and stage == Stage.COMPLETED
            context = {
                "may_refund": stage is not None and may("trainings.refund_purchase"),
                "may_advance": may_move and not is_held,
                "may_accept_name": may_move and is_held,
            }
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def refund(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason and show the amount; on POST, give it back."""
        purchase = self._opened(request, pk, "trainings.refund_purchase")
        form = RefundForm(request.POST or None)
        person, amount = purchase.participant.user, rupiah(purchase.price)
        return self._act(
            request,
            purchase,
            form,
            act=lambda: refund(
                purchase,
                reason=form.cleaned_data["reason"],
                by=cast(User, request.user),
                at=timezone.now(),
            ),
            title=f"Batalkan {purchase.training} dan kembalikan {amount}?",
            words=f"{amount} kembali ke saldo pelatihan {person}, sekali, dan tercatat "
            "di riwayat saldonya. Voucher dan pelatihannya tidak berlaku lagi. Ini "
            "tidak bisa dibatalkan.",
            button=f"Kembalikan {amount}",
            done=f"{amount} sudah kembali ke saldo {person}.",
        )

    def advance(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason; on POST, move the purchase to the stage that was shown."""
        purchase = self._opened(request, pk, "trainings.change_purchase")
        stage = learning.next_stage(purchase)
        if stage is None or request.POST.get("stage", stage) != stage:
            return self._back(request, purchase, learning.NotTheNextStage.message)
        form_class = FinishForm if stage == Stage.FINISHED else PurchaseReasonForm
        form = form_class(request.POST or None)

        def act() -> None:
            moved = learning.advance(
                purchase,
                to=stage,
                reason=form.cleaned_data["reason"],
                reported_name=form.cleaned_data.get("reported_name", ""),
                by=cast(User, request.user),
                at=timezone.now(),
            )
            if learning.name_differs(moved):
                messages.warning(request, learning.NameDiffers(moved).message)

        return self._act(
            request,
            purchase,
            form,
            act=act,
            title=f"Majukan ke “{stage.label}”?",
            words="Biasanya lembaga atau platform yang melaporkan tahap ini. Majukan "
            "hanya kalau laporannya tidak bisa masuk sendiri. Tahap tidak bisa mundur.",
            button="Majukan tahap",
            done=f"Sekarang: {stage.label}.",
            stage=stage,
        )

    def accept_name(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason; on POST, issue the certificate to the account's name."""
        purchase = self._opened(request, pk, "trainings.change_purchase")
        form = PurchaseReasonForm(request.POST or None)
        account = purchase.participant.user.full_name
        return self._act(
            request,
            purchase,
            form,
            act=lambda: learning.accept_name(
                purchase,
                reason=form.cleaned_data["reason"],
                by=cast(User, request.user),
                at=timezone.now(),
            ),
            title="Terima nama dan terbitkan sertifikat?",
            words=f"Nama di laporan: {purchase.reported_name or '(kosong)'}. Nama di "
            f"akun: {account}. Terima hanya kalau kamu yakin keduanya satu orang. "
            f"Sertifikat terbit atas nama {account} dan tidak bisa ditarik.",
            button="Terima nama",
            done=f"Sertifikat terbit atas nama {account}.",
        )

    @admin.action(
        description="Verifikasi laporan dan terbitkan sertifikat",
        permissions=["verify"],
    )
    def verify_selected(
        self, request: HttpRequest, queryset: QuerySet[Purchase]
    ) -> None:
        at_office = queryset.filter(stage=Stage.AT_OFFICE)
        issued, refusals = 0, []
        for purchase in at_office:
            try:
                learning.verify(purchase, at=timezone.now())
            except Refusal as refusal:
                refusals.append(refusal.message)
            else:
                issued += 1
                self.log_change(request, purchase, "Memverifikasi laporan.")
        messages.success(request, f"{issued} sertifikat terbit.")
        for message in refusals[:TOLD]:
            messages.warning(request, message)
        if len(refusals) > TOLD:
            messages.warning(request, f"Dan {len(refusals) - TOLD} lagi yang tertahan.")

    def has_verify_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("trainings.change_purchase")

    def _opened(self, request: HttpRequest, pk: int, permission: str) -> Purchase:
        if not (
            self.has_view_permission(request) and request.user.has_perm(permission)
        ):
            raise PermissionDenied
        return get_object_or_404(Purchase.objects.for_progress(), pk=pk)

    def _act(
        self,
        request: HttpRequest,
        purchase: Purchase,
        form: forms.Form,
        *,
        act: Callable[[], object],
        done: str,
        **context: Any,
    ) -> HttpResponse:
        """Show the page that asks for a reason; once it is given, do it and go back."""
        if request.method == "POST" and form.is_valid():
            try:
                act()
            except Refusal as refusal:
                return self._back(request, purchase, refusal.message)
            self.log_change(request, purchase, context["button"])
            messages.success(request, done)
            return redirect(self._address("change", purchase.pk))
        return TemplateResponse(
            request,
            "admin/trainings/purchase/act.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "purchase": purchase,
                "form": form,
                "stage": "",
                **context,
            },
            status=422 if form.errors else 200,
        )

    def _back(
        self, request: HttpRequest, purchase: Purchase, message: str
    ) -> HttpResponse:
        messages.error(request, message)
        return redirect(self._address("change", purchase.pk))

    @admin.display(description="peserta")
    def person(self, purchase: Purchase) -> SafeString:
        return link(purchase.participant, f"{purchase.participant.user}")

    @admin.display(description="nama di laporan lembaga")
    def reported(self, purchase: Purchase) -> str:
        return purchase.reported_name or "–"

    @admin.display(description="harga")
    def price_in_words(self, purchase: Purchase) -> str:
        return rupiah(purchase.price)

    @admin.display(description="dibayar (WIB)")
    def paid(self, purchase: Purchase) -> str:
        return wib(purchase.paid_at)

    @admin.display(description="keadaan")
    def state(self, purchase: Purchase) -> SafeString:
        now = progress(purchase, today=timezone.localdate())
        words = now.label
        if now.has_wrong_name:
            words += ": nama berbeda"
        elif now.is_late:
            words += ": terlambat"
        return chip(now.tone, words)

    @admin.display(description="yang dibaca peserta")
    def meaning(self, purchase: Purchase) -> str:
        return progress(purchase, today=timezone.localdate()).meaning

    @admin.display(description="dan selanjutnya")
    def next(self, purchase: Purchase) -> str:
        return progress(purchase, today=timezone.localdate()).next

    @admin.display(description="mutasi pembelian")
    def payment_row(self, purchase: Purchase) -> str:
        return f"{rupiah(purchase.payment.amount)}, {wib(purchase.payment.made_at)}"

    @admin.display(description="mutasi pengembalian")
    def refund_row(self, purchase: Purchase) -> str:
        if purchase.refund is None:
            return "–"
        return f"{rupiah(purchase.refund.amount)}, {wib(purchase.refund.made_at)}"

    @admin.display(description="pembatalan")
    def cancelled(self, purchase: Purchase) -> str:
        if not purchase.is_cancelled:
            return "–"
        return f"{purchase.cancel_reason} ({purchase.cancelled_by or 'lewat platform'})"

    @admin.display(description="sertifikat")
    def certificate_page(self, purchase: Purchase) -> SafeString | str:
        return link(purchase.certificate) if purchase.is_completed else "–"

    @admin.display(description="ulasan")
    def review_page(self, purchase: Purchase) -> SafeString | str:
        if not has_review(purchase):
            return "–"
        return link(purchase.review, f"{purchase.review.rating} bintang")
