"""The participant's own pages: the three videos, the balance, the notices."""

import math
from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from participants.models import OnboardingVideo, Participant, User
from participants.models.video import (
    ImpossiblePosition,
    MembershipRevoked,
    NotOpened,
    NotWatchedYet,
    open_video,
    opened_viewing,
)
from prakerja.refusal import Refusal

NOTICES_A_PAGE = 20


def own_participant(request: HttpRequest) -> Participant:
    """Return the logged-in person's participant row, or raise 404.

    Before the announcement it is a 404 like anybody else's, so that the address tells
    nothing early.
    """
    participant = cast(User, request.user).announced_participant(at=timezone.now())
    if participant is None:
        raise Http404
    return participant


@require_safe
def video(request: HttpRequest, position: int) -> HttpResponse:
    participant = own_participant(request)
    videos = list(OnboardingVideo.objects.all())
    video = next((video for video in videos if video.position == position), None)
    if video is None:
        raise Http404
    try:
        viewing = open_video(participant=participant, video=video, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("prakerja:dashboard")
    context = {
        "videos": videos,
        "video": video,
        "viewing": viewing,
        "completed_videos": participant.completed_videos,
        "next_video": participant.next_video,
    }
    return render(request, "participants/video.html", context)


@require_POST
def beat(request: HttpRequest, position: int) -> JsonResponse:
    """Credit one beat of the player and answer what the server believes so far."""
    participant = own_participant(request)
    try:
        viewing = opened_viewing(participant, position)
        viewing.beat(position=_seconds(request), at=timezone.now())
    except Refusal as refusal:
        status = 400 if isinstance(refusal, ImpossiblePosition) else 409
        return JsonResponse({"refused": refusal.message}, status=status)
    return JsonResponse(
        {
            "credited": round(viewing.credited, 2),
            "duration": viewing.duration,
            "completed": viewing.is_complete,
            "videos_completed": viewing.videos_completed,
        }
    )


def _seconds(request: HttpRequest) -> float:
    """Return the posted position in seconds; NaN for what is not a number."""
    try:
        return float(request.POST.get("position", ""))
    except ValueError:
        return math.nan


@require_POST
def start(request: HttpRequest, position: int) -> HttpResponse:
    participant = own_participant(request)
    video = get_object_or_404(OnboardingVideo, position=position)
    try:
        viewing = open_video(participant=participant, video=video, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("prakerja:dashboard")
    viewing.start(at=timezone.now())
    return redirect("participants:video", position)


@require_POST
def finish(request: HttpRequest, position: int) -> HttpResponse:
    participant = own_participant(request)
    try:
        opened_viewing(participant, position).finish(at=timezone.now())
    except (NotOpened, NotWatchedYet) as refusal:
        messages.error(request, refusal.message)
    except MembershipRevoked:
        return redirect("prakerja:dashboard")
    return redirect("participants:video", position)


@require_safe
def balance(request: HttpRequest) -> HttpResponse:
    """Show the ledger, newest first, with what was left after each entry."""
    participant = own_participant(request)
    today = timezone.localdate()
    expires_on = participant.wave.balance_expires_on
    context = {
        "participant": participant,
        "entries": participant.balance_entries.running(),
        "expires_on": expires_on,
        "is_expired": expires_on is not None and expires_on < today,
        "is_late": participant.is_funding_late(today=today),
    }
    return render(request, "participants/balance.html", context)


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    participant = own_participant(request)
    page = Paginator(participant.notices.all(), NOTICES_A_PAGE).get_page(
        request.GET.get("hal")
    )
    unread = participant.notices.unread().count()
    context = {"page": page, "unread": unread}
    return render(request, "participants/notices.html", context)


@require_POST
def mark_notices_read(request: HttpRequest) -> HttpResponse:
    own_participant(request).notices.mark_read(at=timezone.now())
    return redirect("participants:notices")
