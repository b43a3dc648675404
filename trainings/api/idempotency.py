"""Each key of a platform is answered once, whatever is repeated or cut off.

The record is written before the work. The work and its answer are then committed
together: a process that dies leaves a record that says ``running`` and nothing else,
and after a while the next repeat does the work in its stead.
"""

import datetime as dt
from collections.abc import Callable

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from trainings.models import IdempotencyRecord, Platform, RecordState
from trainings.selling import ApiRefusal

# Twice what gunicorn lets a request take: it then kills the process.
DEAD_AFTER = dt.timedelta(minutes=2)


class KeyReused(ApiRefusal):
    message = "Idempotency-Key ini sudah dipakai untuk permintaan lain. Buat yang baru."


class StillRunning(ApiRefusal):
    message = "Permintaan ini masih dikerjakan. Ulangi sebentar lagi, sama persis."


def answer_once(
    request: HttpRequest,
    platform: Platform,
    key: str,
    act: Callable[[], HttpResponse],
    *,
    at: dt.datetime,
) -> HttpResponse:
    """Return the answer of ``act``, or the one that this key was given before.

    ``act`` says in its answer what is final, no matter whether it is a yes, and raises
    what may be different next time: then nothing is kept. Raises KeyReused,
    StillRunning.
    """
    asked = _hash_of(request)
    record, is_new = IdempotencyRecord.objects.get_or_create(
        platform=platform,
        key=key,
        defaults={"request_hash": asked, "created_at": at, "claimed_at": at},
    )
    if record.request_hash != asked:
        raise KeyReused
    if record.state == RecordState.DONE:
        return _kept(record)
    if not is_new:
        _take_over(record, at=at)
    try:
        with transaction.atomic():
            answer = act()
            _keep(record, answer)
    except Exception:
        _claimed(record).delete()
        raise
    return answer


def _hash_of(request: HttpRequest) -> str:
    # Keyed: what is asked holds card numbers and codes, which could be tried out.
    asked = f"{request.method}\n{request.get_full_path()}\n{request.body.hex()}"
    return salted_hmac("trainings.api", asked, algorithm="sha256").hexdigest()


def _take_over(record: IdempotencyRecord, *, at: dt.datetime) -> None:
    """Claim a record whose process must be dead, or raise StillRunning."""
    dead = _claimed(record).filter(claimed_at__lte=at - DEAD_AFTER)
    if not dead.update(claimed_at=at):
        raise StillRunning
    record.claimed_at = at


def _claimed(record: IdempotencyRecord) -> models.QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(
        pk=record.pk, state=RecordState.RUNNING, claimed_at=record.claimed_at
    )


def _keep(record: IdempotencyRecord, answer: HttpResponse) -> None:
    kept = _claimed(record).update(
        state=RecordState.DONE, status=answer.status_code, body=answer.content.decode()
    )
    if not kept:
        raise StillRunning


def _kept(record: IdempotencyRecord) -> HttpResponse:
    answer = HttpResponse(
        record.body, status=record.status, content_type="application/json"
    )
    answer.headers["Idempotency-Replayed"] = "true"
    return answer
