"""The staff site: Django's admin behind the same login as everybody else's."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver
from django.utils.decorators import method_decorator

# allauth registers its own tables. Staff know people by Pengguna, and the e-mails and
# sessions there are nobody's business. Of the queue staff see the jobs.
NOT_FOR_STAFF = {"account", "usersessions", "django_tasks_database"}


class StaffSite(AdminSite):
    site_title = "Prakerja"
    site_header = "Prakerja · petugas"
    index_title = "Pekerjaan petugas"
    site_url = "/dashboard/"
    empty_value_display = "–"

    @method_decorator([login_not_required, secure_admin_login])
    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send to our login, or on; who is logged in but not staff gets a 403.

        Django's own form is never shown: passwords are tried in one place only.
        """
        return redirect("admin:index")

    def password_change(  # type: ignore[override]  # the stubs know templates only
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # These need the site.
        from participants.admin import (  # noqa: PLC0415
            funding,
            people_import,
            revocation,
        )

        return [
            *people_import.urls(),
            *funding.urls(),
            *revocation.urls(),
            *super().get_urls(),
        ]

    def register(
        self, model_or_iterable: Any, admin_class: Any = None, **options: Any
    ) -> None:
        models = model_or_iterable
        if isinstance(models, type):
            models = [models]
        ours = [m for m in models if m._meta.app_label not in NOT_FOR_STAFF]
        super().register(ours, admin_class, **options)
