"""System checks: what must never run in production."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.caches, deploy=False)
def shared_cache(**kwargs: Any) -> list[Error]:
    """Refuse a per-process cache: login limits kept in it would not hold."""
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.DEBUG or not backend.endswith(("LocMemCache", "DummyCache")):
        return []
    return [
        Error(
            f"{backend} is not shared between processes.",
            hint="Leave CACHE_URL empty for the database cache, or use redis://…",
            id="prakerja.E001",
        )
    ]
