"""Participants in the admin: found fast, shown masked, helped on record."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from participants.admin.display import ReadOnly, chip, link, wib
from participants.admin.inlines import (
    BalanceInline,
    DisclosureInline,
    NoticeInline,
    ReinstatementInline,
    VideoViewingInline,
)
from participants.admin.large_lists import PeopleAdmin
from participants.admin.users import send_password_links
from participants.models import (
    CardNumberDisclosure,
    OnboardingVideo,
    Participant,
    User,
)
from participants.models.participant import ONBOARDING_VIDEOS
from participants.models.video import grant_video
from prakerja.refusal import Refusal
from prakerja.rupiah import rupiah


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Alasan",
        min_length=10,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "min_length": "Tulis alasannya dengan jelas, paling sedikit 10 huruf. "
            "Contoh: Laporan 123, video macet.",
        },
        validators=[
            RegexValidator(
                r"[0-9]([ .-]?[0-9]){9,}",
                "Jangan tulis nomor kartu, NIK, atau nomor panjang lain di sini.",
                inverse_match=True,
            )
        ],
        help_text="Tersimpan bersama namamu dan waktunya. Contoh: nomor laporan, dan "
        "apa yang diminta peserta. Jangan tulis nomor kartu di sini.",
    )


class StandingFilter(SimpleListFilter):
    title = "keadaan"
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("belum-beli", "Belum beli, masih ada waktu"),
            ("lewat", "Belum beli, batas lewat"),
            ("sudah-beli", "Sudah pernah beli pelatihan"),
            ("dicabut", "Dicabut"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Participant]
    ) -> QuerySet[Participant]:
        today = timezone.localdate()
        waiting = Q(revoked_at=None, first_purchased_at=None)
        standings = {
            "belum-beli": waiting & Q(purchase_deadline__gte=today),
            "lewat": waiting & Q(purchase_deadline__lt=today),
            "sudah-beli": Q(revoked_at=None, first_purchased_at__isnull=False),
            "dicabut": Q(revoked_at__isnull=False),
        }
        return queryset.filter(standings.get(self.value() or "", Q()))


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, PeopleAdmin):
    list_display = (
        "full_name",
        "email",
        "wave",
        "deadline",
        "masked_number",
        "standing",
    )
    list_filter = ("wave", StandingFilter)
    list_select_related = ("user", "wave")
    change_list_template = "admin/participants/participant/change_list.html"
    actions = (send_password_links,)
    search_help_text = (
        "E-mail, nomor HP, atau NIK yang lengkap; atau awal nama. Pemeriksa bisa juga "
        "mencari nomor kartu yang lengkap."
    )
    fieldsets = (
        (None, {"fields": (("person", "email", "phone", "nik"),)}),
        (
            "Kepesertaan",
            {
                "fields": (
                    ("wave_page", "pass_date", "deadline"),
                    ("standing", "stopped_at", "revoked"),
                )
            },
        ),
        (
            "Kartu dan saldo (waktu dalam WIB)",
            {"fields": (("masked_number", "balance", "funded", "first_purchased"),)},
        ),
    )
    readonly_fields = (
        "person",
        "email",
        "phone",
        "nik",
        "wave_page",
        "pass_date",
        "deadline",
        "standing",
        "stopped_at",
        "revoked",
        "masked_number",
        "balance",
        "funded",
        "first_purchased",
    )
    inlines = (
        VideoViewingInline,
        BalanceInline,
        NoticeInline,
        ReinstatementInline,
        DisclosureInline,
    )

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> Any:
            return path(
                f"<int:pk>/{address}/",
                self.admin_site.admin_view(view),
                name=f"participants_participant_{name}",
            )

        return [
            page("nomor-kartu", self.disclose_number, "card_number"),
            page("luluskan-video", self.grant_video, "grant_video"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        may = request.user.has_perm
        context = {
            "may_view_card_number": may("participants.view_card_number"),
            "may_grant_video": may("participants.change_videoviewing"),
            "may_reinstate": may("participants.reinstate"),
        }
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def disclose_number(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason, then show the 16 digits once and record it."""
        participant = self._opened(request, pk, "participants.view_card_number")
        form = ReasonForm(request.POST or None)
        number = ""
        if request.method == "POST" and form.is_valid():
            number = participant.disclose_card_number(
                by=cast(User, request.user),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
            self.log_change(request, participant, "Membuka nomor kartu.")
        groups = [number[i : i + 4] for i in range(0, len(number), 4)]
        return self._page(
            request, participant, "card_number", form=form, card_groups=groups
        )

    def grant_video(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Complete the next video by staff's word, with a reason."""
        participant = self._opened(request, pk, "participants.change_videoviewing")
        every = OnboardingVideo.objects.in_bulk()
        video = every.get(participant.next_video or 0)
        form = ReasonForm(request.POST or None)
        if video is None or participant.is_revoked:
            messages.error(
                request,
                "Kepesertaan ini sudah dicabut."
                if participant.is_revoked
                else "Ketiga video sudah selesai.",
            )
            return redirect(self._address("change", pk))
        if request.method != "POST" or not form.is_valid():
            return self._page(
                request, participant, "grant_video", form=form, video=video
            )
        if request.POST.get("video") != str(video.position):
            # The page was open while the person went on watching.
            messages.warning(request, "Video itu sudah selesai. Tidak ada yang diubah.")
            return redirect(self._address("change", pk))
        try:
            grant_video(
                participant=participant,
                video=video,
                by=cast(User, request.user),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            self.log_change(request, participant, f"Meluluskan video {video.position}.")
            messages.success(request, f"Video {video.position} diluluskan.")
        return redirect(self._address("change", pk))

    def _opened(self, request: HttpRequest, pk: int, permission: str) -> Participant:
        if not (
            self.has_view_permission(request) and request.user.has_perm(permission)
        ):
            raise PermissionDenied
        return get_object_or_404(Participant.objects.select_related("user"), pk=pk)

    def _page(
        self, request: HttpRequest, participant: Participant, name: str, **context: Any
    ) -> HttpResponse:
        form = context["form"]
        return TemplateResponse(
            request,
            f"admin/participants/participant/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "participant": participant,
                **context,
            },
            status=422 if form.is_bound and form.errors else 200,
        )

    @admin.display(description="pengguna")
    def person(self, participant: Participant) -> SafeString:
        return link(participant.user)

    @admin.display(description="nomor HP")
    def phone(self, participant: Participant) -> str:
        applicant = getattr(participant.user, "applicant", None)
        return applicant.phone if applicant else "–"

    @admin.display(description="NIK")
    def nik(self, participant: Participant) -> SafeString | str:
        applicant = getattr(participant.user, "applicant", None)
        return link(applicant, applicant.masked_nik) if applicant else "–"

    @admin.display(description="gelombang")
    def wave_page(self, participant: Participant) -> SafeString:
        return link(participant.wave)

    @admin.display(description="batas beli (23.59 WIB)")
    def deadline(self, participant: Participant) -> str:
        return date_format(participant.purchase_deadline)

    @admin.display(description="nomor kartu")
    def masked_number(self, participant: Participant) -> str:
        return participant.masked_card_number

    @admin.display(description="keadaan")
    def standing(self, participant: Participant) -> SafeString:
        if participant.is_revoked:
            return chip("danger", "Dicabut")
        if participant.first_purchased_at:
            return chip("success", "Sudah pernah beli pelatihan")
        now = timezone.now()
        if not participant.wave.is_announced(at=now):
            return chip("neutral", "Belum diumumkan")
        days = participant.days_left(today=timezone.localdate(now))
        if days < 0:
            return chip("danger", "Batas beli lewat")
        return chip(
            "info", f"Belum beli, sisa {days} hari" if days else "Hari terakhir"
        )

    @admin.display(description="terhenti di")
    def stopped_at(self, participant: Participant) -> str:
        """Return what is left to do, or to wait for, before the first purchase."""
        if participant.is_revoked:
            return "Dicabut"
        if participant.first_purchased_at:
            return "–"
        if not participant.wave.is_announced(at=timezone.now()):
            return "Menunggu pengumuman"
        if participant.next_video:
            done = participant.videos_completed
            every = ONBOARDING_VIDEOS
            return f"Video {participant.next_video} ({done} dari {every} selesai)"
        return "Belum membeli" if participant.is_funded else "Menunggu saldo"

    @admin.display(description="dicabut")
    def revoked(self, participant: Participant) -> str:
        if not participant.is_revoked:
            return "–"
        reason = participant.get_revocation_reason_display()
        return f"{wib(participant.revoked_at)}. {reason}"

    @admin.display(description="saldo pelatihan")
    def balance(self, participant: Participant) -> str:
        return rupiah(participant.training_balance)

    @admin.display(description="saldo masuk")
    def funded(self, participant: Participant) -> str:
        return wib(participant.funded_at)

    @admin.display(description="pembelian pertama")
    def first_purchased(self, participant: Participant) -> str:
        return wib(participant.first_purchased_at)


@admin.register(CardNumberDisclosure)
class DisclosureAdmin(ReadOnly, PeopleAdmin):
    """Who saw whose card number, when and why: newest first."""

    user_path = "participant__user__"
    list_display = ("disclosed", "disclosed_to", "person", "reason")
    list_select_related = ("disclosed_to", "participant__user", "participant__wave")
    fields = list_display
    readonly_fields = list_display

    @admin.display(description="waktu (WIB)")
    def disclosed(self, disclosure: CardNumberDisclosure) -> str:
        return wib(disclosure.disclosed_at)

    @admin.display(description="peserta")
    def person(self, disclosure: CardNumberDisclosure) -> SafeString:
        return link(disclosure.participant, str(disclosure.participant.user))
