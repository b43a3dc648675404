"""Lists over millions of people: no exact counts, searches that an index answers.

What identifies a person (NIK, card number, phone, e-mail) is searched for by POST, so
that it stands in no address, history or log; the answer is the person's own page.
"""

import re
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from participants.admin.display import grouped
from participants.models import Applicant, Participant, User
from participants.models.applicant import SIXTEEN_DIGITS

# Rows that are counted, and that can be paged through; beyond it one searches.
COUNTED = 10_000
# People found by one identifier; a phone number may be a family's.
FOUND = 20


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Count up to COUNTED; for a whole table, say what PostgreSQL estimates."""

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED)

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by().values("pk")[: COUNTED + 1].count()

    @cached_property
    def size_in_words(self) -> str:
        """``sekitar 3.154.929``, ``lebih dari 10.000`` or the exact count."""
        if self._counted <= COUNTED:
            return grouped(self.count)
        if estimate := self._estimate():
            return f"sekitar {grouped(estimate)}"
        return f"lebih dari {grouped(COUNTED)}"

    def _estimate(self) -> int:
        if self.object_list.query.where or connection.vendor != "postgresql":
            return 0
        table = self.object_list.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
                [table],
            )
            estimate: int = cursor.fetchone()[0]
        return estimate if estimate > COUNTED else 0


def is_name(term: str) -> bool:
    return "@" not in term and not _digits(term).isdecimal()


def _digits(term: str) -> str:
    """Return a number without the spaces, dots and dashes that people write in it."""
    return re.sub(r"[\s.()+-]", "", term)


def user_ids(term: str, *, card_numbers: bool) -> list[int]:
    """Return whose e-mail, phone, NIK or card number this is; +62 is 0.

    Each kind is one query on one index; asked together in one, they would read the
    whole table.
    """
    if "@" in term:
        return _ids(User.objects.filter(email=term.strip()).values_list("pk"))
    digits = _digits(term)
    if re.match(SIXTEEN_DIGITS, digits):
        ids = _ids(Applicant.objects.filter(nik=digits).values_list("user_id"))
        if card_numbers:
            cards = Participant.objects.filter(card_number=digits)
            ids += _ids(cards.values_list("user_id"))
        return ids
    phone = re.sub("^62", "0", digits)
    return _ids(Applicant.objects.filter(phone=phone).values_list("user_id"))


def _ids(rows: "QuerySet[Any, tuple[int, ...]]") -> list[int]:
    return [row[0] for row in rows[:FOUND]]


class PeopleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table of people: read, searched, never deleted.

    ``user_path`` is the lookup from a row to its user, with its trailing ``__``.
    """

    user_path = "user__"
    paginator = CappedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ("-pk",)
    search_fields = ("pk",)  # shows the search form; search_people does the search
    search_help_text = "E-mail, nomor HP, atau NIK yang lengkap; atau awal nama."
    view_on_site = False

    @admin.display(description="nama")
    def full_name(self, row: Any) -> Any:
        return self._user(row).full_name

    @admin.display(description="e-mail")
    def email(self, row: Any) -> Any:
        return self._user(row).email

    def _user(self, row: Any) -> User:
        for name in self.user_path.split("__")[:-1]:
            row = getattr(row, name)
        return cast(User, row)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the list's own filters: ``?nik__startswith=3`` would tell digits."""
        names = set(map(_filter_name, self.list_filter))
        is_filter = lookup.partition("__")[0] in names or lookup == "id__in"
        return is_filter and super().lookup_allowed(lookup, value, request)

    def search_people(
        self, people: QuerySet[Model], term: str, *, card_numbers: bool
    ) -> QuerySet[Model]:
        """Find by what identifies a person, whole; or by how their name begins."""
        if is_name(term):
            lookup = f"{self.user_path}full_name__istartswith"
            return people.filter(**{lookup: " ".join(term.split())})
        ids = user_ids(term, card_numbers=card_numbers)
        return people.filter(**{f"{self.user_path}pk__in": ids})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        found = self.search_people(queryset, search_term, card_numbers=False)
        return found, False

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> list[tuple[str, str]]:
        # Django 6.1's own first choice has no Indonesian translation.
        first = [("", "Pilih tindakan")]
        return super().get_action_choices(request, first, action_location)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        find = path(
            "cari/",
            self.admin_site.admin_view(self.find),
            name=f"{self.opts.app_label}_{self.opts.model_name}_find",
        )
        return [find, *super().get_urls()]

    @property
    def find_address(self) -> str:
        return self._address("find")

    def _address(self, name: str, *args: Any) -> str:
        view = f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}"
        return reverse(view, args=args)

    @method_decorator(require_POST)
    def find(self, request: HttpRequest) -> HttpResponse:
        """Go to the one person found, or to the list of those found by name."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        term = request.POST.get("q", "").replace("\0", "").strip()
        if is_name(term):
            query = urlencode({"q": term} if term else {})
            return redirect(f"{self._address('changelist')}?{query}")
        people = self.search_people(
            self.get_queryset(request),
            term,
            card_numbers=request.user.has_perm("participants.view_card_number"),
        )
        found = [person.pk for person in people[:FOUND]]
        if not found:
            messages.warning(
                request,
                f"Tidak ada {self.opts.verbose_name} dengan e-mail atau nomor itu. "
                "Periksa lagi, lalu cari dengan nomor lengkap.",
            )
            return redirect(self._address("changelist"))
        if len(found) == 1:
            return redirect(self._address("change", found[0]))
        query = urlencode({"id__in": ",".join(map(str, found))})
        return redirect(f"{self._address('changelist')}?{query}")


def _filter_name(list_filter: Any) -> str:
    if isinstance(list_filter, str):
        return list_filter
    name: str = list_filter.parameter_name
    return name
