"""What a participant receives, and on which conditions."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants.models import User


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    participant = cast(User, request.user).announced_participant(at=timezone.now())
    return render(request, "incentives/overview.html", {"participant": participant})
