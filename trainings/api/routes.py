"""The calls. Each is about the trainings and orders of the platform that signed it."""

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from prakerja.refusal import Refusal
from trainings import selling
from trainings.api.idempotency import answer_once
from trainings.api.problems import Problem, refused
from trainings.api.schemas import (
    CancelOrder,
    ConfirmOrder,
    IdempotencyKey,
    OrderOut,
    PriceOut,
    ReportFinished,
    StartOrder,
    TrainingOut,
    TrainingsOut,
    TrainingsPage,
)
from trainings.api.signing import refuse_body
from trainings.models import OrderRequest, Platform, Stage, Training

router = Router()

HEADERS = [
    ("prakerja-platform", "The code of the platform.", "^[a-z0-9_-]{1,80}$"),
    (
        "webhook-id",
        "New for every request; never `evt_…`, as ours begin.",
        "^[!-~]{8,64}$",
    ),
    ("webhook-timestamp", "Now, in Unix seconds.", "^[0-9]{10}$"),
]
SIGNED = {
    "parameters": [
        {
            "in": "header",
            "name": name,
            "required": True,
            "description": description,
            "schema": {"type": "string", "pattern": pattern},
        }
        for name, description, pattern in HEADERS
    ]
}
ASKING: dict[str, Any] = {"openapi_extra": SIGNED}
NO = {401: Problem, 404: Problem, 422: Problem, 429: Problem}
NO_TO_ACT = NO | {400: Problem, 409: Problem}


@router.get(
    "/trainings",
    response={200: TrainingsOut} | NO,
    operation_id="list_trainings",
    **ASKING,
)
def list_trainings(request: HttpRequest, page: TrainingsPage) -> TrainingsOut:
    """The trainings that this platform sells, by code, a page at a time."""
    refuse_body(request)
    own = Training.objects.filter(platforms=platform_of(request))
    rows = own.filter(code__gt=page.after).select_related("provider").order_by("code")
    found = list(rows[: page.limit + 1])
    today = timezone.localdate()
    return TrainingsOut(
        trainings=[TrainingOut.of(row, today=today) for row in found[: page.limit]],
        next=found[page.limit - 1].code if len(found) > page.limit else None,
    )


@router.get(
    "/trainings/{code}/price",
    response={200: PriceOut} | NO,
    operation_id="check_price",
    **ASKING,
)
def check_price(request: HttpRequest, code: str) -> PriceOut:
    """What a training costs now, and whether it is on sale."""
    refuse_body(request)
    training = own_training(request, code)
    is_on_sale = training.is_on_sale(today=timezone.localdate())
    return PriceOut(training=training.code, price=training.price, is_on_sale=is_on_sale)


@router.post(
    "/orders",
    response={201: OrderOut} | NO_TO_ACT,
    operation_id="start_order",
    **ASKING,
)
def start_order(
    request: HttpRequest, asked: StartOrder, key: IdempotencyKey
) -> HttpResponse:
    """Order a training for a card number; its holder gets a code by SMS.

    The answer is the same whether or not the number is somebody's and may be used.
    """
    training = own_training(request, asked.training)

    def act() -> OrderRequest:
        return selling.ask_order(
            platform_of(request),
            training,
            number=asked.number,
            price=asked.price,
            at=timezone.now(),
        )

    return once(request, key, act, status=201)


@router.get(
    "/orders/{uuid:order}",
    response={200: OrderOut} | NO,
    operation_id="read_order",
    **ASKING,
)
def read_order(request: HttpRequest, order: uuid.UUID) -> OrderOut:
    """Where an order stands, with voucher and stage once it is paid."""
    refuse_body(request)
    return OrderOut.of(own_order(request, order), at=timezone.now())


