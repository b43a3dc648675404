"""Real Chromium against a real server: gunicorn over the test database.

What each test finds by itself: rows it made are committed (the server is another
process), and a console error, a CSP violation or a failed request fails it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import BrowserContext, Playwright, expect

from participants.models import OnboardingVideo
from tests import chromium
from tests.serving import Site, serving

CLIP = Path(__file__).parent / "clip.mp4"
CLIP_SECONDS = 4.0
# Playwright runs an event loop in this thread, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
expect.set_options(timeout=15_000)  # ms; the machine may be busy

type NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def site(
    django_db_setup: None,
    static_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with serving(folder, STATIC_ROOT=f"{static_folder}") as site:
        yield site


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    """What ``page.goto("/masuk/")`` starts from."""
    return site.address


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], browser_name: str
) -> dict[str, Any]:
    if browser_name != "chromium":
        return browser_type_launch_args
    found = chromium.find()
    if found is None:
        pytest.fail("Chromium is missing. Install it: python -m tests.chromium")
    quiet = ["--disable-background-networking", "--disable-component-update"]
    return {
        "executable_path": found,
        "args": ["--no-sandbox", "--disable-gpu", *quiet],
        **browser_type_launch_args,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        "locale": "id-ID",
        "timezone_id": "Asia/Jakarta",
        "reduced_motion": "reduce",
        **browser_context_args,
    }


@pytest.fixture(scope="session")
def rows_of_migrations(django_db_setup: None) -> str:
    return connection._test_serialized_contents


@pytest.fixture(scope="session")
def playwright(rows_of_migrations: str, playwright: Playwright) -> Playwright:
    """Start the browser's event loop, from when on Django has another connection."""
    return playwright


@pytest.fixture
def _keep_rows_of_migrations(rows_of_migrations: str) -> None:
    connection._test_serialized_contents = rows_of_migrations


@pytest.fixture(autouse=True)
def _shared_with_the_server(
    _keep_rows_of_migrations: None,
    django_db_serialized_rollback: None,
    transactional_db: None,
    settings: Any,
) -> Iterator[None]:
    """Commit rows, put back what migrations made, and hash as the server does."""
    settings.PASSWORD_HASHERS = ["participants.login.PasswordHasher"]
    yield
    cache.clear()  # no model's table, so it would outlive the test


@pytest.fixture
def problems() -> list[str]:
    """Console errors and warnings, CSP violations and failed requests so far."""
    return []


@pytest.fixture
def new_context(new_context: NewContext, problems: list[str]) -> Iterator[NewContext]:
    def watched(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.on(
            "console",
            lambda message: (
                problems.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        context.on("weberror", lambda event: problems.append(f"{event.error}"))
        context.on(
            "requestfailed",
            lambda request: (
                # A browser drops a film's request when it has enough.
                problems.append(f"failed: {request.url} {request.failure}")
                if request.failure != "net::ERR_ABORTED"
                else None
            ),
        )
        return context

    yield watched
    assert problems == []


@pytest.fixture
def without_javascript(new_context: NewContext) -> BrowserContext:
    return new_context(java_script_enabled=False)


@pytest.fixture
def short_films(site: Site, transactional_db: None) -> None:
    """Three films of four seconds in place of the shipped ones."""
    folder = site.folder / "media" / "video"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(CLIP, folder)
    OnboardingVideo.objects.update(
        file=f"video/{CLIP.name}", duration=CLIP_SECONDS, size=CLIP.stat().st_size
    )
