"""The deadline, as staff keep it: remind, revoke, and reinstate one person."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.decorators import permission_required
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from jobs.models import Job
from jobs.work import start
from participants.admin.display import grouped
from participants.admin.people import ReasonForm
from participants.models import Participant, User
from participants.reminding import count_to_remind
from participants.revoking import (
    lost_balance,
    new_deadlines,
    overdue_by_wave,
    reinstate,
)
from prakerja.refusal import Refusal


class ReinstateForm(ReasonForm):
    deadline = forms.DateField(
        label="Batas beli baru",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Isi tanggalnya."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def revoke_overdue(request: HttpRequest) -> HttpResponse:
    """Show how many would be revoked in which wave; on POST, start the job."""
    now = timezone.now()
    counts = overdue_by_wave(at=now)
    people = sum(row.people for row in counts)
    if running := Job.objects.unfinished().filter(kind="revoke_overdue").first():
        return redirect("admin:jobs_job_change", running.pk)
    if request.method == "POST" and people:
        by = cast(User, request.user)
        job = start("revoke_overdue", params={}, total=people, by=by, at=now)
        return redirect("admin:jobs_job_change", job.pk)
    context = {
        "waves": [
            {
                "id": row.wave_id,
                "number": row.number,
                "people": grouped(row.people),
                "never_funded": grouped(row.never_funded),
                "lost": row.lost,
            }
            for row in counts
        ],
        "people": grouped(people),
        "never_funded": grouped(sum(row.never_funded for row in counts)),
    }
    return _page(request, "wave/revoke_overdue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def remind_deadlines(request: HttpRequest) -> HttpResponse:
    """Show how many a reminder is due to; on POST, start the job."""
    now = timezone.now()
    waiting = count_to_remind(at=now)
    if running := Job.objects.unfinished().filter(kind="remind_deadlines").first():
        return redirect("admin:jobs_job_change", running.pk)
    if request.method == "POST" and waiting:
        by = cast(User, request.user)
        job = start("remind_deadlines", params={}, total=waiting, by=by, at=now)
        return redirect("admin:jobs_job_change", job.pk)
    context = {"waiting": waiting, "people": grouped(waiting)}
    return _page(request, "wave/remind.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def reinstate_participant(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a reason and a new deadline, then give membership and balance back."""
    people = Participant.objects.select_related("user", "wave")
    participant = get_object_or_404(people, pk=pk)
    now = timezone.now()
    try:
        first, last = new_deadlines(participant, today=timezone.localdate(now))
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:participants_participant_change", pk)
    form = ReinstateForm(request.POST or None, initial={"deadline": last})
    if form.is_valid() and _is_reinstated(request, participant, form):
        return redirect("admin:participants_participant_change", pk)
    context = {
        "participant": participant,
        "form": form,
        "lost": lost_balance(participant),
        "first": first,
        "last": last,
    }
    return _page(
        request,
        "participant/reinstate.html",
        context,
        status=422 if form.errors else 200,
    )


def _is_reinstated(
    request: HttpRequest, participant: Participant, form: ReinstateForm
) -> bool:
    by = cast(User, request.user)
    try:
        record = reinstate(
            participant,
            deadline=form.cleaned_data["deadline"],
            reason=form.cleaned_data["reason"],
            by=by,
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error("deadline", refusal.message)
        return False
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Participant),
        object_id=str(participant.pk),
        object_repr=str(participant),
        action_flag=CHANGE,
        change_message="Memulihkan kepesertaan.",
    )
    messages.success(
        request,
        f"Kepesertaan {participant.user} dipulihkan. Batas beli barunya "
        f"{date_format(record.purchase_deadline)}, pukul 23.59 WIB.",
    )
    return True


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = admin.site.each_context(request) | context
    template = f"admin/participants/{name}"
    return render(request, template, context, status=status)


def urls() -> list[URLPattern]:
    """Return the addresses, to stand before those of the models, which take any."""
    may_revoke = permission_required(
        "participants.revoke_overdue", raise_exception=True
    )
    may_reinstate = permission_required("participants.reinstate", raise_exception=True)
    return [
        path(
            "participants/wave/cabut/",
            admin.site.admin_view(may_revoke(revoke_overdue)),
            name="participants_revoke_overdue",
        ),
        path(
            "participants/wave/ingatkan/",
            admin.site.admin_view(may_revoke(remind_deadlines)),
            name="participants_remind_deadlines",
        ),
        path(
            "participants/participant/<int:pk>/pulihkan/",
            admin.site.admin_view(may_reinstate(reinstate_participant)),
            name="participants_participant_reinstate",
        ),
    ]
