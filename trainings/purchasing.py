"""Buying: from a card number typed in to a training that is paid for, exactly once.

Every condition is a named refusal. They are asked when a training's page is shown, when
the order is made, before a code is sent, and again inside the transaction that spends,
under a lock on the participant; the spending UPDATE and the unique constraints of
``Purchase`` hold even if all of that were wrong.
"""

import datetime as dt
from collections.abc import Iterable

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from participants.login import FailureLimit
from participants.models import EntryKind, OneTimeCode, Participant, User
from participants.models.balance import credit, forfeit, spend
from participants.models.one_time_code import (
    CODES_AN_HOUR,
    CodeExpired,
    CodeRefusal,
    new_code,
)
from participants.models.participant import ONBOARDING_VIDEOS, WrongCardNumber
from participants.sms import SmsNotSent, send_sms
from prakerja.refusal import Refusal
from prakerja.rupiah import rupiah
from trainings import events, telling
from trainings.models import (
    EventKind,
    Order,
    OrderState,
    Platform,
    Purchase,
    Training,
)
from trainings.models.order import hash_of
from trainings.models.purchase import Stage

# Of a person's five codes an hour, those that shops may use up.
CODES_AN_HOUR_FOR_SHOPS = 3
# After so many wrong card numbers a person's form is closed for the rest of the hour:
# whoever types there has their session, but not their number.
WRONG_NUMBERS = FailureLimit(failures=10, seconds=60 * 60)


class CannotBuy(Refusal):
    """A condition of buying does not hold; ``title`` heads it on a training's page."""

    title = "Belum bisa kamu beli"
    action = "Ke dashboard"
    address = "/dashboard/"


class MembershipRevoked(CannotBuy):
    title = "Tidak bisa kamu beli"
    message = (
        "Kepesertaanmu sudah dicabut, jadi kamu tidak bisa membeli pelatihan lagi. "
        "Kalau menurutmu ini keliru, ajukan keberatan."
    )
    action = "Cara mengajukan keberatan"
    address = "/bantuan/#keberatan"


class VideosNotFinished(CannotBuy):
    def __init__(self, *, next_video: int, completed: int) -> None:
        self.action = f"Tonton video {next_video}"
        self.address = f"/video/{next_video}/"
        super().__init__(
            f"Tonton dulu ketiga video sampai selesai ({completed} dari "
            f"{ONBOARDING_VIDEOS} selesai). Setelah itu nomor kartumu muncul dan kamu "
            "bisa membeli."
        )


class NotFunded(CannotBuy):
    def __init__(self, *, promised_on: dt.date, is_late: bool) -> None:
        if is_late:
            self.action = "Hubungi kami"
            self.address = "/bantuan/"
        super().__init__(
            "Saldo pelatihanmu belum masuk, padahal seharusnya sudah. Telepon "
            "0800-150-3001 sekarang."
            if is_late
            else "Saldo pelatihanmu belum masuk. Saldo dikirim bertahap, paling lambat "
            f"{date_format(promised_on)}."
        )


class DeadlinePassed(CannotBuy):
    title = "Tidak bisa kamu beli"
    action = "Hubungi kami"
    address = "/bantuan/"

    def __init__(self, deadline: dt.date) -> None:
        super().__init__(
            f"Batas beli pelatihan pertama, {date_format(deadline)} pukul 23.59 WIB, "
            "sudah lewat."
        )


class BalanceExpired(CannotBuy):
    title = "Tidak bisa kamu beli"

    def __init__(self, expired_on: dt.date) -> None:
        super().__init__(
            f"Saldo pelatihan hanya bisa dipakai sampai {date_format(expired_on)}. "
            "Sisanya hangus."
        )


class BalanceSpent(CannotBuy):
    title = "Tidak bisa kamu beli"
    message = "Saldo pelatihanmu sudah habis."
    action = "Riwayat saldo"
    address = "/saldo/"


