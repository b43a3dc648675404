"""What a person is told of their own money: bought, and given back."""

import datetime as dt

from django.urls import reverse
from django.utils.text import Truncator

from participants.models import Notice
from prakerja.rupiah import rupiah
from trainings.models import Purchase

TITLE_LENGTH = 120  # what a notice's title holds; a training's may be longer


def tell_of_payment(purchase: Purchase, *, at: dt.datetime) -> None:
    """Tell of a purchase; its voucher stays on the page that the notice leads to."""
    title = f"Pembelian berhasil: {purchase.training.title}"
    Notice.objects.create(
        participant=purchase.participant,
        event=f"purchase:{purchase.pk}",
        title=Truncator(title).chars(TITLE_LENGTH),
        body=f"{rupiah(purchase.price)} dibayar dari saldo pelatihanmu. Kode voucher "
        "ada di halaman pesanan. Bukan kamu yang membeli? Telepon 0800-150-3001.",
        address=reverse("trainings:order", args=[purchase.order.reference]),
        made_at=at,
    )


def tell_of_refund(purchase: Purchase, *, is_forfeited: bool, at: dt.datetime) -> None:
    """Tell that a purchase was cancelled, why, and where its money is."""
    amount = rupiah(purchase.price)
    where = (
        f"{amount} dikembalikan, lalu hangus karena kepesertaanmu sudah dicabut."
        if is_forfeited
        else f"{amount} kembali ke saldo pelatihanmu."
    )
    reason = purchase.cancel_reason.rstrip(".")
    Notice.objects.create(
        participant=purchase.participant,
        event=f"refund:{purchase.pk}",
        title="Pembelian dibatalkan",
        body=f"{purchase.training.title}. Alasan: {reason}. {where}",
        address=reverse("trainings:order", args=[purchase.order.reference]),
        made_at=at,
    )
