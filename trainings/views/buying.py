"""Buying, page by page: card number → check → code → paid.

An order has one address, which shows where it stands; so a reload, the back button and
another device all lead to the truth, and each POST answers with a redirect to it.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from participants.models import OneTimeCode, Participant
from participants.models.one_time_code import CodeRefusal
from participants.views import own_participant
from prakerja.refusal import Refusal
from trainings import purchasing
from trainings.forms import CardNumberForm, CodeForm
from trainings.models import Order, OrderState, Training

type View = Callable[..., HttpResponse]


def acts(page: str) -> Callable[[View], View]:
    """Let a view act on POST alone; a reload or a link leads to the named page."""

    def decorate(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def act(request: HttpRequest, **named: Any) -> HttpResponse:
            is_act = request.method == "POST"
            return view(request, **named) if is_act else redirect(page, **named)

        return cast(View, act)

    return decorate


@acts("trainings:detail")
def buy(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an order of a training from the 16 digits; nothing is spent yet."""
    participant = own_participant(request)
    training = get_object_or_404(Training, slug=slug)
    form = CardNumberForm(request.POST)
    if form.is_valid():
        try:
            order = _order(participant, training, form, at=timezone.now())
        except purchasing.CannotBuy as refusal:
            messages.error(request, refusal.message)
            return redirect("trainings:detail", slug)
        except Refusal as refusal:
            form.add_error("card_number", refusal.message)
        else:
            return redirect("trainings:order", order.reference)
    context = {"training": training, "participant": participant, "form": form}
    return render(request, "trainings/buy.html", context, status=422)


def _order(
    participant: Participant, training: Training, form: forms.Form, *, at: dt.datetime
) -> Order:
    key = form.cleaned_data["idempotency_key"]
    if not participant.orders.filter(idempotency_key=key).exists():
        # Before the number: "watch video 2" helps where no number can be known yet.
        purchasing.check(participant, training, price=training.price, at=at)
    typed = form.cleaned_data["card_number"]
    purchasing.check_card_number(participant, typed, at=at)
    return purchasing.place_order(participant, training, idempotency_key=key, at=at)


@require_safe
def order(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    return _page(request, _own_order(request, reference))


@acts("trainings:order")
def send_code(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    order = _own_order(request, reference)
    try:
        purchasing.send_code(order, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Kode OTP sudah dikirim lewat SMS.")
    return redirect("trainings:order", reference)


@acts("trainings:order")
def confirm(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    """Pay, if the code is right; sent again, it leads to the same purchase.

    What was wrong with a code the order's page says, so that a reload is no new try.
    """
    order = get_object_or_404(own_participant(request).orders, reference=reference)
    form = CodeForm(request.POST)
    if form.is_valid():
        code = form.cleaned_data["code"]
        try:
            purchasing.confirm(order, code=code, at=timezone.now())
        except CodeRefusal:
            pass
        except Refusal as refusal:
            messages.error(request, refusal.message)
        return redirect("trainings:order", reference)
    return _page(request, _own_order(request, reference), form=form, status=422)


@acts("trainings:order")
def cancel(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    order = _own_order(request, reference)
    try:
        purchasing.cancel_order(order, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("trainings:order", reference)
    messages.success(request, "Pesanan dibatalkan. Saldomu tidak berkurang.")
    return redirect("trainings:detail", order.training.slug)


def _own_order(request: HttpRequest, reference: uuid.UUID) -> Order:
    participant = own_participant(request)
    orders = Order.objects.select_related("training__provider", "purchase__payment")
    order = get_object_or_404(orders, participant=participant, reference=reference)
    order.participant = participant
    return order


def _page(
    request: HttpRequest,
    order: Order,
    *,
    form: CodeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    state = order.state(at=now)
    context: dict[str, object] = {"order": order, "participant": order.participant}
    if state == OrderState.PAID:
        return _receipt(request, order, context)
    if state != OrderState.OPEN:
        context["is_cancelled"] = state == OrderState.CANCELLED
        return render(request, "trainings/order_closed.html", context)
    bought = list(order.participant.purchases.live().select_related("training"))
    code = OneTimeCode.objects.newest_for(order.purpose)
    code_is_open = code is not None and code.is_open(at=now)
    code_refusal = code.why_not(at=now) if code else None
    context |= {
        "form": form or CodeForm(last_try=code_refusal if code_is_open else None),
        "balance_after": order.participant.training_balance - order.price,
        "refusal": purchasing.why_not(
            order.participant, order.training, price=order.price, bought=bought, at=now
        ),
        "is_first": not bought,
        "code": code,
        "code_is_open": code_is_open,
        "code_refusal": code_refusal,
        "can_resend": code is not None and now >= code.resend_at,
    }
    return render(request, "trainings/order_check.html", context, status=status)


def _receipt(
    request: HttpRequest, order: Order, context: dict[str, object]
) -> HttpResponse:
    if order.purchase.is_cancelled:
        return render(request, "trainings/order_refunded.html", context)
    context["left"] = order.purchase.payment.balance_after()
    return render(request, "trainings/order_paid.html", context)