class PriceAboveBalance(CannotBuy):
    title = "Saldomu tidak cukup"
    action = "Cari pelatihan dalam saldoku"
    address = "/pelatihan/?saldo=1"

    def __init__(self, *, price: int, balance: int) -> None:
        super().__init__(
            f"Harganya {rupiah(price)}, saldomu {rupiah(balance)}: kurang "
            f"{rupiah(price - balance)}. Saldo tidak bisa ditambah, jadi pilih "
            "pelatihan lain."
        )


class EarlierTrainingNotCompleted(CannotBuy):
    action = "Lihat pelatihanmu"
    address = "/pembelian/"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Selesaikan dulu “{title}”. Pelatihan berikutnya bisa dibeli setelah "
            "sertifikat pelatihan itu terbit."
        )


class AlreadyBought(CannotBuy):
    title = "Sudah kamu beli"
    message = "Pelatihan ini sudah kamu beli."
    action = "Lihat pelatihanmu"
    address = "/pembelian/"


class NotOnSale(CannotBuy):
    message = "Pelatihan ini sedang tidak dijual. Pilih pelatihan lain."
    action = "Cari pelatihan lain"
    address = "/pelatihan/"


class TooManyWrongNumbers(Refusal):
    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"Nomor kartu salah {WRONG_NUMBERS.failures} kali. Coba lagi {minutes} "
            "menit lagi, dan salin nomornya dari kartu biru di dashboard."
        )


class OrderChanged(Refusal):
    message = (
        "Formulir ini sudah dipakai untuk pesanan lain. Muat ulang halaman pelatihan, "
        "lalu coba lagi. Saldomu belum berkurang."
    )


class OrderClosed(Refusal):
    message = (
        "Pesanan ini sudah tidak berlaku. Buka lagi halaman pelatihannya dan pesan "
        "ulang. Saldomu belum berkurang."
    )


class AlreadyRefunded(Refusal):
    message = "Pembelian ini sudah dibatalkan dan dananya sudah kembali."


class AlreadyStarted(Refusal):
    message = (
        "Pelatihan ini sudah dimulai, jadi tidak bisa dibatalkan lewat API. Hubungi "
        "petugas Prakerja."
    )


class CompletedIsFinal(Refusal):
    message = (
        "Pelatihan ini sudah selesai dan sertifikatnya terbit, jadi tidak bisa "
        "dibatalkan."
    )


def why_not(
    participant: Participant,
    training: Training,
    *,
    price: int | None = None,
    bought: Iterable[Purchase] | None = None,
    at: dt.datetime,
) -> CannotBuy | None:
    """Return the first reason why this person can't buy this training now, or None.

    ``price`` is that of an order, in rupiah; without it today's of the catalogue.
    ``bought`` are the person's live purchases, where they are at hand already.
    """
    price = price or training.price
    try:
        check(participant, training, price=price, bought=bought, at=at)
    except CannotBuy as refusal:
        return refusal
    return None


def check(
    participant: Participant,
    training: Training,
    *,
    price: int,
    bought: Iterable[Purchase] | None = None,
    at: dt.datetime,
) -> None:
    """Raise the CannotBuy that holds, in the order a person can do something about."""
    today = timezone.localdate(at)
    _check_membership(participant, today=today)
    if bought is None:
        bought = participant.purchases.live().select_related("training")
    for purchase in bought:
        if purchase.training_id == training.pk:
            raise AlreadyBought
        if not purchase.is_completed:
            raise EarlierTrainingNotCompleted(purchase.training.title)
    if not training.is_on_sale(today=today):
        raise NotOnSale
    if not participant.training_balance:
        raise BalanceSpent
    if price > participant.training_balance:
        raise PriceAboveBalance(price=price, balance=participant.training_balance)


def _check_membership(participant: Participant, *, today: dt.date) -> None:
    if participant.is_revoked:
        raise MembershipRevoked
    if participant.is_overdue(today=today):
        raise DeadlinePassed(participant.purchase_deadline)
    if next_video := participant.next_video:
        completed = participant.videos_completed
        raise VideosNotFinished(next_video=next_video, completed=completed)
    if not participant.is_funded:
        raise NotFunded(
            promised_on=participant.funding_promised_on,
            is_late=participant.is_funding_late(today=today),
        )
    expires_on = participant.wave.balance_expires_on
    if expires_on and today > expires_on:
        raise BalanceExpired(expires_on)


