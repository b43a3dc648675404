"""What partners' shops sell: an order from a card number that its holder gave them.

Whether a number is somebody's, and may be used, is told to nobody but its holder. So a
request to order costs the same statements and gets the same answer for every 16 digits;
what differs happens in a job. A number that is nobody's, or that its holder can't see
(videos, announcement) or use (revoked) gets no SMS, and every code is wrong for it, as
every wrong code is for a real one, again by the same statements. Any other reason
against the purchase is told after the code was right: whoever read it out to the shop
agreed to that.
"""

import datetime as dt
import logging

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from jobs.work import start
from participants.login import FailureLimit
from participants.models import OneTimeCode, Participant
from prakerja.refusal import Refusal
from trainings import learning, purchasing
from trainings.models import (
    Order,
    OrderRequest,
    OrderState,
    Platform,
    PlatformWarning,
    Stage,
    Training,
    WarningKind,
)
from trainings.models.order import hash_of

logger = logging.getLogger(__name__)

HOUR = dt.timedelta(hours=1)
# From whatever shop: as many as codes are sent to one person.
ORDERS_OF_ONE_NUMBER = FailureLimit(failures=5, seconds=60 * 60)
# Five tries a code and five orders a number bound guessing already. A shop's limits
# are against floods, and grow with its sales: no customer closes it for the others.
# By so many may unpaid orders outnumber the paid ones of the hour.
UNPAID_ORDERS = 5000
# So many codes beside the orders paid in the hour may be wrong.
WRONG_CODES = FailureLimit(failures=1000, seconds=60 * 60)
# Staff are warned far earlier, and again each time as many have come: people mistype,
# rarely.
UNPAID_TO_WARN_OF = 300
CODES_TO_WARN_OF = 100
NUMBERS_TO_WARN_OF = 20


class ApiRefusal(Refusal):
    """A shop's request can't be done. ``code`` is for programs, and stays."""


class PriceChanged(ApiRefusal):
    message = "Harga pelatihan ini sudah berubah. Tampilkan harga baru ke pembeli dulu."


class WrongOrExpiredCode(ApiRefusal):
    message = (
        "Kode OTP salah atau sudah tidak berlaku. Periksa SMS terakhir. Kalau SMS "
        "tidak masuk, salin lagi nomor kartunya dari dashboard Prakerja, lalu pesan "
        "ulang."
    )


class NotPaid(ApiRefusal):
    message = "Pesanan ini belum dibayar, jadi belum ada yang bisa dilaporkan."


