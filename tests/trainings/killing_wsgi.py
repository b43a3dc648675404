"""The site in a process that a request can have killed at any of its steps.

A step is a statement, a COMMIT, an SMS, and the end of the request. The header
``X-Kill-At: 3`` ends the process by SIGKILL before the third step after those done. It
runs with one worker of one thread, in tests alone.
"""

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import resolve
from django.utils import timezone

# First of all, since it sets Django up.
from prakerja.wsgi import application as site  # isort: skip
from participants.models import Participant, RevocationReason, User
from participants.revoking import revoke
from participants.sms import FileGateway
from trainings.models import Purchase
from trainings.purchasing import AlreadyRefunded, refund

type Environ = dict[str, Any]

resolve(
    "/"
)  # Imports all pages now, not anew in each process that follows a killed one.


class Life:
    """How many steps this process still has; none is counted unless a request asks."""

    def __init__(self) -> None:
        self.steps_left: int | None = None

    def step(self) -> None:
        if self.steps_left is None:
            return
        if self.steps_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.steps_left -= 1


life = Life()


def counted[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    @wraps(function)
    def step(*args: P.args, **kwargs: P.kwargs) -> T:
        life.step()
        return function(*args, **kwargs)

    return step


BaseDatabaseWrapper._commit = counted(BaseDatabaseWrapper._commit)
FileGateway.send = counted(FileGateway.send)


def application(
    environ: Environ, start_response: Callable[..., Any]
) -> Iterable[bytes]:
    kill_at = environ.get("HTTP_X_KILL_AT")
    life.steps_left = int(kill_at) if kill_at else None
    act = by_staff if environ["PATH_INFO"].startswith("/petugas/") else site
    with connection.execute_wrapper(counted(lambda execute, *args: execute(*args))):
        answer = act(environ, start_response)
    life.step()
    return answer


def refund_purchase(pk: str) -> None:
    purchase = Purchase.objects.get(pk=pk)
    staff = User.objects.get(is_staff=True)
    refund(purchase, reason="Batal", by=staff, at=timezone.now())


def revoke_participant(pk: str) -> None:
    participant = Participant.objects.get(pk=pk)
    revoke(participant, reason=RevocationReason.FRAUD, at=timezone.now())


VERBS = {"refund": refund_purchase, "revoke": revoke_participant}


def by_staff(environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
    """Do what staff's page does, without its forms: ``/petugas/refund/<pk>``."""
    _, _, verb, pk = environ["PATH_INFO"].split("/")
    with suppress(AlreadyRefunded):
        VERBS[verb](pk)
    start_response("204 No Content", [])
    return []