def check_card_number(participant: Participant, typed: str, *, at: dt.datetime) -> None:
    """Raise unless ``typed`` is the person's own card number.

    NotACardNumber, IdentityNumberTyped, WrongCardNumber, and TooManyWrongNumbers after
    ten wrong ones in an hour.
    """
    key = WRONG_NUMBERS.key(f"card-number:{participant.pk}", at=at)
    wrong = cache.get(key, 0)
    if wrong >= WRONG_NUMBERS.failures:
        raise TooManyWrongNumbers(WRONG_NUMBERS.seconds_left(at=at) // 60 + 1)
    try:
        participant.check_card_number(typed)
    except WrongCardNumber:
        cache.set(key, wrong + 1, WRONG_NUMBERS.seconds)
        raise


@transaction.atomic
def place_order(
    participant: Participant,
    training: Training,
    *,
    idempotency_key: str,
    at: dt.datetime,
    platform: Platform | None = None,
) -> Order:
    """Return the order of this form; sent again, the same one.

    An open order of the same training at the same price is resumed. The card number has
    been checked by then. Nothing is spent. Raises CannotBuy, or OrderChanged if the key
    was used for something else.
    """
    request_hash = hash_of(training.pk, platform and platform.pk)
    mine = participant.orders.filter(request_hash=request_hash, price=training.price)
    is_repeated = participant.orders.filter(idempotency_key=idempotency_key).exists()
    if not is_repeated and (resumed := mine.open(at=at).first()):
        return resumed
    order, is_new = Order.objects.get_or_create(
        participant=participant,
        idempotency_key=idempotency_key,
        defaults={
            "training": training,
            "platform": platform,
            "price": training.price,
            "request_hash": request_hash,
            "ordered_at": at,
        },
    )
    if is_new:
        check(participant, training, price=order.price, at=at)
    elif order.request_hash != request_hash:
        raise OrderChanged
    return order


def payable_orders(
    participant: Participant, bought: Iterable[Purchase], *, at: dt.datetime
) -> list[Order]:
    """Return the open orders that nothing speaks against paying now, newest first.

    ``bought`` are the person's live purchases; it costs one query beside them.
    """
    return [
        order
        for order in participant.orders.open(at=at).select_related("training")
        if why_not(participant, order.training, price=order.price, bought=bought, at=at)
        is None
    ]


def send_code(order: Order, *, at: dt.datetime) -> None:
    """Send the six digits that confirm this order to the registered phone.

    Raises OrderClosed, CannotBuy, CodeRefusal (too soon, too many), SmsNotSent; a code
    that could not be sent counts as sent, so that a broken gateway is not hammered.
    """
    if order.state(at=at) != OrderState.OPEN:
        raise OrderClosed
    check(order.participant, order.training, price=order.price, at=at)
    text_code(order, at=at)


def text_code(order: Order, *, at: dt.datetime) -> None:
    """Send the digits whatever else speaks against buying: confirming asks again.

    Whoever knows a card number can order in a shop; codes for its owner's own session
    are left over. Raises CodeRefusal, SmsNotSent.
    """
    code = new_code(
        order.participant,
        purpose=order.purpose,
        at=at,
        an_hour=CODES_AN_HOUR_FOR_SHOPS if order.platform_id else CODES_AN_HOUR,
    )
    shop = f" di {order.platform}" if order.platform else ""
    try:
        send_sms(
            order.participant.user.applicant.phone,
            f"Kode OTP Prakerja: {code}. Untuk membeli pelatihan seharga "
            f"{rupiah(order.price)}{shop}. Berlaku 5 menit. JANGAN BERIKAN kode ini "
            "kepada siapa pun.",
        )
    except SmsNotSent:
        made = OneTimeCode.objects.filter(purpose=order.purpose, sent_at=at)
        made.update(was_sent=False)
        raise


@transaction.atomic
def cancel_order(order: Order, *, at: dt.datetime) -> None:
    """Give up an order that is not paid; raise OrderClosed if it is not open."""
    # Or a purchase that is just being made would not be seen.
    Participant.objects.select_for_update(no_key=True).get(pk=order.participant_id)
    open_orders = Order.objects.filter(pk=order.pk, cancelled_at=None, purchase=None)
    if not open_orders.update(cancelled_at=at):
        raise OrderClosed
    events.record(EventKind.ORDER_CANCELLED, order, at=at)


def confirm(order: Order, *, code: str, at: dt.datetime) -> Purchase:
    """Turn the order into a purchase if the code is right; once, whatever is repeated.

    Confirmed again, in parallel or later, it returns the same purchase. Raises
    OrderClosed, CodeRefusal, CannotBuy, NotSpendable; a wrong code is counted.
    """
    with transaction.atomic():
        # The participant's row is what all purchases of a person queue at.
        locked = Participant.objects.select_for_update(of=("self",), no_key=True)
        participant = locked.select_related("wave").get(pk=order.participant_id)
        order = Order.objects.select_related("training", "purchase").get(pk=order.pk)
        state = order.state(at=at)
        if state == OrderState.PAID:
            return order.purchase
        if state != OrderState.OPEN:
            raise OrderClosed
        check(participant, order.training, price=order.price, at=at)
        refusal = _use_code(order, code, at=at)
        if refusal is None:
            return _pay(order, participant, at=at)
    raise refusal


def _use_code(order: Order, typed: str, *, at: dt.datetime) -> CodeRefusal | None:
    newest = OneTimeCode.objects.newest_for(order.purpose)
    return newest.accept(typed, at=at) if newest else CodeExpired()


def _pay(order: Order, participant: Participant, *, at: dt.datetime) -> Purchase:
    payment = spend(
        participant,
        amount=order.price,
        reference=order.purpose,
        description=order.training.title,
        at=at,
    )
    purchase = Purchase.objects.create(
        order=order,
        participant=participant,
        training=order.training,
        price=order.price,
        payment=payment,
        paid_at=at,
    )
    # Until this training is completed they could not be paid. Those of shops are the
    # shops' to give up.
    others = participant.orders.filter(platform=None).open(at=at)
    others.update(cancelled_at=at)
    telling.tell_of_payment(purchase, at=at)
    events.record(EventKind.ORDER_PAID, order, at=at)
    return purchase


@transaction.atomic
def refund(
    purchase: Purchase, *, reason: str, by: User | None, at: dt.datetime
) -> Purchase:
    """Cancel a purchase and give its price back to the balance, once, on record.

    For a training that its provider cancelled. Whoever's membership was revoked gets
    the money back and loses it in the same moment. ``by`` is None where its platform
    says so, which it may until the learning begins. Raises AlreadyRefunded,
    CompletedIsFinal, AlreadyStarted.
    """
    locked = Participant.objects.select_for_update(no_key=True)
    participant = locked.get(pk=purchase.participant_id)
    purchase = Purchase.objects.select_related("order", "training").get(pk=purchase.pk)
    if purchase.is_cancelled:
        raise AlreadyRefunded
    if purchase.is_completed:
        raise CompletedIsFinal
    if by is None and purchase.started_at is not None:
        raise AlreadyStarted
    purchase.refund = credit(
        participant,
        kind=EntryKind.REFUND,
        amount=purchase.price,
        reference=purchase.order.purpose,
        description=purchase.training.title,
        by=by,
        at=at,
    )
    if participant.is_revoked:
        forfeit([participant.pk], reference=purchase.order.purpose, at=at)
    purchase.stage = Stage.CANCELLED
    purchase.cancelled_at = at
    purchase.cancel_reason = reason
    purchase.cancelled_by = by
    purchase.save()
    telling.tell_of_refund(purchase, is_forfeited=participant.is_revoked, at=at)
    events.record(EventKind.ORDER_CANCELLED, purchase.order, at=at)
    return purchase
