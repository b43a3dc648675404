"""Reviews in the admin: read, hidden with a reason, shown again."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from participants.admin.display import ReadOnly, chip, link, wib
from participants.admin.large_lists import PeopleAdmin
from participants.models import User
from trainings import reviewing
from trainings.admin.purchases import PurchaseReasonForm
from trainings.models import Review


class HideForm(PurchaseReasonForm):
    help_text = (
        "Tersimpan bersama namamu dan waktunya. Alasan menyembunyikan dibaca juga oleh "
        "penulisnya. Contoh: Memuat nomor telepon orang."
    )


class HiddenFilter(SimpleListFilter):
    title = "keadaan"
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("tampil", "Tampil"), ("tersembunyi", "Disembunyikan")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Review]
    ) -> QuerySet[Review]:
        if self.value() in {"tampil", "tersembunyi"}:
            return queryset.filter(hidden_at__isnull=self.value() == "tampil")
        return queryset


@admin.register(Review)
class ReviewAdmin(ReadOnly, PeopleAdmin):
    user_path = "purchase__participant__user__"
    list_display = ("words", "stars", "training", "full_name", "written", "state")
    list_filter = (HiddenFilter, "rating")
    list_select_related = ("training", "purchase__participant__user", "hidden_by")
    fields = (
        ("training", "purchase_page"),
        ("stars", "written", "state"),
        "text",
        "hidden",
    )
    readonly_fields = (
        "training",
        "purchase_page",
        "stars",
        "written",
        "state",
        "text",
        "hidden",
    )

    def get_urls(self) -> list[URLPattern]:
        toggle = path(
            "<int:pk>/sembunyikan/",
            self.admin_site.admin_view(self.toggle),
            name="trainings_review_toggle",
        )
        return [toggle, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        may = {"may_hide": request.user.has_perm("trainings.hide_review")}
        return super().change_view(
            request, object_id, form_url, may | (extra_context or {})
        )

    def toggle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason; on POST, hide a review that is shown, or the reverse."""
        if not (
            self.has_view_permission(request)
            and request.user.has_perm("trainings.hide_review")
        ):
            raise PermissionDenied
        review = get_object_or_404(Review.objects.select_related("training"), pk=pk)
        form = HideForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._toggled(
                request,
                review,
                form.cleaned_data["reason"],
                hides="hide" in request.POST,
            )
            return redirect(self._address("change", pk))
        return TemplateResponse(
            request,
            "admin/trainings/review/toggle.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "review": review,
                "form": form,
            },
            status=422 if form.errors else 200,
        )

    def _toggled(
        self, request: HttpRequest, review: Review, reason: str, *, hides: bool
    ) -> None:
        if hides:
            by = cast(User, request.user)
            changed = reviewing.hide(review, reason=reason, by=by, at=timezone.now())
            done = "Ulasan disembunyikan"
        else:
            changed = reviewing.unhide(review)
            done = "Ulasan ditampilkan lagi"
        if changed:
            self.log_change(request, review, f"{done}. Alasan: {reason}")
            messages.success(request, f"{done}.")
        else:
            messages.warning(
                request, "Tidak ada yang berubah: sudah begitu keadaannya."
            )

    @admin.display(description="ulasan")
    def words(self, review: Review) -> str:
        return truncatechars(review.text, 80)

    @admin.display(description="bintang")
    def stars(self, review: Review) -> str:
        return f"{review.rating} dari 5"

    @admin.display(description="ditulis (WIB)")
    def written(self, review: Review) -> str:
        return wib(review.created_at)

    @admin.display(description="keadaan")
    def state(self, review: Review) -> SafeString:
        return (
            chip("danger", "Disembunyikan")
            if review.is_hidden
            else chip("success", "Tampil")
        )

    @admin.display(description="pembelian")
    def purchase_page(self, review: Review) -> SafeString:
        return link(review.purchase)

    @admin.display(description="disembunyikan")
    def hidden(self, review: Review) -> str:
        if not review.is_hidden:
            return "–"
        return f"{wib(review.hidden_at)}, {review.hidden_by}: {review.hidden_reason}"
