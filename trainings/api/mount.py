"""The API as addresses: open to whoever signs, closed to the session and its cookie."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from prakerja.errors import problem
from trainings.api.problems import answer_in_kind
from trainings.api.routes import router
from trainings.api.signing import Signature

api = NinjaAPI(
    title="Kartu Prakerja: API for platforms",
    version="1",
    description="Sell trainings from your own shop. Every request is signed by the "
    "Standard Webhooks scheme, and every POST carries an Idempotency-Key. How to, with "
    "an example that runs: examples/README.md.",
    urls_namespace="partners",
    docs_url=None,
    auth=Signature(),
)
api.add_router("", router)
answer_in_kind(api)


def _in_kind(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view be reached without login or form token, and say 405 as JSON."""

    @csrf_exempt
    @login_not_required
    @wraps(view, updated=())
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        refused = problem(response.status_code)
        refused.headers["Allow"] = response.headers["Allow"]
        return refused

    return answer


def _mounted() -> tuple[list[URLPattern], str, str]:
    found, app, namespace = api.urls
    patterns = [entry for entry in found if isinstance(entry, URLPattern)]
    for entry in patterns:
        entry.callback = _in_kind(entry.callback)
    return patterns, app, namespace


urls = _mounted()
