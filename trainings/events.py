"""What partners are told: written in the transaction of what happened, then sent.

A platform hears of its own orders only, and only if it has an address for that. The
verbs that make something happen call ``record``; a job calls ``deliver`` until it is
accepted or given up.
"""

import datetime as dt
import json

from django.db import transaction
from django.db.models import F

from jobs.models import Job
from jobs.work import start
from prakerja.refusal import Refusal
from trainings.models import EventKind, Order, OutgoingEvent, PlatformSecret
from trainings.webhooks import NotSent, post, sign

# Pauses after each attempt that was not accepted: given up after some three days.
PAUSES = [
    dt.timedelta(seconds=10),
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
    dt.timedelta(hours=12),
    dt.timedelta(days=1),
    dt.timedelta(days=1),
]


# An attempt that is due for so long without being made has been forgotten.
FORGOTTEN_AFTER = dt.timedelta(hours=1)


class NoAddress(Refusal):
    message = "Platform ini belum punya alamat webhook, jadi kabar tidak bisa dikirim."


class NotGivenUp(Refusal):
    message = "Kabar ini masih akan dikirim sendiri. Tunggu waktunya."


def record(kind: EventKind, order: Order, *, at: dt.datetime, **data: object) -> None:
    """Tell the platform of an order what happened to it, once this is committed.

    ``data`` adds to the order's number and training: no personal data goes out.
    """
    platform = order.platform
    if platform is None or not platform.webhook_url:
        return
    event = OutgoingEvent.objects.create(
        platform=platform,
        kind=kind,
        payload={
            "type": kind.value,
            "timestamp": at.isoformat(),
            "data": {
                "order": str(order.reference),
                "training": order.training.code,
                "price": order.price,
                **data,
            },
        },
        created_at=at,
        next_at=at,
    )
    _start_delivery(event, at=at)


@transaction.atomic
def resend(event: OutgoingEvent, *, at: dt.datetime) -> None:
    """Deliver once more what was delivered, given up or forgotten.

    The id stays, by which the platform knows what it has had already. Raises
    NotGivenUp, NoAddress.
    """
    if not event.platform.webhook_url:
        raise NoAddress
    event = OutgoingEvent.objects.select_for_update(no_key=True).get(pk=event.pk)
    if _will_be_tried(event, at=at):
        raise NotGivenUp
    again = OutgoingEvent.objects.filter(pk=event.pk)
    again.update(delivered_at=None, attempts=0, next_at=at)
    _start_delivery(event, at=at)


def _will_be_tried(event: OutgoingEvent, *, at: dt.datetime) -> bool:
    if event.next_at is None or event.next_at < at - FORGOTTEN_AFTER:
        return False
    jobs = Job.objects.unfinished().filter(kind="deliver_event")
    return jobs.filter(params__event=event.pk).exists()


def _start_delivery(event: OutgoingEvent, *, at: dt.datetime) -> None:
    start("deliver_event", params={"event": event.pk}, total=1, by=None, at=at)


def deliver(event: OutgoingEvent, *, at: dt.datetime) -> None:
    """Try once, and write down what came of it and when to try again.

    Outside any transaction: whoever answers slowly must not hold the database up.
    """
    try:
        status = f"HTTP {_send(event, at=at)}"
    except NotSent as refused:
        left = PAUSES[event.attempts :]
        outcome: dict[str, object] = {
            "last_status": refused.status,
            "next_at": at + left[0] if left else None,
        }
    else:
        outcome = {"last_status": status, "next_at": None, "delivered_at": at}
    tried = OutgoingEvent.objects.filter(pk=event.pk, delivered_at=None)
    tried.update(attempts=F("attempts") + 1, **outcome)
    event.refresh_from_db()


def _send(event: OutgoingEvent, *, at: dt.datetime) -> int:
    body = json.dumps(event.payload, separators=(",", ":")).encode()
    live = PlatformSecret.objects.live().filter(platform=event.platform)
    secrets = list(live.order_by("created_at").values_list("value", flat=True))
    if not secrets or not event.platform.webhook_url:
        raise NotSent("platform tidak punya kunci atau alamat webhook")
    headers = sign(
        secrets, message_id=f"evt_{event.reference.hex}", at=at, payload=body
    )
    return post(event.platform.webhook_url, body=body, headers=headers)
