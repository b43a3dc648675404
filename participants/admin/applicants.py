"""Applicants and their applications in the admin: read only, numbers masked."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from participants.admin.display import ReadOnly, link
from participants.admin.large_lists import PeopleAdmin
from participants.models import Applicant, Application


class ApplicationInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Application
    fields = ("wave", "joined_at", "outcome", "rejection_reason", "decided_at")
    readonly_fields = fields
    verbose_name_plural = "Keikutsertaan dalam seleksi (WIB)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        rows = super().get_queryset(request)
        return rows.select_related("wave", "applicant__user")


@admin.register(Applicant)
class ApplicantAdmin(ReadOnly, PeopleAdmin):
    """Opening an applicant's full NIK and KK leaves a line in the history."""

    list_display = (
        "full_name",
        "email",
        "nik_masked",
        "phone",
        "birth_date",
    )
    list_select_related = ("user",)
    readonly_fields = (
        "person",
        "email",
        "phone",
        "birth_date",
        "nik",
        "family_card_number",
        "nik_masked",
        "family_card_masked",
    )
    inlines = (ApplicationInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        numbers = ("nik_masked", "family_card_masked")
        if self._may_see_numbers(request):
            numbers = ("nik", "family_card_number")
        return (("person", "email", "phone"), ("birth_date", *numbers))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        applicant = (getattr(response, "context_data", None) or {}).get("original")
        if applicant is not None and self._may_see_numbers(request):
            self.log_change(request, applicant, "Melihat NIK dan nomor KK lengkap.")
        return response

    def _may_see_numbers(self, request: HttpRequest) -> bool:
        return request.user.has_perm("participants.view_identity_numbers")

    @admin.display(description="pengguna")
    def person(self, applicant: Applicant) -> SafeString:
        return link(applicant.user)

    @admin.display(description="NIK")
    def nik_masked(self, applicant: Applicant) -> str:
        return applicant.masked_nik

    @admin.display(description="nomor KK")
    def family_card_masked(self, applicant: Applicant) -> str:
        return applicant.masked_family_card_number


@admin.register(Application)
class ApplicationAdmin(ReadOnly, PeopleAdmin):
    user_path = "applicant__user__"
    list_display = (
        "full_name",
        "email",
        "wave",
        "outcome",
        "rejection_reason",
    )
    list_filter = ("wave", "outcome")
    list_select_related = ("applicant__user", "wave")
    fields = (
        ("person", "wave", "joined_at"),
        ("outcome", "decided_at", "rejection_reason"),
    )
    readonly_fields = (*fields[0], *fields[1])

    @admin.display(description="pendaftar")
    def person(self, application: Application) -> SafeString:
        return link(application.applicant)
