"""The public home, the help page, and the dashboard: the page that needs every app."""

import datetime as dt
from dataclasses import dataclass, field
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from participants.models import (
    Application,
    Outcome,
    Participant,
    RejectionReason,
    User,
    Wave,
    WaveState,
)
from participants.models.participant import ONBOARDING_VIDEOS
from participants.revoking import lost_balance
from prakerja.next_step import next_step, urgency
from trainings.models import Purchase
from trainings.models.order import ORDER_OPEN_FOR
from trainings.progress import REPORT_DAYS, has_review, progress
from trainings.purchasing import payable_orders

WAITING_FOR = """
SELECT
    (SELECT COUNT(*) FROM participants_notice
     WHERE participant_id = %s AND read_at IS NULL),
    EXISTS (SELECT 1 FROM trainings_order
            WHERE participant_id = %s AND cancelled_at IS NULL AND ordered_at > %s)
"""

type Dates = list[tuple[str, dt.datetime | None]]


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "prakerja/home.html")


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "prakerja/help.html")


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    user = cast(User, request.user)
    participant = user.announced_participant(at=now)
    if participant is not None:
        context = participant_context(participant, at=now)
        return render(request, "prakerja/dashboard.html", context)
    application = (
        Application.objects.filter(applicant__user=user).latest_wave_first().first()
    )
    if application is not None:
        status = applicant_status(application, at=now)
    elif user.is_staff:
        status = STAFF
    else:
        status = no_wave_status(Wave.objects.in_state(WaveState.OPEN, at=now).first())
    return render(
        request,
        "prakerja/dashboard_applicant.html",
        {"status": status, "application": application},
    )


def participant_context(
    participant: Participant, *, at: dt.datetime
) -> dict[str, object]:
    """Return what the participant's dashboard shows."""
    today = timezone.localdate(at)
    number = participant.visible_card_number(at=at)
    next_video = participant.next_video
    days_left = participant.days_left(today=today)
    viewing = participant.current_viewing
    unread, has_ordered = _waiting_for(participant, at=at)
    has_bought = participant.first_purchased_at is not None
    live = participant.purchases.live().for_progress() if has_bought else ()
    purchases = list(live)
    orders = payable_orders(participant, purchases, at=at) if has_ordered else []
    order = orders[0] if orders else None
    return {
        "participant": participant,
        "number": number,
        "card_groups": number and [number[i : i + 4] for i in range(0, 16, 4)],
        "videos_completed": participant.videos_completed,
        "next_video": next_video,
        "credited_percent": viewing.percent
        if viewing and viewing.video_id == next_video
        else 0,
        "deadline_tone": urgency(days_left),
        "deadline_words": deadline_words(days_left),
        "balance_is_late": participant.is_funding_late(today=today),
        "lost": lost_balance(participant),
        "unread": unread,
        "step": next_step(participant, purchases, order=order, today=today),
        "journey": journey(participant, purchases, today=today),
        "purchase": purchases[0] if purchases else None,
        "progress": progress(purchases[0], today=today) if purchases else None,
    }


def _waiting_for(participant: Participant, *, at: dt.datetime) -> tuple[int, bool]:
    """Return how many notices are unread, and whether an order may still be open.

    By hand, because it is asked on every visit and says no on almost all: putting these
    two together in the ORM takes a fifth of the page's time (docs/performance.md).
    """
    since = connection.ops.adapt_datetimefield_value(at - ORDER_OPEN_FOR)
    with connection.cursor() as cursor:
        cursor.execute(WAITING_FOR, [participant.pk, participant.pk, since])
        unread, has_ordered = cursor.fetchone()
    return unread, bool(has_ordered)


def deadline_words(days_left: int) -> str:
    if days_left < 0:
        return "Sudah lewat"
    return f"Tersisa {days_left} hari" if days_left else "Hari terakhir"


@dataclass(frozen=True)
class JourneyStep:
    title: str
    detail: str
    state: str  # done, now, later, missed

    @property
    def state_words(self) -> str:
        return {
            "done": "Selesai",
            "now": "Sekarang",
            "later": "Nanti",
            "missed": "Terlewat",
        }[self.state]


def journey(
    participant: Participant, purchases: list[Purchase], *, today: dt.date
) -> list[JourneyStep]:
    """Return the whole way from passing to the incentive, with what is done.

    Of the purchases, newest first, only the oldest earns it.
    """
    watched = participant.videos_completed
    bought_at = participant.first_purchased_at
    missed = bought_at is None and (
        participant.is_revoked or participant.is_overdue(today=today)
    )
    first = purchases[-1] if purchases else None
    has_certificate = first is not None and first.is_completed
    is_done = [
        True,
        watched == ONBOARDING_VIDEOS,
        first is not None,
        has_certificate,
        first is not None and has_review(first),
    ]
    deadline = f"{date_format(participant.purchase_deadline)}, 23.59 WIB"
    words = [
        ("Lolos seleksi", date_format(participant.pass_date)),
        ("Tonton 3 video", f"{watched} dari {ONBOARDING_VIDEOS} selesai"),
        (
            "Beli pelatihan pertama",
            _first_purchase_words(bought_at, is_live=first is not None)
            if bought_at
            else f"Paling lambat {deadline}",
        ),
        (
            "Selesaikan pelatihan, dapat sertifikat",
            f"Terbit {date_format(timezone.localdate(first.completed_at))}"
            if first and first.completed_at
            else f"Terbit paling lama {REPORT_DAYS} hari kerja setelah kamu selesai",
        ),
        ("Beri bintang dan ulasan", "1 sampai 5 bintang, dan ulasan tertulis"),
        ("Sambungkan rekening atau e-wallet", "BNI, OVO, LinkAja, GoPay, atau DANA"),
        ("Terima insentif", "4 × Rp600.000, dan survei 3 × Rp50.000"),
    ]
    states: list[str] = []
    for index in range(len(words)):
        if index < len(is_done) and is_done[index]:
            states.append("done")
        elif participant.is_revoked or missed:
            states.append("missed")
        else:
            states.append("later" if "now" in states else "now")
    return [
        JourneyStep(title, detail, state)
        for (title, detail), state in zip(words, states, strict=True)
    ]


