"""Every "no" of the API: a status, a code for programs, a sentence for people."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from participants.models.balance import NotSpendable
from prakerja.errors import problem
from prakerja.refusal import Refusal
from trainings import purchasing, selling
from trainings.api.idempotency import KeyReused
from trainings.api.signing import BodyRefused, MessageReplayed, SignatureRefused

STATUS: dict[type[Refusal], int] = {
    SignatureRefused: 401,
    MessageReplayed: 401,
    BodyRefused: 422,
    selling.WrongOrExpiredCode: 422,
    KeyReused: 422,
    selling.TooMany: 429,
    Refusal: 409,
}
# The holder's other trainings and balance are not the shop's business.
WITHOUT_PRIVATE: dict[type[Refusal], str] = {
    purchasing.EarlierTrainingNotCompleted: "Selesaikan dulu pelatihan sebelumnya. "
    "Pelatihan berikutnya bisa dibeli setelah sertifikatnya terbit.",
    purchasing.PriceAboveBalance: "Harga pelatihan ini melebihi saldo pelatihanmu. "
    "Lihat saldonya di dashboard Prakerja.",
    NotSpendable: "Saldo tidak bisa dipakai. Lihat keadaannya di dashboard Prakerja.",
}


class Problem(Schema):
    """Why a request was not done."""

    code: str = Field(
        description="For programs; stays the same.", examples=["price_changed"]
    )
    message: str = Field(description="For people, in Indonesian.")
    request_id: str = Field(description="Name it when you ask for help.")
    fields: dict[str, str] = Field(
        default={}, description="With `invalid_request`: what is wrong with what."
    )


def code_of(refusal: Refusal) -> str:
    """Return ``price_changed`` for PriceChanged: the class's name is the code."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refusal).__name__).lower()


def refused(refusal: Refusal) -> HttpResponse:
    kinds = type(refusal).__mro__
    status = next(STATUS[kind] for kind in kinds if kind in STATUS)
    message = WITHOUT_PRIVATE.get(type(refusal), refusal.message)
    response = problem(status, code_of(refusal), message, fields={})
    if isinstance(refusal, selling.TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _refused(request: HttpRequest, refusal: Refusal | type[Refusal]) -> HttpResponse:
    return refused(refusal if isinstance(refusal, Refusal) else refusal())


def _invalid(
    request: HttpRequest, error: ValidationError | type[ValidationError]
) -> HttpResponse:
    errors = getattr(error, "errors", [])
    # What was sent is not repeated: it may be a card number.
    fields = {str(e["loc"][-1]): str(e["type"]) for e in errors}
    message = "Isian tidak sesuai dengan openapi.json. Lihat `fields`."
    return problem(422, "invalid_request", message, fields=fields)


def _unreadable(
    request: HttpRequest, error: HttpError | type[HttpError]
) -> HttpResponse:
    return problem(400)


def _not_found(request: HttpRequest, error: Http404 | type[Http404]) -> HttpResponse:
    return problem(404, "not_found", "Tidak ada, atau bukan milik platform ini.")


def answer_in_kind(api: NinjaAPI) -> None:
    """Let the API answer each of these as a Problem."""
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _unreadable)
    api.add_exception_handler(Http404, _not_found)
