"""Tables on a participant's page: made by verbs, read by staff, edited by nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format

from participants.admin.display import ReadOnly, wib
from participants.models import (
    BalanceEntry,
    CardNumberDisclosure,
    Notice,
    Reinstatement,
    VideoViewing,
)
from prakerja.rupiah import rupiah

# What the name of an inline's row is made of.
WHOSE = ("participant__user", "participant__wave")


class VideoViewingInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = VideoViewing
    fields = ("video", "watched", "completed", "granted_by", "grant_reason")
    readonly_fields = fields
    ordering = ("video_id",)
    verbose_name_plural = "Video induksi"

    def get_queryset(self, request: HttpRequest) -> QuerySet[VideoViewing]:
        rows = super().get_queryset(request)
        return rows.select_related("video", "granted_by", *WHOSE)

    @admin.display(description="ditonton")
    def watched(self, viewing: VideoViewing) -> str:
        return f"{int(viewing.credited / viewing.duration * 100)}%"

    @admin.display(description="selesai (WIB)")
    def completed(self, viewing: VideoViewing) -> str:
        return wib(viewing.completed_at) if viewing.is_complete else "Belum"


class BalanceInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = BalanceEntry
    # Three columns: on a phone more would have to be scrolled sideways.
    fields = ("made", "what", "change")
    readonly_fields = fields
    verbose_name_plural = "Riwayat saldo"

    def get_queryset(self, request: HttpRequest) -> QuerySet[BalanceEntry]:
        entries: Any = super().get_queryset(request)
        rows: QuerySet[BalanceEntry] = entries.running().select_related(
            "made_by", *WHOSE
        )
        return rows

    @admin.display(description="waktu (WIB)")
    def made(self, entry: BalanceEntry) -> str:
        return wib(entry.made_at)

    @admin.display(description="mutasi")
    def what(self, entry: BalanceEntry) -> str:
        parts = [entry.get_kind_display(), entry.description, entry.made_by]
        return " · ".join(str(part) for part in parts if part)

    @admin.display(description="jumlah dan saldo sesudahnya")
    def change(self, entry: Any) -> str:
        return f"{rupiah(entry.amount)}, menjadi {rupiah(entry.left)}"


class NoticeInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Notice
    fields = ("made", "title", "body", "read")
    readonly_fields = fields
    verbose_name_plural = "Kabar yang dikirim"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return super().get_queryset(request).select_related(*WHOSE)

    @admin.display(description="waktu (WIB)")
    def made(self, notice: Notice) -> str:
        return wib(notice.made_at)

    @admin.display(description="dibaca (WIB)")
    def read(self, notice: Notice) -> str:
        return wib(notice.read_at) if notice.read_at else "Belum"


class ReinstatementInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Reinstatement
    fields = ("what", "reason")
    readonly_fields = fields
    verbose_name_plural = "Pernah dicabut, lalu dipulihkan"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reinstatement]:
        return super().get_queryset(request).select_related("reinstated_by", *WHOSE)

    @admin.display(description="kejadian (WIB)")
    def what(self, record: Reinstatement) -> str:
        return (
            f"Dicabut {wib(record.revoked_at)}, dipulihkan "
            f"{wib(record.reinstated_at)} oleh {record.reinstated_by}; batas beli baru "
            f"{date_format(record.purchase_deadline)}"
        )


class DisclosureInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = CardNumberDisclosure
    fields = ("disclosed", "disclosed_to", "reason")
    readonly_fields = fields
    verbose_name_plural = "Nomor kartu pernah dibuka petugas"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CardNumberDisclosure]:
        return super().get_queryset(request).select_related("disclosed_to", *WHOSE)

    @admin.display(description="waktu (WIB)")
    def disclosed(self, disclosure: CardNumberDisclosure) -> str:
        return wib(disclosure.disclosed_at)