def _first_purchase_words(bought_at: dt.datetime, *, is_live: bool) -> str:
    words = f"Dibeli {date_format(timezone.localdate(bought_at))}"
    return words if is_live else f"{words}, lalu dibatalkan. Batas sudah terpenuhi"


@dataclass(frozen=True, kw_only=True)
class Status:
    """What somebody who is not, or not yet, a participant reads."""

    label: str
    meaning: str
    next: str
    reason: str = ""
    tone: str = "info"
    dates: Dates = field(default_factory=list)


TRY_AGAIN = "Kamu boleh ikut gelombang berikutnya tanpa mengisi data lagi."
CALL_US = "Kalau alasan di atas keliru, telepon 0800-150-3001."


def rejection_advice(reason: str) -> str:
    """Return what somebody who did not pass can do now."""
    match reason:
        case RejectionReason.FORMER_RECIPIENT:
            return f"Kartu Prakerja hanya bisa diterima sekali seumur hidup. {CALL_US}"
        case RejectionReason.QUOTA:
            return TRY_AGAIN
        case RejectionReason.SOCIAL_AID:
            return (
                f"{TRY_AGAIN} Kalau kamu bukan penerima bantuan sosial, laporkan ke "
                "https://www.lapor.go.id atau WhatsApp 0811-10-222-10."
            )
        case _:
            return f"{TRY_AGAIN} {CALL_US}"


STAFF = Status(
    label="Akun petugas",
    meaning="Kamu masuk sebagai petugas, bukan peserta.",
    next="Buka halaman Admin untuk mengelola gelombang, peserta, dan video.",
    tone="neutral",
)


def no_wave_status(open_wave: Wave | None) -> Status:
    """Return the status of somebody who has joined no wave."""
    if open_wave is None:
        return Status(
            label="Gelombang Tidak Ditemukan",
            meaning="Belum ada gelombang yang dibuka, dan kamu belum ikut gelombang.",
            next="Tunggu gelombang berikutnya dibuka. Kamu tidak perlu melakukan apa "
            "pun sekarang.",
            tone="neutral",
        )
    return Status(
        label=f"Gelombang {open_wave.number} sedang dibuka",
        meaning="Kamu belum ikut gelombang ini.",
        next="Pendaftaran gelombang belum tersedia di situs ini. Telepon 0800-150-3001 "
        "kalau kamu perlu bantuan.",
        dates=[("Ditutup", open_wave.closes_at), ("Diumumkan", open_wave.announced_at)],
    )


def applicant_status(application: Application, *, at: dt.datetime) -> Status:
    """Return what an applicant reads.

    Until the announcement it follows from the wave's dates alone, so that nothing on
    the page tells the result early.
    """
    wave = application.wave
    dates: Dates = [
        ("Dibuka", wave.opens_at),
        ("Ditutup", wave.closes_at),
        ("Diumumkan", wave.announced_at),
    ]
    if wave.is_open(at=at):
        return Status(
            label="Menunggu gelombang ditutup",
            meaning="Kamu sudah ikut gelombang ini. Seleksi belum dimulai.",
            next="Kamu tidak perlu melakukan apa-apa. Seleksi dimulai setelah "
            "gelombang ditutup; urutan mendaftar tidak memengaruhi hasil. Buka halaman "
            "ini lagi pada waktu pengumuman.",
            dates=dates,
        )
    is_visible = application.has_visible_result(at=at)
    if is_visible and application.outcome == Outcome.NOT_PASSED:
        return Status(
            label="Kamu Belum Berhasil",
            meaning="Kamu belum lolos seleksi gelombang ini.",
            reason=application.get_rejection_reason_display(),
            next=rejection_advice(application.rejection_reason),
            tone="warning",
            dates=dates,
        )
    if wave.is_announced(at=at):
        return Status(
            label="Dalam proses seleksi",
            meaning="Gelombang ini sudah diumumkan, tetapi hasilmu belum kami terima.",
            next="Buka halaman ini lagi besok. Kalau masih begini, telepon "
            "0800-150-3001 (bebas pulsa).",
            tone="warning",
            dates=dates,
        )
    return Status(
        label="Dalam proses seleksi",
        meaning="Gelombang sudah ditutup dan datamu sedang diperiksa. Belum ada hasil.",
        next="Hasilnya muncul di halaman ini pada saat pengumuman. Yang lolos juga "
        "mendapat SMS, jadi jangan ganti nomor HP.",
        dates=dates,
    )
