"""Real Chromium against a real server: gunicorn over the test database."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page

from participants.models import User
from tests.factories import PASSWORD

ROOT = Path(__file__).parent.parent.parent
CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome"]
# Playwright runs an event loop in this thread, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            # The server reads the database from another process: rows must be
            # committed, and what migrations put there must be put back afterwards.
            item.add_marker(
                pytest.mark.django_db(transaction=True, serialized_rollback=True)
            )


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not found:
        pytest.fail("Chromium is missing: `make test` installs it.")
    return {
        "executable_path": found,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--autoplay-policy=no-user-gesture-required",
        ],
    }


@pytest.fixture(scope="session")
def site(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a gunicorn with the project's own settings and configuration."""
    folder = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": _test_database_url(),
        "DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "WEB_CONCURRENCY": "2",
        "LOG_LEVEL": "INFO",
    }
    manage = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(manage, cwd=ROOT, env=environment, check=True)
    (folder / "media").mkdir()
    server = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*server, "--bind", f"127.0.0.1:{port}", "prakerja.wsgi"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _test_database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    socket_folder = connection.settings_dict["OPTIONS"].get("host")
    if socket_folder:
        return f"postgres://postgres:@/{name}?host={socket_folder}"
    database = connection.settings_dict
    return (
        f"postgres://{database['USER']}:{database['PASSWORD']}"
        f"@{database['HOST']}:{database['PORT'] or 5432}/{name}"
    )


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server did not start")


@pytest.fixture
def media(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps uploaded files."""
    return next(tmp_path_factory.getbasetemp().glob("site*")) / "media"


@pytest.fixture
def server_log(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(tmp_path_factory.getbasetemp().glob("site*")) / "log"


@pytest.fixture
def problems(page: Page) -> Iterator[list[str]]:
    """Console errors, CSP violations and failed requests of the page; none may be."""
    found: list[str] = []
    page.on(
        "console",
        lambda message: (
            found.append(f"{message.type}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    page.on("pageerror", lambda error: found.append(f"page error: {error}"))
    page.on(
        "requestfailed",
        lambda request: (
            # Chromium drops a range request of a video when it has enough.
            found.append(f"failed: {request.url} {request.failure}")
            if request.failure != "net::ERR_ABORTED"
            else None
        ),
    )
    yield found
    assert found == []


def log_in(page: Page, site: str, user: User) -> None:
    """Log in as a person would, through the form."""
    page.goto(f"{site}/masuk/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/dashboard/")


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=False)
    yield context
    context.close()
