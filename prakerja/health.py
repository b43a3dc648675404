"""Whether the site is alive, and whether it can serve.

A middleware before all others that could refuse: whoever watches asks by IP address,
over plain http and without a login.
"""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from jobs.models import Job
from prakerja.headers import GetResponse

logger = logging.getLogger(__name__)

_migrated = False


def health(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        match request.path_info:
            case "/healthz":
                return JsonResponse({"site": "prakerja", "alive": True})
            case "/readyz":
                return readiness()
        return get_response(request)

    return middleware


def readiness() -> HttpResponse:
    """Answer 200 when every part works, else 503 with the first that does not.

    Only whether a part works is told; why it does not is for the log.
    """
    checks = {
        "database": database,
        "migrations": migrations,
        "cache": shared_cache,
        "queue": queue,
    }
    parts: dict[str, bool] = {}
    for name, check in checks.items():
        parts[name] = works(name, check)
        if not parts[name]:
            return JsonResponse(parts, status=503)
    return JsonResponse(parts)


def works(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # noqa: BLE001
        logger.warning("not ready: %s: %s", name, type(error).__name__)
        return False


def database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def migrations() -> bool:
    """Say whether all migrations of this code are applied.

    Asked until the answer is yes, which then holds for the life of the process.
    """
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        targets = executor.loader.graph.leaf_nodes()
        _migrated = not executor.migration_plan(targets)
    return _migrated


def shared_cache() -> bool:
    cache.set("readyz", True, timeout=10)
    return bool(cache.get("readyz"))


def queue() -> bool:
    """Say whether somebody works where there is work; an empty queue is fine."""
    return not Job.objects.is_stuck(at=timezone.now())
