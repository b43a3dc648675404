"""What the worker does for partners' shops: codes by SMS, and their events.

Both are functions that do what leaves the database first, in no transaction, and return
what writes it down: while a phone gateway or a partner is slow, nobody waits.
"""

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from jobs.models import Job
from jobs.work import Chunk, TryLater, kind
from participants.models.one_time_code import TooManyCodes, TooSoonForCode
from participants.sms import SmsNotSent
from trainings import events, selling
from trainings.models import (
    IdempotencyRecord,
    OrderRequest,
    OrderState,
    OutgoingEvent,
    SeenMessage,
)

# Ids are refused by their age after half of that; answers are kept for late repeats.
IDS_KEPT_FOR = dt.timedelta(minutes=10)
ANSWERS_KEPT_FOR = dt.timedelta(days=7)
SMS_RETRY = dt.timedelta(seconds=60)


@kind("send_order_code", title="Kirim kode OTP pesanan platform")
def send_order_code(job: Job) -> Iterator[Chunk]:
    """Send the code for ``params["request"]``, if its number is good for one.

    A gateway that is away is tried again for as long as the order is open.
    """
    now = timezone.now()
    requests = OrderRequest.objects.for_answer().select_related("participant__wave")
    request = requests.get(pk=job.params["request"])
    is_open = request.state(at=now) == OrderState.OPEN
    try:
        if job.done != job.total:
            selling.send_code(request, at=now)
    except TooSoonForCode as refusal:
        # One was written down, but whoever was about to send it died.
        raise TryLater(after=dt.timedelta(seconds=refusal.seconds)) from None
    except SmsNotSent:
        if is_open:
            raise TryLater(after=SMS_RETRY) from None
    except TooManyCodes:
        return _once(job)
    return _once(job)


# Behind everything else: a platform that answers slowly must not delay anybody's code.
@kind("deliver_event", title="Kirim kabar ke platform", priority=-10)
def deliver_event(job: Job) -> Iterator[Chunk]:
    """Deliver ``params["event"]``; what is not accepted waits for its next time."""
    event = OutgoingEvent.objects.select_related("platform").get(pk=job.params["event"])
    if event.next_at is not None:
        now = timezone.now()
        events.deliver(event, at=now)
        if event.next_at is not None:
            raise TryLater(after=event.next_at - now)
    return _once(job)


def _once(job: Job) -> Iterator[Chunk]:
    if job.done != job.total:
        forget_old(at=timezone.now())
        yield Chunk(done=1, cursor=1)


def forget_old(*, at: dt.datetime) -> None:
    """Delete ids and answers that nothing can need any more."""
    SeenMessage.objects.filter(seen_at__lt=at - IDS_KEPT_FOR).delete()
    IdempotencyRecord.objects.filter(created_at__lt=at - ANSWERS_KEPT_FOR).delete()
