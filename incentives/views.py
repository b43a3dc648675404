"""What a participant receives, and on which conditions."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants.models import Participant, User
from trainings.models import Purchase
from trainings.models.purchase import PurchaseQuerySet
from trainings.progress import has_review


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    participant = cast(User, request.user).announced_participant(at=timezone.now())
    first = _first_purchase(participant) if participant else None
    context = {
        "participant": participant,
        "first": first,
        "is_completed": first is not None and first.is_completed,
        "is_reviewed": first is not None and has_review(first),
    }
    return render(request, "incentives/overview.html", context)


def _first_purchase(participant: Participant) -> Purchase | None:
    """Return the purchase that brings the incentive: the first not cancelled."""
    purchases: PurchaseQuerySet = participant.purchases.live().for_progress()
    return purchases.order_by("paid_at", "pk").first()
