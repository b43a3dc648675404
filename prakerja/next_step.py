"""What a participant should do now, and by when: one function decides it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from participants.models import Participant
from participants.models.participant import ONBOARDING_VIDEOS
from trainings.models import Order, Purchase, Stage
from trainings.progress import Progress, has_review, progress

# Days left from which a deadline is shown as near, and as pressing.
SOON_DAYS = 7
URGENT_DAYS = 3
TONES = {"calm": "info", "soon": "warning", "urgent": "danger", "passed": "danger"}


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """One thing to do. ``code`` names the rule; the rest is what the person reads."""

    code: str
    title: str
    detail: str
    action: str = ""
    url: str = ""
    due: dt.datetime | None = None
    tone: str = "info"


def next_step(
    participant: Participant,
    purchases: Sequence[Purchase],
    *,
    order: Order | None = None,
    today: dt.date,
) -> NextStep:
    """Return what this participant should do now; ``today`` is the day in WIB.

    ``purchases`` are all of theirs that were not cancelled, newest first; ``order`` is
    one that can be paid now. The deadline is inclusive: on the day itself there is
    still time until 23.59.59.
    """
    by = f"{date_format(participant.purchase_deadline)}, 23.59 WIB"
    tone = TONES[urgency(participant.days_left(today=today))]
    if participant.is_revoked:
        return NextStep(
            code="object_to_revocation",
            title="Kepesertaanmu sudah dicabut",
            detail="Kalau menurutmu ini keliru, hubungi kami dan jelaskan keberatanmu.",
            action="Ajukan keberatan",
            url=f"{reverse('prakerja:help')}#keberatan",
            tone="danger",
        )
    if participant.is_overdue(today=today):
        return NextStep(
            code="deadline_passed",
            title="Batas beli pelatihan pertama sudah lewat",
            detail=f"Batasnya {by}. Kepesertaanmu akan dicabut dan saldomu hangus. "
            "Kalau kamu sudah membeli sebelum batas itu, hubungi kami sekarang.",
            action="Hubungi kami",
            url=reverse("prakerja:help"),
            due=participant.deadline_at,
            tone="danger",
        )
    position = participant.next_video
    if position is not None:
        left = ONBOARDING_VIDEOS - participant.videos_completed
        return NextStep(
            code="watch_video",
            title=f"Tonton video {position} dari {ONBOARDING_VIDEOS}",
            detail=f"Nomor kartumu muncul setelah {left} video lagi. "
            f"Pelatihan pertama harus dibeli paling lambat {by}.",
            action="Tonton sekarang",
            url=reverse("participants:video", args=[position]),
            due=participant.deadline_at,
            tone=tone,
        )
    if order is not None:
        return _step_of_order(order)
    if participant.first_purchased_at is not None:
        return _step_after_buying(purchases, today=today)
    return _step_of_first_purchase(participant, today=today, tone=tone)


def _step_of_first_purchase(
    participant: Participant, *, today: dt.date, tone: str
) -> NextStep:
    if not participant.is_funded:
        return _step_without_balance(participant, today=today, tone=tone)
    by = f"{date_format(participant.purchase_deadline)}, 23.59 WIB"
    return NextStep(
        code="buy_first_training",
        title=f"Beli pelatihan pertamamu paling lambat {by}",
        detail="Lewat dari itu kepesertaanmu dicabut, saldo hangus, dan kamu tidak "
        "bisa ikut Kartu Prakerja lagi.",
        action="Cari pelatihan",
        url=reverse("trainings:catalogue"),
        due=participant.deadline_at,
        tone=tone,
    )


def _step_of_order(order: Order) -> NextStep:
    until = date_format(timezone.localtime(order.expires_at), "H.i")
    return NextStep(
        code="pay_order",
        title=f"Lanjutkan pembayaran {order.training}, sampai pukul {until} WIB",
        detail="Pesananmu belum dibayar. Setelah waktu itu pesanan batal sendiri; "
        "saldomu belum berkurang.",
        action="Lanjutkan pembayaran",
        url=reverse("trainings:order", args=[order.reference]),
        due=order.expires_at,
        tone="warning",
    )


# What the person does at each stage; where nothing is left to do, they wait.
AFTER_BUYING = {
    Stage.PAID: ("redeem_voucher", "Tukarkan vouchermu", "Lihat voucher"),
    Stage.REDEEMED: ("start_learning", "Mulai belajar", "Lihat pelatihanmu"),
    Stage.IN_PROGRESS: (
        "finish_training",
        "Selesaikan pelatihanmu",
        "Lihat pelatihanmu",
    ),
}


def _step_after_buying(purchases: Sequence[Purchase], *, today: dt.date) -> NextStep:
    if not purchases:
        return NextStep(
            code="buy_again",
            title="Pilih pelatihan lain",
            detail="Pembelianmu dibatalkan dan dananya sudah kembali ke saldomu. Batas "
            "beli sudah terpenuhi: pembelian yang dibatalkan lembaga tidak membuatmu "
            "dicabut.",
            action="Cari pelatihan",
            url=reverse("trainings:catalogue"),
        )
    newest = purchases[0]
    if not newest.is_completed:
        return _step_under_way(newest, progress(newest, today=today))
    unreviewed = next((p for p in reversed(purchases) if not has_review(p)), None)
    if unreviewed is not None:
        return NextStep(
            code="write_review",
            title="Beri bintang dan ulasan",
            detail=f"Sertifikat {unreviewed.training} sudah terbit. Insentif pelatihan "
            "pertama baru dijadwalkan setelah ulasanmu masuk.",
            action="Beri ulasan",
            url=reverse("trainings:review", args=[unreviewed.order.reference]),
            tone="success",
        )
    return NextStep(
        code="arrange_incentive",
        title="Siapkan insentifmu",
        detail="Pelatihan selesai, ulasanmu sudah masuk. Lihat apa lagi yang perlu "
        "sebelum insentif dikirim.",
        action="Lihat syarat insentif",
        url=reverse("incentives:overview"),
        tone="success",
    )


def _step_under_way(purchase: Purchase, now: Progress) -> NextStep:
    stage = Stage(purchase.stage)
    if stage in AFTER_BUYING:
        code, title, action = AFTER_BUYING[stage]
    elif now.has_wrong_name:
        code, title, action = "correct_name", "Betulkan namamu", "Lihat pelatihanmu"
    elif now.is_late and now.leg is not None:
        code, title = "ask_for_certificate", f"Tanyakan laporanmu ke {now.leg.holder}"
        action = "Lihat pelatihanmu"
    else:
        code, title = "wait_for_certificate", "Tunggu sertifikatmu"
        action = "Lihat pelatihanmu"
    return NextStep(
        code=code,
        title=title,
        detail=f"{now.meaning} {now.next}",
        action=action,
        url=reverse("trainings:purchases"),
        tone=now.tone,
    )


def _step_without_balance(
    participant: Participant, *, today: dt.date, tone: str
) -> NextStep:
    by = f"{date_format(participant.purchase_deadline)}, 23.59 WIB"
    if participant.is_funding_late(today=today):
        return NextStep(
            code="ask_for_balance",
            title="Saldomu seharusnya sudah masuk",
            detail="Telepon 0800-150-3001 (bebas pulsa) sekarang. Batas beli pelatihan "
            f"pertama tetap berjalan: {by}.",
            action="Telepon 0800-150-3001",
            url="tel:08001503001",
            due=participant.deadline_at,
            tone="danger",
        )
    return NextStep(
        code="wait_for_balance",
        title="Pilih pelatihan sambil menunggu saldo",
        detail="Saldo pelatihan sedang dikirim bertahap, paling lambat "
        f"{date_format(participant.funding_promised_on)}. Beli pelatihan pertama "
        f"paling lambat {by}.",
        action="Cari pelatihan",
        url=reverse("trainings:catalogue"),
        due=participant.deadline_at,
        tone=tone,
    )


def urgency(days_left: int) -> str:
    """Return how pressing a deadline is: calm, soon, urgent, or passed."""
    if days_left < 0:
        return "passed"
    if days_left <= URGENT_DAYS:
        return "urgent"
    return "soon" if days_left <= SOON_DAYS else "calm"
