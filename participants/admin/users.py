"""Accounts in the admin, and the mail by which people set a password."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from participants.admin.display import link
from participants.admin.large_lists import PeopleAdmin
from participants.models import User

# Links sent at once: more would keep the page waiting for the mail server.
PASSWORD_LINKS = 100
HASH_FIELDSET = "Kata sandi"


@admin.action(
    description="Kirim tautan untuk membuat kata sandi",
    permissions=["view"],
    location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
)
def send_password_links(
    modeladmin: PeopleAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
) -> None:
    """Mail each person the link by which they set a password.

    Nobody of a wave that is not announced yet gets one, and no closed account.
    """
    rows = queryset.order_by("pk").values_list(f"{modeladmin.user_path}pk", flat=True)
    chosen = list(rows[: PASSWORD_LINKS + 1])
    if len(chosen) > PASSWORD_LINKS:
        messages.error(
            request,
            f"Paling banyak {PASSWORD_LINKS} orang sekali kirim. Pilih lebih sedikit.",
        )
        return
    may_know = Q(participant=None) | Q(
        participant__wave__announced_at__lte=timezone.now()
    )
    people = User.objects.filter(may_know, pk__in=chosen, is_active=True)
    sent = 0
    for email in people.values_list("email", flat=True):
        form = ResetPasswordForm({"email": email})
        if form.is_valid():
            form.save(request)
            sent += 1
    messages.success(request, f"Tautan dikirim ke {sent} orang.")
    if skipped := len(chosen) - sent:
        messages.warning(
            request,
            f"{skipped} orang dilewati: gelombangnya belum diumumkan, atau akunnya "
            "tidak aktif.",
        )


class RolesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group gives nothing to who may not enter the staff pages."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("groups") and not data.get("is_staff"):
            self.add_error(
                "is_staff",
                "Centang ini juga. Tanpa ini, anggota grup tidak bisa masuk.",
            )
        return data


class ChangedUserForm(RolesForm, UserChangeForm):  # type: ignore[type-arg]
    pass


class NewUserForm(RolesForm):
    """A new account has no password: its owner sets one by the link in the mail."""

    def save(self, commit: bool = True) -> Any:
        self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(PeopleAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    user_path = ""
    list_display = ("full_name", "email", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("pk",)
    ordering = ("-pk",)
    actions = (send_password_links,)
    readonly_fields = ("last_login", "date_joined", "roles")
    fieldsets = (
        (None, {"fields": (("full_name", "email"), "roles")}),
        (HASH_FIELDSET, {"fields": ("password",)}),
        (
            "Hak di halaman petugas",
            {"fields": (("is_active", "is_staff", "is_superuser"), "groups")},
        ),
        ("Waktu (WIB)", {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (("full_name", "email"), "is_staff", "groups"),
                "description": "Kata sandinya dibuat sendiri oleh orangnya: setelah "
                "menyimpan, tekan “Kirim tautan untuk membuat kata sandi”.",
            },
        ),
    )
    form = ChangedUserForm
    add_form = NewUserForm
    add_form_template = None
    filter_horizontal = ()
    formfield_overrides = {
        models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}
    }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the hash's details out for who can't set another password."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(name, options) for name, options in fieldsets if name != HASH_FIELDSET]

    @admin.display(description="sebagai")
    def roles(self, user: User) -> SafeString | str:
        rows = [getattr(user, name, None) for name in ("applicant", "participant")]
        links = [[link(row, row._meta.verbose_name)] for row in rows if row]
        return format_html_join(" · ", "{}", links) or "–"
