"""Pengingat: who has not bought reads it 14, 7, 3 and 1 days before the deadline.

Each once. Run late, or on a later day, it sends the one that is due by now, with the
days that are truly left; never one whose day is over behind a nearer one.
"""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from participants.models import Notice, Participant, Wave
from participants.models.participant import ParticipantQuerySet

REMINDER_DAYS = (14, 7, 3, 1)
# People in one transaction: about a fifth of a second of PostgreSQL's time.
CHUNK = 2_000


def remind(*, at: dt.datetime) -> Iterator[int]:
    """Remind everybody who is due, chunk by chunk; yield how many each time.

    Stopped at any chunk and begun anew, it goes on with who was not reached.
    """
    for deadline in _deadlines(today=timezone.localdate(at)):
        after = 0
        while reminded := _remind(deadline, after=after, at=at):
            after = reminded[-1]
            yield len(reminded)


def count_to_remind(*, at: dt.datetime) -> int:
    """Count who would be reminded now."""
    days = _deadlines(today=timezone.localdate(at))
    return sum(_unreminded(deadline, at=at).count() for deadline in days)


def _deadlines(*, today: dt.date) -> list[dt.date]:
    """Return the days to count down to, the nearest first: a few, as waves are."""
    last = today + dt.timedelta(days=max(REMINDER_DAYS))
    days = Participant.objects.filter(
        revoked_at=None,
        first_purchased_at=None,
        purchase_deadline__range=(today, last),
    ).order_by("purchase_deadline")
    return list(days.values_list("purchase_deadline", flat=True).distinct())


def _days_left(deadline: dt.date, *, at: dt.datetime) -> int:
    return (deadline - timezone.localdate(at)).days


def _event(deadline: dt.date, *, at: dt.datetime) -> str:
    """Name the reminder that is due: the nearest of 14, 7, 3, 1 not yet behind us.

    A new deadline, after an extension, has reminders of its own.
    """
    left = _days_left(deadline, at=at)
    due = min(days for days in REMINDER_DAYS if days >= left)
    return f"reminder:{deadline.isoformat()}:{due}"


def _unreminded(deadline: dt.date, *, at: dt.datetime) -> ParticipantQuerySet:
    """Who has that day to buy, has not, and was not sent the reminder that is due."""
    return Participant.objects.filter(
        revoked_at=None,
        first_purchased_at=None,
        purchase_deadline=deadline,
        wave__announced_at__lte=at,
    ).exclude(notices__event=_event(deadline, at=at))


@transaction.atomic
def _remind(deadline: dt.date, *, after: int, at: dt.datetime) -> list[int]:
    # Who is buying at this moment is passed over, and needs no reminder any more.
    people = _unreminded(deadline, at=at).filter(pk__gt=after)
    locked = people.select_for_update(of=("self",), no_key=True, skip_locked=True)
    reminded = list(locked.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    left = _days_left(deadline, at=at)
    when = f"Tersisa {left} hari" if left else "Hari ini hari terakhir"
    Notice.objects.tell(
        reminded,
        event=_event(deadline, at=at),
        title=f"{when} untuk membeli pelatihan pertama",
        body=f"Beli pelatihan pertamamu paling lambat {date_format(deadline)}, pukul "
        "23.59 WIB. Lewat dari itu kepesertaanmu dicabut, saldo hangus, dan kamu tidak "
        "bisa ikut Kartu Prakerja lagi.",
        address="/dashboard/",
        at=at,
    )
    return reminded


@transaction.atomic
def tell_extension(
    wave: Wave, *, deadline: dt.date, after: int, at: dt.datetime
) -> list[int]:
    """Tell the next chunk of who has a wave's new deadline, and has not bought.

    Return their ids, none at the end.
    """
    people = wave.participants.filter(
        revoked_at=None,
        first_purchased_at=None,
        purchase_deadline=deadline,
        pk__gt=after,
    )
    told = list(people.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    Notice.objects.tell(
        told,
        event=f"extended:{deadline.isoformat()}",
        title=f"Batas beli diperpanjang sampai {date_format(deadline)}",
        body="Kamu punya waktu lebih lama untuk membeli pelatihan pertama: sampai "
        f"{date_format(deadline)}, pukul 23.59 WIB.",
        address="/dashboard/",
        at=at,
    )
    return told
