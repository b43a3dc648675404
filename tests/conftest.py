"""What every test runs under."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

from tests.serving import ROOT


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
    settings.SMS_FOLDER = tmp_path / "sms"


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_ledger() -> Iterator[None]:
    """Let tests alone empty the ledger, which refuses that to everybody."""
    flush = BaseDatabaseOperations.execute_sql_flush
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BaseDatabaseOperations,
            "execute_sql_flush",
            lambda self, sql: flush(self, past_the_ledger(self.connection, sql)),
        )
        yield


def past_the_ledger(connection: Any, sql: list[str]) -> list[str]:
    """Return the statements with the ledger's triggers away just for them."""
    if connection.vendor == "postgresql":
        table = "ALTER TABLE participants_balanceentry"
        return [f"{table} DISABLE TRIGGER USER", *sql, f"{table} ENABLE TRIGGER USER"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            " AND tbl_name = 'participants_balanceentry'"
        )
        triggers = dict(cursor.fetchall())
    return [*(f"DROP TRIGGER {name}" for name in triggers), *sql, *triggers.values()]


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static files as in production, hashed and compressed: once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "static"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "staticfiles.json").exists():
            subprocess.run(
                [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
                cwd=ROOT,
                env=os.environ | {"STATIC_ROOT": f"{folder}"},
                check=True,
            )
    return folder


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
