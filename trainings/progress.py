"""How far a purchase has come, in words: who has to act, by when, and whom to ask.

The report of the end goes three legs before the certificate: provider → platform →
programme office. Its most frequent complaint is silence, so each leg has a day.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from prakerja.rupiah import rupiah
from trainings.learning import name_differs
from trainings.models import Purchase, Stage
from trainings.models.purchase import STAGE_TIMES

OFFICE = "Prakerja"
OFFICE_CONTACT = "0800-150-3001 (bebas pulsa)"
# Working days that each leg may take: the programme's own words to participants, 2021
# (1x24 working hours, 1x24 working hours, up to 7 working days).
LEG_DAYS = {Stage.FINISHED: 1, Stage.AT_PLATFORM: 1, Stage.AT_OFFICE: 7}
REPORT_DAYS = sum(LEG_DAYS.values())
WEEKEND = 5  # date.weekday() of Saturday


def add_working_days(day: dt.date, count: int) -> dt.date:
    """Return the ``count``-th day after ``day`` that is Monday to Friday.

    Public holidays are not known here, so people read which days are meant.
    """
    while count:
        day += dt.timedelta(days=1)
        count -= day.weekday() < WEEKEND
    return day


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One leg of the report: who has it, since which day, and until when."""

    holder: str
    contact: str
    since: dt.date
    expected_by: dt.date
    certificate_by: dt.date

    def is_late(self, *, today: dt.date) -> bool:
        """Whether the expected day is over."""
        return today > self.expected_by


def leg(purchase: Purchase) -> Leg | None:
    """Return the leg that the report is on, or None before the end and after."""
    stage = Stage(purchase.stage)
    if stage not in LEG_DAYS:
        return None
    holder, contact = _holder(purchase)
    since = timezone.localdate(getattr(purchase, STAGE_TIMES[stage]))
    expected_by = add_working_days(since, LEG_DAYS[stage])
    legs = list(LEG_DAYS)
    later = legs[legs.index(stage) + 1 :]
    return Leg(
        holder=holder,
        contact=contact,
        since=since,
        expected_by=expected_by,
        certificate_by=add_working_days(
            expected_by, sum(LEG_DAYS[stage] for stage in later)
        ),
    )


def _holder(purchase: Purchase) -> tuple[str, str]:
    """Return who has the report, and how to reach them."""
    provider, platform = purchase.training.provider, purchase.order.platform
    match purchase.stage:
        case Stage.FINISHED:
            return provider.name, provider.contact
        case Stage.AT_PLATFORM if platform is not None:
            return platform.name, platform.contact
        case _:
            # What is bought on this site has no platform but this one.
            return OFFICE, OFFICE_CONTACT


