"""What goes in and out of the API, as openapi.json shows it."""

import datetime as dt
import uuid
from typing import Annotated

from ninja import Header, Query, Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from trainings.models import Mode, OrderRequest, OrderState, Stage, Training

# Printable, and not blank: what people are shown, and what a database takes.
Words = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"),
]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{8,120}$",
        description="New for each thing to do, the same whenever it is repeated.",
    ),
]
TrainingCode = Annotated[str, Field(examples=["LC-0001"])]


def _number(value: object) -> object:
    """Refuse what pydantic would make a number of; 1.0 is an integer in JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("int_type", "not a number")
    return value


Rupiah = Annotated[int, BeforeValidator(_number)]


class Asked(Schema):
    model_config = ConfigDict(extra="forbid")


class StartOrder(Asked):
    training: str = Field(max_length=40, pattern=r"^[!-~ ]+$", examples=["LC-0001"])
    number: str = Field(
        alias="card_number",
        pattern=r"^[0-9]{16}$",
        description="The 16 digits, without spaces.",
        examples=["1234567890123456"],
    )
    price: Rupiah = Field(
        gt=0,
        lt=2**53,
        description="What the buyer was shown, in whole rupiah.",
        examples=[500_000],
    )


class ConfirmOrder(Asked):
    code: str = Field(
        pattern=r"^[0-9]{6}$",
        description="The six digits of the SMS.",
        examples=["123456"],
    )


class CancelOrder(Asked):
    reason: Words = Field(min_length=5, max_length=120, examples=["Kelas dibatalkan"])


class ReportFinished(Asked):
    certificate_name: Words = Field(
        min_length=1,
        max_length=150,
        description="The name on the certificate.",
        examples=["Sari Wulandari"],
    )


class TrainingOut(Schema):
    code: TrainingCode
    title: str
    provider: str
    price: int = Field(description="Whole rupiah.")
    mode: Mode
    hours: int
    is_on_sale: bool
    on_sale_until: dt.date | None

    @classmethod
    def of(cls, training: Training, *, today: dt.date) -> "TrainingOut":
        return cls(
            code=training.code,
            title=training.title,
            provider=training.provider.name,
            price=training.price,
            mode=Mode(training.mode),
            hours=training.hours,
            is_on_sale=training.is_on_sale(today=today),
            on_sale_until=training.on_sale_until,
        )


class TrainingsOut(Schema):
    trainings: list[TrainingOut]
    next: str | None = Field(description="What to give as `after` for the next page.")


class TrainingsAsked(Asked):
    after: str = Field(
        "",
        max_length=40,
        pattern=r"^[!-~ ]*$",
        description="`next` of the page before.",
    )
    limit: int = Field(50, ge=1, le=100)


TrainingsPage = Annotated[TrainingsAsked, Query()]


class PriceOut(Schema):
    training: TrainingCode
    price: int = Field(description="Whole rupiah; an order has to name it.")
    is_on_sale: bool


class PurchaseOut(Schema):
    voucher: str
    stage: Stage
    paid_at: dt.datetime
    redeemed_at: dt.datetime | None
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    completed_at: dt.datetime | None
    cancelled_at: dt.datetime | None


class OrderOut(Schema):
    order: uuid.UUID
    state: OrderState
    training: TrainingCode
    price: int = Field(description="Whole rupiah.")
    ordered_at: dt.datetime
    expires_at: dt.datetime = Field(description="When an unpaid order ends.")
    purchase: PurchaseOut | None = Field(description="Once it is paid.")

    @classmethod
    def of(cls, request: OrderRequest, *, at: dt.datetime) -> "OrderOut":
        purchase = request.purchase
        return cls(
            order=request.reference,
            state=request.state(at=at),
            training=request.training.code,
            price=request.price,
            ordered_at=request.requested_at,
            expires_at=request.expires_at,
            purchase=PurchaseOut.from_orm(purchase) if purchase else None,
        )
