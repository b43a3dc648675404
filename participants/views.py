"""The participant's own pages: videos and account."""

import math

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from participants.models import OnboardingVideo, Participant, VideoViewing
from participants.models.video import NotOpened, open_video
from prakerja.refusal import Refusal


def _own_participant(request: HttpRequest) -> Participant:
    """Return the logged-in person's participant row, or raise 404.

    Before the announcement it is a 404 like anybody else's, so that the address tells
    nothing early.
    """
    participant: Participant | None = getattr(request.user, "participant", None)
    if participant is None or not participant.wave.is_announced(at=timezone.now()):
        raise Http404
    return participant


def _current_viewing(participant: Participant, position: int) -> VideoViewing:
    viewing = participant.current_viewing
    if viewing is None or viewing.video_id != position:
        raise NotOpened
    return viewing


@require_safe
def video(request: HttpRequest, position: int) -> HttpResponse:
    participant = _own_participant(request)
    video = get_object_or_404(OnboardingVideo, position=position)
    try:
        viewing = open_video(participant=participant, video=video, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("prakerja:dashboard")
    return render(
        request,
        "participants/video.html",
        {
            "video": video,
            "viewing": viewing,
            "videos_completed": participant.videos_completed,
            "next_video": participant.next_video,
        },
    )


@require_POST
def beat(request: HttpRequest, position: int) -> JsonResponse:
    """Credit one beat of the player and answer what the server believes so far."""
    participant = _own_participant(request)
    try:
        viewing = _current_viewing(participant, position)
        viewing.beat(position=_seconds(request), at=timezone.now())
    except Refusal as refusal:
        return JsonResponse({"refused": refusal.message}, status=409)
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
    participant = _own_participant(request)
    try:
        _current_viewing(participant, position).start(at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("participants:video", position)


@require_POST
def finish(request: HttpRequest, position: int) -> HttpResponse:
    participant = _own_participant(request)
    try:
        _current_viewing(participant, position).finish(at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("participants:video", position)


@require_safe
def account_overview(request: HttpRequest) -> HttpResponse:
    return render(request, "account/overview.html")
