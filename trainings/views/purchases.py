"""A participant's own trainings: how far each has come, and what they say of it."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from participants.views import own_participant
from prakerja.refusal import Refusal
from trainings import learning, reviewing
from trainings.forms import ReviewForm
from trainings.models import Purchase
from trainings.progress import has_review, milestones, progress
from trainings.purchasing import payable_orders


def own_purchase(request: HttpRequest, reference: uuid.UUID) -> Purchase:
    """Return the logged-in person's purchase by its order's number, or raise 404."""
    purchases = own_participant(request).purchases.for_progress()
    return get_object_or_404(purchases, order__reference=reference)


@require_safe
def purchases(request: HttpRequest) -> HttpResponse:
    participant, now = own_participant(request), timezone.now()
    today = timezone.localdate(now)
    every = list(participant.purchases.for_progress())
    bought = [purchase for purchase in every if not purchase.is_cancelled]
    rows = [
        {
            "purchase": purchase,
            "progress": progress(purchase, today=today),
            "milestones": milestones(purchase, today=today),
            "has_review": has_review(purchase),
            "can_step": settings.DEMO and learning.next_stage(purchase) is not None,
        }
        for purchase in every
    ]
    context = {
        "participant": participant,
        "rows": rows,
        "open_orders": payable_orders(participant, bought, at=now),
    }
    return render(request, "trainings/purchases.html", context)


@require_POST
def demo_step(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    """Move a purchase on as its provider or platform would; only where DEMO is on."""
    if not settings.DEMO:
        raise Http404
    purchase = own_purchase(request, reference)
    stage = learning.next_stage(purchase)
    name = purchase.participant.user.full_name
    try:
        if stage is not None:
            learning.step(purchase, stage, reported_name=name, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("trainings:purchases")


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    purchase = own_purchase(request, reference)
    if not purchase.is_completed:
        messages.error(request, reviewing.NotCompletedYet.message)
        return redirect("trainings:purchases")
    written = purchase.review if has_review(purchase) else None
    initial = {"rating": written.rating, "text": written.text} if written else None
    form = ReviewForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        return _submitted(request, purchase, form)
    context = {
        "purchase": purchase,
        "form": form,
        "review": written,
        "is_open": written is None or written.is_editable(at=timezone.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "trainings/review.html", context, status=status)


def _submitted(
    request: HttpRequest, purchase: Purchase, form: ReviewForm
) -> HttpResponse:
    try:
        review = reviewing.submit(
            purchase,
            rating=form.cleaned_data["rating"],
            text=form.cleaned_data["text"],
            at=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        until = date_format(
            timezone.localtime(review.editable_until), "DATETIME_FORMAT"
        )
        messages.success(
            request,
            f"Ulasanmu sudah tersimpan. Kamu bisa mengubahnya sampai {until} WIB.",
        )
    return redirect("trainings:purchases")
