"""One command from a checkout to a running site: what `make run` calls."""

import errno
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from prakerja.demo import DEMO_LOGINS, PASSWORD, load_demo

HOST = "127.0.0.1"
LAST_PORT = 65_535


class Command(BaseCommand):
    help = "Prepare the site of this machine and serve it, with a worker, until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)  # the database and the mails hold personal data
        port = chosen_port()
        address = f"http://{HOST}:{port}"
        if not is_free(port):
            if is_our_site(port):
                self.stdout.write(f"The site is running already: {address}")
                return
            raise CommandError(
                f"Port {port} is used by another program. "
                f"Choose another one: PORT={port + 1} make run"
            )
        self.stdout.write("Preparing the database and the static files")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEMO:
            load_demo(at=timezone.now())
        collect_static_if_changed()
        connections.close_all()
        self.stdout.write(welcome(address))
        self.stdout.flush()
        start_worker()
        # In this process's place, so that whatever ends this ends the server.
        command = [
            *(sys.executable, "-m", "gunicorn"),
            *("--chdir", f"{settings.BASE_DIR}"),
            *("--config", f"{settings.BASE_DIR / 'gunicorn.conf.py'}"),
            "prakerja.wsgi",
        ]
        os.execve(  # noqa: S606
            sys.executable, command, os.environ | {"BIND": f"{HOST}:{port}"}
        )


def start_worker() -> None:
    """Start a worker that ends with this process, whatever this process becomes."""
    subprocess.Popen(
        [sys.executable, "-m", "prakerja.beside", "manage.py", "worker"],
        cwd=settings.BASE_DIR,
    )


def chosen_port() -> int:
    """Return PORT of the environment, or 8000; raise CommandError if it is no port."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) <= LAST_PORT):
        raise CommandError(f"PORT={text} is no port: it goes from 1 to {LAST_PORT}.")
    return int(text)


def is_free(port: int) -> bool:
    """Say whether the port can be listened on; raise CommandError if it never can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise CommandError(f"Port {port}: {error.strerror}.") from error
    return True


def is_our_site(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        answer = json.load(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(answer, dict) and answer.get("site") == "prakerja"


def collect_static_if_changed() -> None:
    """Collect and compress the static files, unless they are those of the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected-from"
    fingerprint = static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = Path(storage.path(name))
            state = file.stat()
            digest.update(f"{file} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def welcome(address: str) -> str:
    lines = [f"Kartu Prakerja runs at {address} (Ctrl-C ends it)"]
    if settings.DEMO:
        lines.append(f"Demo logins, all with the password {PASSWORD}:")
        lines += [f"  {login.email:20} {login.words}" for login in DEMO_LOGINS]
    return "\n".join(lines)