class TooMany(ApiRefusal):
    """Ask again after ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = max(1, retry_after)
        super().__init__()


class TooManyOrdersOfNumber(TooMany):
    message = "Nomor kartu ini sudah terlalu sering dipakai memesan dalam satu jam."


class TooManyUnpaidOrders(TooMany):
    message = "Terlalu banyak pesanan yang tidak dibayar dalam satu jam terakhir."


class TooManyWrongCodes(TooMany):
    message = "Terlalu banyak kode OTP yang salah dalam satu jam."


@transaction.atomic
def ask_order(
    platform: Platform,
    training: Training,
    *,
    number: str,
    price: int,
    at: dt.datetime,
) -> OrderRequest:
    """Take a shop's order of a training for 16 digits; a job sends the code.

    Raises NotOnSale, PriceChanged (both known before any number is), TooMany.
    """
    if not training.is_on_sale(today=timezone.localdate(at)):
        raise purchasing.NotOnSale
    if price != training.price:
        raise PriceChanged
    _limit_orders(platform, number, at=at)
    request = OrderRequest.objects.create(
        platform=platform,
        participant=Participant.objects.with_card_number(number),
        training=training,
        price=price,
        requested_at=at,
    )
    start("send_order_code", params={"request": request.pk}, total=1, by=None, at=at)
    return request


def _limit_orders(platform: Platform, number: str, *, at: dt.datetime) -> None:
    """Raise TooMany; alike for real numbers and others, or it would tell them apart."""
    limit = ORDERS_OF_ONE_NUMBER
    name = salted_hmac("trainings.selling", number, algorithm="sha256").hexdigest()
    key = limit.key(f"order:{name}", at=at)
    orders = cache.get(key, 0)
    if orders >= limit.failures:
        raise TooManyOrdersOfNumber(limit.seconds_left(at=at))
    unpaid, paid = OrderRequest.objects.unpaid_and_paid(platform, since=at - HOUR)
    excess = unpaid - paid
    if excess >= UNPAID_ORDERS:
        raise TooManyUnpaidOrders(60)
    if excess > 0 and excess % UNPAID_TO_WARN_OF == 0:
        warn(platform, WarningKind.UNPAID_ORDERS, excess, at=at)
    cache.set(key, orders + 1, limit.seconds)


def send_code(request: OrderRequest, *, at: dt.datetime) -> None:
    """Make the order of a request and send its code, if the number may be used.

    Raises CodeRefusal (too soon, too many), SmsNotSent.
    """
    if request.state(at=at) != OrderState.OPEN:
        return
    participant = request.participant
    if participant is None:
        _warn_of_wrong_numbers(request.platform, at=at)
    elif participant.visible_card_number(at=at) and (
        order := _order(request, participant, at=at)
    ):
        purchasing.text_code(order, at=at)


@transaction.atomic
def _order(
    request: OrderRequest, participant: Participant, *, at: dt.datetime
) -> Order | None:
    """Return the order of a request, or None if that was given up meanwhile."""
    if _locked(request).state(at=at) != OrderState.OPEN:
        return None
    order, _ = Order.objects.get_or_create(
        reference=request.reference,
        defaults={
            "participant": participant,
            "training": request.training,
            "platform": request.platform,
            "price": request.price,
            "idempotency_key": str(request.reference),
            "request_hash": hash_of(request.training_id, request.platform_id),
            "ordered_at": request.requested_at,
        },
    )
    OrderRequest.objects.filter(pk=request.pk).update(order=order)
    return order


def confirm(request: OrderRequest, *, code: str, at: dt.datetime) -> OrderRequest:
    """Pay a request's order if the code is right; paid already, it stays as it is.

    Raises OrderClosed, TooManyWrongCodes, WrongOrExpiredCode; CannotBuy and
    NotSpendable only if the code was right, which then stays good.
    """
    with transaction.atomic():
        request = _locked(request)
        if request.purchase:
            return request
        if request.state(at=at) != OrderState.OPEN:
            raise purchasing.OrderClosed
        key = WRONG_CODES.key(f"order-codes:{request.platform_id}", at=at)
        wrong = cache.get(key, 0)
        _limit_wrong_codes(request.platform, wrong, at=at)
        is_right = OneTimeCode.objects.is_right(request.purpose, code, at=at)
    if not is_right or request.order is None:
        cache.set(key, wrong + 1, WRONG_CODES.seconds)
        if (wrong + 1) % CODES_TO_WARN_OF == 0:
            warn(request.platform, WarningKind.WRONG_CODES, wrong + 1, at=at)
        raise WrongOrExpiredCode
    purchasing.confirm(request.order, code=code, at=at)
    return request


def _limit_wrong_codes(platform: Platform, wrong: int, *, at: dt.datetime) -> None:
    if wrong < WRONG_CODES.failures:
        return
    _, paid = OrderRequest.objects.unpaid_and_paid(platform, since=at - HOUR)
    if wrong >= WRONG_CODES.failures + paid:
        raise TooManyWrongCodes(WRONG_CODES.seconds_left(at=at))


@transaction.atomic
def cancel(request: OrderRequest, *, reason: str, at: dt.datetime) -> OrderRequest:
    """Give up an order, or give the money back if the training has not begun.

    Cancelled already, it changes nothing. Raises OrderClosed if it expired,
    CompletedIsFinal, AlreadyStarted.
    """
    request = _locked(request)
    # Or a purchase that is just being made would not be seen. Nobody's number asks too.
    payers = Participant.objects.select_for_update(no_key=True)
    payers.filter(pk=request.participant_id or 0).first()
    request = OrderRequest.objects.for_answer().get(pk=request.pk)
    state = request.state(at=at)
    if state == OrderState.CANCELLED:
        return request
    if purchase := request.purchase:
        why = f"Dibatalkan {request.platform}: {reason}"[:200]
        purchasing.refund(purchase, reason=why, by=None, at=at)
        return request
    if state != OrderState.OPEN:
        raise purchasing.OrderClosed
    OrderRequest.objects.filter(pk=request.pk).update(cancelled_at=at)
    orders = Order.objects.filter(reference=request.reference, purchase=None)
    orders.filter(cancelled_at=None).update(cancelled_at=at)
    return request


def report(
    request: OrderRequest, stage: Stage, *, certificate_name: str = "", at: dt.datetime
) -> OrderRequest:
    """Write down what a platform says of a purchase, as far as it has not been said.

    That it is finished is, coming from a platform, with the office too. Raises NotPaid,
    LearningRefusal.
    """
    purchase = request.purchase
    if purchase is None:
        raise NotPaid
    with transaction.atomic():
        learning.step(purchase, stage, reported_name=certificate_name, at=at)
        if stage == Stage.FINISHED:
            learning.reach_office(purchase, at=at)
    return request


def _locked(request: OrderRequest) -> OrderRequest:
    rows = OrderRequest.objects.for_answer().select_for_update(of=("self",))
    return rows.get(pk=request.pk)


def _warn_of_wrong_numbers(platform: Platform, *, at: dt.datetime) -> None:
    wrong = OrderRequest.objects.filter(
        platform=platform, participant=None, requested_at__gt=at - HOUR
    ).count()
    if wrong >= NUMBERS_TO_WARN_OF:
        warn(platform, WarningKind.WRONG_NUMBERS, wrong, at=at)


def warn(platform: Platform, kind: WarningKind, count: int, *, at: dt.datetime) -> None:
    """Let staff see, once an hour, that a platform seems to guess."""
    PlatformWarning.objects.update_or_create(
        platform=platform,
        kind=kind,
        hour=at.replace(minute=0, second=0, microsecond=0),
        defaults={"count": count},
    )
    logger.warning(
        "guessing at the API",
        extra={"event": {"platform": platform.slug, "kind": kind, "count": count}},
    )
