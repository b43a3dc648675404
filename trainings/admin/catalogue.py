"""The catalogue in the admin: platforms, providers, trainings and their history."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from participants.admin.display import chip, grouped
from participants.models.participant import TRAINING_GRANT
from prakerja.rupiah import rupiah
from trainings.admin import catalogue_import
from trainings.admin.history import WithHistory
from trainings.catalogue_file import RUPIAH, as_csv, written
from trainings.models import Platform, Provider, SaleState, Training

TONES = {
    SaleState.UPCOMING: "info",
    SaleState.ON_SALE: "success",
    SaleState.ENDED: "neutral",
}
EXPORTED_AT_ONCE = 1_000


class SaleStateFilter(SimpleListFilter):
    title = "keadaan"
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in SaleState]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Training]
    ) -> QuerySet[Training]:
        if (state := self.value()) not in SaleState.values:
            return queryset
        today = timezone.localdate()
        found = Training.objects.in_sale_state(SaleState(str(state)), today=today)
        return queryset.filter(pk__in=found)


class RupiahField(forms.IntegerField):
    """Whole rupiah, however people write it: 500000, 500.000 or Rp500.000.

    Django alone would take 500.000 for 500.
    """

    widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "vTextField"})

    def prepare_value(self, value: Any) -> Any:
        return grouped(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = str(value).strip() if value is not None else ""
        match = RUPIAH.fullmatch(text)
        if text and not match:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(match and match[1].replace(".", ""))


class TrainingForm(forms.ModelForm):  # type: ignore[type-arg]
    price = RupiahField(
        label="Harga (rupiah)",
        min_value=1,
        error_messages={"invalid": "Tulis rupiah bulat, misalnya 500.000."},
        help_text="Berlaku untuk pembelian berikutnya. Yang sudah dipesan atau dibeli "
        "tetap dengan harganya sendiri.",
    )

    class Meta:
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 3}),
            "platforms": forms.CheckboxSelectMultiple,
        }


class NotDeletedWhileUsed(WithHistory):
    """Rows that others hang on: the page says so, instead of a list of them."""

    actions = None

    def used_by(self, row: Any) -> str:
        """Return what would be lost with a row, or nothing."""
        raise NotImplementedError

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and (used_by := self.used_by(row)):
            messages.error(request, f"{row} tidak bisa dihapus: sudah ada {used_by}.")
            name = f"admin:trainings_{self.opts.model_name}_change"
            return redirect(name, row.pk)
        return super().delete_view(request, object_id, extra_context)


class SellersAdmin(NotDeletedWhileUsed):
    """Platforms and providers."""

    list_display = ("name", "slug", "contact", "offered")
    search_fields = ("name", "slug")
    search_help_text = "Nama atau kode."
    fields: ClassVar[tuple[str, ...]] = ("name", "slug", "contact")
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).annotate(offered=Count("trainings"))
        return cast("QuerySet[Any]", rows)

    def used_by(self, row: Any) -> str:
        return f"{grouped(row.offered)} pelatihan" if row.offered else ""

    @admin.display(description="pelatihan", ordering="offered")
    def offered(self, row: Any) -> str:
        return grouped(row.offered)


@admin.register(Platform)
class PlatformAdmin(SellersAdmin):
    fields = (*SellersAdmin.fields, "webhook_url", "requests_a_minute")

    def used_by(self, row: Any) -> str:
        return super().used_by(row) or ("pesanan" if _has_orders(row) else "")


def _has_orders(platform: Platform) -> bool:
    return platform.orders.exists() or platform.order_requests.exists()


@admin.register(Provider)
class ProviderAdmin(SellersAdmin):
    pass


@admin.register(Training)
class TrainingAdmin(NotDeletedWhileUsed):
    form = TrainingForm
    list_display = (
        "title",
        "code",
        "provider",
        "category",
        "mode",
        "price_in_words",
        "state",
        "rating",
    )
    list_filter = (SaleStateFilter, "category", "mode", "platforms")
    list_select_related = ("provider",)
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("title", "code", "provider__name")
    search_help_text = "Judul, kode pelatihan, atau nama lembaga."
    fieldsets = (
        (None, {"fields": (("code", "slug"), "title", "summary", "outcomes")}),
        (
            "Belajar",
            {"fields": (("category", "mode", "hours"), "schedule", "provider")},
        ),
        (
            "Penjualan",
            {"fields": ("price", ("on_sale_from", "on_sale_until"), "platforms")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Training]:
        return super().get_queryset(request).defer("search_text")

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        words = {"empty_label": f"Pilih {db_field.verbose_name}"}
        return super().formfield_for_foreignkey(db_field, request, **words | kwargs)

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        blank = [("", f"Pilih {db_field.verbose_name}")]
        choices = {"choices": [*blank, *db_field.get_choices(include_blank=False)]}
        return super().formfield_for_choice_field(db_field, request, **choices | kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the address and the code: links and files of partners hold them."""
        return () if obj is None else ("code", "slug")

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Any = None
    ) -> dict[str, Any]:
        return {"slug": ("title",)} if obj is None else {}

    def view_on_site(self, obj: Training) -> str:
        return obj.get_absolute_url()

    def used_by(self, row: Training) -> str:
        if row.purchases.exists():
            return "pembelian"
        return "pesanan" if row.orders.exists() else ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_import = catalogue_import.may_import(request)
        context = {"title": "Pelatihan", "may_import": may_import}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "ekspor.csv",
            self.admin_site.admin_view(self.export),
            name="trainings_training_export",
        )
        return [export, *catalogue_import.urls(self.admin_site), *super().get_urls()]

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """Write down what the list shows with its filters, as the import reads it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request).get_queryset(request)
        rows = found.select_related("provider").prefetch_related("platforms")
        day = timezone.localdate()
        return StreamingHttpResponse(
            as_csv(written(rows.iterator(EXPORTED_AT_ONCE))),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="pelatihan-{day}.csv"'
            },
        )

    def save_model(
        self, request: HttpRequest, obj: Training, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.price > TRAINING_GRANT:
            messages.warning(
                request,
                f"Harganya {rupiah(obj.price)}, lebih dari saldo penuh "
                f"{rupiah(TRAINING_GRANT)}, jadi tidak seorang pun bisa membelinya. "
                "Periksa harganya.",
            )

    @admin.display(description="harga", ordering="price")
    def price_in_words(self, training: Training) -> str:
        return rupiah(training.price)

    @admin.display(description="keadaan")
    def state(self, training: Training) -> SafeString:
        state = training.sale_state(today=timezone.localdate())
        return chip(TONES[state], state.label)

    @admin.display(description="bintang")
    def rating(self, training: Training) -> str:
        if not training.rating_count:
            return "–"
        return f"{training.stars} ({grouped(training.rating_count)})"
