"""The real server over the test database: gunicorn with the project's own settings."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Site:
    address: str
    folder: Path  # DATA_DIR
    pid: int  # of the master

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def workers(self) -> list[int]:
        """The processes that answer requests now."""
        found = subprocess.run(
            ["pgrep", "-P", f"{self.pid}"], check=False, capture_output=True
        )
        return [int(pid) for pid in found.stdout.split()]

    def letter_to(self, address: str) -> str:
        """Return the text of the one mail that went to an address."""
        for path in (self.folder / "mail").iterdir():
            mail = message_from_bytes(path.read_bytes(), policy=default)
            if mail["To"] == address:
                return str(mail.get_content())
        pytest.fail(f"no mail went to {address}")


@contextmanager
def serving(
    folder: Path,
    application: str = "prakerja.wsgi",
    options: Sequence[str] = (),
    **environment: str,
) -> Iterator[Site]:
    """Run a gunicorn with the project's own settings and configuration."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--bind", address, application],
            cwd=ROOT,
            env=os.environ
            | {
                "DATABASE_URL": database_url(),
                "DATA_DIR": f"{folder}",
                "WEB_CONCURRENCY": "1",
            }
            | environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port, process)
        yield Site(f"http://{address}", folder, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail("the server did not start")
