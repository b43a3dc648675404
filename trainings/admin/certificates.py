"""Certificates in the admin: read only, found by number or by whose they are."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from participants.admin.display import ReadOnly, link, wib
from participants.admin.large_lists import PeopleAdmin
from trainings.models import Certificate


@admin.register(Certificate)
class CertificateAdmin(ReadOnly, PeopleAdmin):
    """Newest first; found by number, or by whose it is."""

    user_path = "purchase__participant__user__"
    list_display = ("number", "holder_name", "training", "issued")
    list_select_related = (
        "purchase__training",
        "purchase__participant__user",
        "purchase__participant__wave",
    )
    search_help_text = "Nomor sertifikat; atau e-mail yang lengkap; atau awal nama."
    fields = ("number", "holder_name", "purchase_page", "issued", "check_code")
    readonly_fields = fields

    def search_people(
        self, people: QuerySet[Any], term: str, *, card_numbers: bool
    ) -> QuerySet[Any]:
        if term.strip().upper().startswith("PRA-"):
            return people.filter(number=term.strip().upper())
        return super().search_people(people, term, card_numbers=card_numbers)

    @admin.display(description="pelatihan")
    def training(self, certificate: Certificate) -> str:
        return certificate.purchase.training.title

    @admin.display(description="pembelian")
    def purchase_page(self, certificate: Certificate) -> SafeString:
        return link(certificate.purchase, certificate.purchase.training.title)

    @admin.display(description="terbit (WIB)")
    def issued(self, certificate: Certificate) -> str:
        return wib(certificate.issued_at)