def late_reports(*, today: dt.date) -> Q:
    """Return the condition for purchases whose leg's expected day is over, as SQL."""
    condition = Q(pk__in=[])
    for stage, days in LEG_DAYS.items():
        newest = today - dt.timedelta(days=1)
        while add_working_days(newest, days) >= today:
            newest -= dt.timedelta(days=1)
        field = STAGE_TIMES[stage]
        condition |= Q(("stage", stage), (f"{field}__date__lte", newest))
    return condition


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the owner of a purchase reads: what it means, and what happens next."""

    label: str
    tone: str
    meaning: str
    next: str
    leg: Leg | None = None
    is_late: bool = False
    has_wrong_name: bool = False


def progress(purchase: Purchase, *, today: dt.date) -> Progress:
    """Return where a purchase stands; ``today`` is the day in WIB."""
    now = leg(purchase)
    if now is not None:
        return _reported(purchase, now, today=today)
    provider = purchase.training.provider
    tone, meaning, then = "info", "", ""
    match purchase.stage:
        case Stage.PAID:
            meaning = "Pelatihan sudah dibayar, vouchernya belum dipakai."
            then = f"Tukarkan kode voucher di {provider} ({provider.contact})."
        case Stage.REDEEMED:
            meaning = "Voucher sudah ditukar. Kamu bisa mulai belajar."
            then = (
                f"Mulai di {provider} ({provider.contact}). "
                f"Jadwal: {purchase.training.schedule}."
            )
        case Stage.IN_PROGRESS:
            meaning = f"Kamu sedang belajar di {provider} ({provider.contact})."
            then = (
                "Ikuti sampai 100%, juga ujian akhirnya. Sertifikat terbit paling "
                f"lama {REPORT_DAYS} hari kerja (Senin–Jumat) setelah itu."
            )
        case Stage.COMPLETED:
            tone = "success"
            on = date_format(timezone.localdate(purchase.completed_at))
            meaning = f"Pelatihan selesai. Sertifikat terbit {on}."
            then = _after_the_end(purchase)
        case _:
            tone = "neutral"
            on = date_format(timezone.localdate(purchase.cancelled_at))
            meaning = f"Dibatalkan {on}: {purchase.cancel_reason.rstrip('.')}."
            then = f"{rupiah(purchase.price)} sudah kembali ke saldo pelatihanmu."
    return Progress(
        label=purchase.get_stage_display(), tone=tone, meaning=meaning, next=then
    )


def _after_the_end(purchase: Purchase) -> str:
    if has_review(purchase):
        return "Ulasanmu sudah masuk. Tidak ada yang perlu kamu lakukan di sini."
    if getattr(purchase, "is_later", False):  # only the first brings an incentive
        return "Beri bintang dan ulasan, supaya orang lain tahu seperti apa isinya."
    return (
        "Beri bintang dan ulasan. Insentif pelatihan pertama baru dijadwalkan "
        "setelah itu."
    )


def _reported(purchase: Purchase, now: Leg, *, today: dt.date) -> Progress:
    has_wrong_name, is_late = name_differs(purchase), now.is_late(today=today)
    provider = purchase.training.provider
    meaning = {
        Stage.FINISHED: f"Kamu sudah selesai belajar. Laporannya ada di {now.holder}.",
        Stage.AT_PLATFORM: f"Laporanmu ada di {now.holder}, menunggu "
        + ("diperiksa." if now.holder == OFFICE else "diteruskan."),
        Stage.AT_OFFICE: "Laporanmu sedang diperiksa Prakerja.",
    }[Stage(purchase.stage)]
    then = (
        f"Sertifikat terbit paling lambat {date_format(now.certificate_by)}. Kamu "
        "tidak perlu melakukan apa-apa."
    )
    if is_late:
        meaning = f"Laporanmu terlambat: masih di {now.holder}."
        then = (
            f"Batasnya {date_format(now.expected_by)}. Tanyakan ke "
            f"{now.holder}: {now.contact}."
        )
    if has_wrong_name:
        meaning = (
            f"Nama di laporan: {purchase.reported_name or '(kosong)'}, di akunmu: "
            f"{purchase.participant.user.full_name}."
        )
        then = (
            f"Hubungi {provider} ({provider.contact}) dan minta laporannya dibetulkan. "
            "Sertifikat baru bisa terbit setelah itu."
        )
    return Progress(
        label=_report_label(purchase),
        tone="warning" if is_late or has_wrong_name else "info",
        meaning=meaning,
        next=then,
        leg=now,
        is_late=is_late,
        has_wrong_name=has_wrong_name,
    )


def _report_label(purchase: Purchase) -> str:
    if purchase.stage == Stage.AT_PLATFORM and purchase.order.platform is None:
        return f"Laporan di {OFFICE}"
    return purchase.get_stage_display()


def has_review(purchase: Purchase) -> bool:
    """Whether it was reviewed; costs a query unless ``for_progress`` loaded it."""
    return getattr(purchase, "review", None) is not None


@dataclass(frozen=True)
class Milestone:
    title: str
    detail: str
    state: str  # done, now, later

    @property
    def state_words(self) -> str:
        return {"done": "Selesai", "now": "Sekarang", "later": "Nanti"}[self.state]


MILESTONES = {
    "paid_at": "Dibayar",
    "redeemed_at": "Voucher ditukar",
    "started_at": "Mulai belajar",
    "finished_at": "Selesai belajar",
    "at_platform_at": "Laporan diteruskan lembaga",
    "at_office_at": "Laporan diterima Prakerja",
    "completed_at": "Sertifikat terbit",
}


# What is bought on this site has no platform between the provider and the office.
MILESTONES_HERE = MILESTONES | {
    "at_platform_at": f"Laporan diterima {OFFICE}",
    "at_office_at": f"Laporan diperiksa {OFFICE}",
}


def milestones(purchase: Purchase, *, today: dt.date) -> list[Milestone]:
    """Return the whole way of a purchase that was not cancelled, with its days.

    Once a leg is late nothing is promised for those after it.
    """
    now = leg(purchase)
    titles = MILESTONES if purchase.order.platform else MILESTONES_HERE
    reached = {
        title: at and date_format(timezone.localdate(at))
        for field, title in titles.items()
        for at in [getattr(purchase, field)]
    }
    reached["Bintang dan ulasan"] = (
        date_format(timezone.localdate(purchase.review.created_at))
        if has_review(purchase)
        else None
    )
    following = next((title for title, day in reached.items() if day is None), "")
    expected = {}
    if now and not now.is_late(today=today):
        expected["Sertifikat terbit"] = now.certificate_by
    if now:
        expected[following] = now.expected_by
    return [
        Milestone(
            title,
            day or (f"Paling lambat {date_format(by)}" if by else ""),
            "done" if day else "now" if title == following else "later",
        )
        for title, day in reached.items()
        for by in [expected.get(title)]
    ]
