"""Demo data: the real waves, two invented current ones, invented people."""

from django.conf import settings
from django.http import HttpRequest


def demo(request: HttpRequest) -> dict[str, bool]:
    """Context processor: whether this site shows invented people."""
    return {"demo": settings.DEMO}