@router.post(
    "/orders/{uuid:order}/confirm",
    response={200: OrderOut} | NO_TO_ACT,
    operation_id="confirm_order",
    **ASKING,
)
def confirm_order(
    request: HttpRequest, order: uuid.UUID, asked: ConfirmOrder, key: IdempotencyKey
) -> HttpResponse:
    """Pay with the code of the SMS.

    `wrong_or_expired_code` is also the answer where no code was sent. Other reasons
    against the purchase are told after a right code, which then stays good.
    """
    found = own_order(request, order)
    now = timezone.now()
    return once(request, key, lambda: selling.confirm(found, code=asked.code, at=now))


@router.post(
    "/orders/{uuid:order}/cancel",
    response={200: OrderOut} | NO_TO_ACT,
    operation_id="cancel_order",
    **ASKING,
)
def cancel_order(
    request: HttpRequest, order: uuid.UUID, asked: CancelOrder, key: IdempotencyKey
) -> HttpResponse:
    """Give up an order; a paid one gives the money back until the learning begins."""
    found = own_order(request, order)
    now = timezone.now()
    return once(
        request, key, lambda: selling.cancel(found, reason=asked.reason, at=now)
    )


@router.post(
    "/orders/{uuid:order}/redeemed",
    response={200: OrderOut} | NO_TO_ACT,
    operation_id="report_redeemed",
    **ASKING,
)
def report_redeemed(
    request: HttpRequest, order: uuid.UUID, key: IdempotencyKey
) -> HttpResponse:
    """The voucher was given in. No body."""
    refuse_body(request)
    found = own_order(request, order)
    return once(request, key, _report(found, Stage.REDEEMED))


@router.post(
    "/orders/{uuid:order}/started",
    response={200: OrderOut} | NO_TO_ACT,
    operation_id="report_started",
    **ASKING,
)
def report_started(
    request: HttpRequest, order: uuid.UUID, key: IdempotencyKey
) -> HttpResponse:
    """The holder has begun to learn. No body."""
    refuse_body(request)
    found = own_order(request, order)
    return once(request, key, _report(found, Stage.IN_PROGRESS))


@router.post(
    "/orders/{uuid:order}/finished",
    response={200: OrderOut} | NO_TO_ACT,
    operation_id="report_finished",
    **ASKING,
)
def report_finished(
    request: HttpRequest, order: uuid.UUID, asked: ReportFinished, key: IdempotencyKey
) -> HttpResponse:
    """All is learned, and the certificate says this name; Prakerja then checks it.

    Reported again before the check, the newest name counts.
    """
    found = own_order(request, order)
    act = _report(found, Stage.FINISHED, certificate_name=asked.certificate_name)
    return once(request, key, act)


def _report(
    found: OrderRequest, stage: Stage, *, certificate_name: str = ""
) -> Callable[[], OrderRequest]:
    now = timezone.now()
    return lambda: selling.report(
        found, stage, certificate_name=certificate_name, at=now
    )


def platform_of(request: HttpRequest) -> Platform:
    """Return who signed the request; ninja keeps it there."""
    return cast(Platform, request.auth)  # type: ignore[attr-defined]


def own_training(request: HttpRequest, code: str) -> Training:
    return get_object_or_404(Training, platforms=platform_of(request), code=code)


def own_order(request: HttpRequest, reference: uuid.UUID) -> OrderRequest:
    own = OrderRequest.objects.for_answer().filter(platform=platform_of(request))
    return get_object_or_404(own, reference=reference)


def once(
    request: HttpRequest,
    key: str,
    act: Callable[[], OrderRequest],
    *,
    status: int = 200,
) -> HttpResponse:
    """Answer with the order after ``act``; a refusal is as final as a yes."""

    def answer() -> HttpResponse:
        try:
            done = act()
        except selling.TooMany:
            raise
        except Refusal as refusal:
            return refused(refusal)
        now = timezone.now()
        out = OrderOut.of(own_order(request, done.reference), at=now)
        return HttpResponse(
            out.model_dump_json(), status=status, content_type="application/json"
        )

    return answer_once(request, platform_of(request), key, answer, at=timezone.now())
