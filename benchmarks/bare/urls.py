import uuid

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from participants.models import BalanceEntry, EntryKind, Participant, Wave


def page(request: HttpRequest) -> HttpResponse:
    """Session, user, two queries, a 12 KB template."""
    participant = Participant.objects.get(user=request.user.pk)
    waves = list(Wave.objects.all()[:12])
    context = {"participant": participant, "waves": waves, "rows": range(9)}
    return render(request, "page.html", context)


def view(request: HttpRequest) -> HttpResponse:
    """Nothing at all."""
    return HttpResponse("ok")


def spend(request: HttpRequest, user: int = 0) -> HttpResponse:
    """One conditional UPDATE and one INSERT in a transaction."""
    user = user or request.user.pk
    with transaction.atomic():
        held = Participant.objects.filter(user=user, training_balance__gte=1)
        if not held.update(training_balance=F("training_balance") - 1):
            return HttpResponse(status=409)
        BalanceEntry.objects.create(
            participant_id=user,  # the same number, as benchmarks.dashboard makes them
            kind=EntryKind.PURCHASE,
            amount=-1,
            made_at=timezone.now(),
            reference=uuid.uuid4().hex,
        )
    return HttpResponse("ok")


urlpatterns = [
    path("page/", page),
    path("view/", view),
    path("spend/", spend),  # of who is logged in
    path("spend/<int:user>/", spend),
]
