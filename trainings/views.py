"""How and where to buy a training."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants.models import User


@require_safe
def how_to_buy(request: HttpRequest) -> HttpResponse:
    participant = cast(User, request.user).announced_participant(at=timezone.now())
    return render(request, "trainings/how_to_buy.html", {"participant": participant})
