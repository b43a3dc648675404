"""What every test runs under."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _test_settings(settings: Any, tmp_path: Path) -> None:
    # Tests need no collected static files, and few real password hashes.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run last what empties the database, or others miss the rows of migrations.

    pytest-django orders tests so; pytest then brings those of one browser together. A
    browser comes at the very end: Django has another connection beside its event loop.
    """
    items.sort(key=lambda item: (_empties_the_database(item), _has_a_browser(item)))


def _empties_the_database(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    has_mark = mark is not None and mark.kwargs.get("transaction", False)
    return has_mark or "transactional_db" in getattr(item, "fixturenames", ())


def _has_a_browser(item: pytest.Item) -> bool:
    return "playwright" in getattr(item, "fixturenames", ())
