"""Partners in the admin: secrets, what they are told, warnings of guessing."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from participants.admin.display import ReadOnly, chip, wib
from participants.models import User
from prakerja.refusal import Refusal
from trainings import events
from trainings.models import OutgoingEvent, Platform, PlatformSecret, PlatformWarning

LIST = "admin:trainings_platformsecret_changelist"
MADE = "platform_secret_made"  # in the session, until the new secret has been shown


@admin.register(PlatformSecret)
class PlatformSecretAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Secrets without their values: a new one is shown once, as it is made."""

    list_display = ("platform", "state", "created", "created_by", "revoked")
    list_display_links = None
    list_select_related = ("platform", "created_by", "revoked_by")
    list_filter = ("platform",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("trainings.add_platformsecret")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        may_revoke = request.user.has_perm("trainings.change_platformsecret")
        return (*self.list_display, *(["act"] if may_revoke else []))

    def get_urls(self) -> list[URLPattern]:
        revoke = self.admin_site.admin_view(self.revoke)
        made = self.admin_site.admin_view(self.made)
        return [
            path("<int:pk>/cabut/", revoke, name="trainings_platformsecret_revoke"),
            path("baru/", made, name="trainings_platformsecret_made"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlatformSecret]:
        # Not even by accident does a page of the admin hold a value.
        return super().get_queryset(request).defer("value")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask for which platform; on POST, make a secret and lead to where it shows."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, "add", platforms=Platform.objects.all())
        platform = get_object_or_404(Platform, slug=request.POST.get("platform", ""))
        by = cast(User, request.user)
        try:
            secret = PlatformSecret.objects.issue(platform, by=by, at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(LIST)
        self.log_addition(request, secret, "Membuat kunci.")
        request.session[MADE] = secret.pk
        return redirect("admin:trainings_platformsecret_made")

    def made(self, request: HttpRequest) -> HttpResponse:
        """Show the secret that was just made: once, and loading it again makes none."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        secret = PlatformSecret.objects.filter(
            pk=request.session.pop(MADE, None), created_by=cast(User, request.user)
        ).first()
        if secret is None:
            messages.info(
                request,
                "Kunci hanya tampil sekali. Kalau belum tersalin, cabut kunci itu, "
                "lalu buat yang baru.",
            )
            return redirect(LIST)
        return self._page(request, "made", secret=secret)

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether; on POST, revoke."""
        if not request.user.has_perm("trainings.change_platformsecret"):
            raise PermissionDenied
        secret = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return self._page(request, "revoke", secret=secret)
        secret.revoke(by=cast(User, request.user), at=timezone.now())
        self.log_change(request, secret, "Mencabut kunci.")
        messages.success(request, f"{secret} sudah dicabut.")
        return redirect(LIST)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/trainings/platformsecret/{name}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )

    @admin.display(description="keadaan")
    def state(self, secret: PlatformSecret) -> SafeString:
        if secret.revoked_at:
            return chip("neutral", "Dicabut")
        return chip("success", "Berlaku")

    @admin.display(description="dibuat (WIB)", ordering="created_at")
    def created(self, secret: PlatformSecret) -> str:
        return wib(secret.created_at)

    @admin.display(description="dicabut (WIB)")
    def revoked(self, secret: PlatformSecret) -> str:
        by = f" oleh {secret.revoked_by}" if secret.revoked_by else ""
        return f"{wib(secret.revoked_at)}{by}"

    @admin.display(description="tindakan")
    def act(self, secret: PlatformSecret) -> SafeString | str:
        if secret.revoked_at:
            return "–"
        address = reverse("admin:trainings_platformsecret_revoke", args=[secret.pk])
        return format_html('<a href="{}">Cabut {}</a>', address, secret)


@admin.register(OutgoingEvent)
class OutgoingEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("kind", "platform", "state", "attempts", "last_status", "created")
    list_select_related = ("platform",)
    list_filter = ("platform", "kind", "last_status")
    fields = (
        *("kind", "platform", "reference", "payload", "created"),
        *("state", "attempts", "last_status", "next_try"),
    )
    readonly_fields = fields
    actions = ("resend",)
    show_full_result_count = False

    @admin.action(description="Kirim ulang", permissions=["resend"])
    def resend(self, request: HttpRequest, chosen: QuerySet[OutgoingEvent]) -> None:
        sent = 0
        for event in chosen.select_related("platform"):
            try:
                events.resend(event, at=timezone.now())
            except Refusal as refusal:
                messages.error(request, f"{event}: {refusal.message}")
            else:
                self.log_change(request, event, "Mengirim ulang.")
                sent += 1
        if sent:
            messages.success(request, f"{sent} kabar dikirim ulang.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("trainings.resend_event")

    @admin.display(description="keadaan")
    def state(self, event: OutgoingEvent) -> SafeString:
        if event.delivered_at:
            return chip("success", "Diterima platform")
        if event.next_at:
            return chip("info", "Menunggu dikirim")
        return chip("danger", "Berhenti dicoba")

    @admin.display(description="dibuat (WIB)", ordering="created_at")
    def created(self, event: OutgoingEvent) -> str:
        return wib(event.created_at)

    @admin.display(description="dicoba lagi (WIB)")
    def next_try(self, event: OutgoingEvent) -> str:
        return wib(event.next_at)


@admin.register(PlatformWarning)
class PlatformWarningAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("platform", "kind", "count", "since")
    list_display_links = None
    list_select_related = ("platform",)
    list_filter = ("platform", "kind")

    @admin.display(description="jam mulai (WIB)", ordering="hour")
    def since(self, warning: PlatformWarning) -> str:
        return wib(warning.hour)
