"""Measure the call that pays beside a bare Django view that spends, in one run.

    python -m benchmarks.buying                                   # SQLite
    python -m tests.on_postgres python -m benchmarks.buying       # PostgreSQL

Needs wrk. The bare view makes one conditional UPDATE and one INSERT in a transaction,
without a login and with one; all three are POSTs with a CSRF token, each of another
person. Every confirmation pays an order that was not paid before: session, user, order,
every condition, code, balance, ledger row and purchase.
"""

import argparse
import datetime as dt
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.dashboard import (
    BACKENDS,
    CLIENT_THREADS,
    CONNECTIONS,
    TOKEN,
    prepare,
    server,
)

BARE, OWN = "http://127.0.0.1:8791", "http://127.0.0.1:8792"
CODE = "135790"
KINDS = ("bare, no login", "bare, login", "confirm")
SCRIPT = """
local targets = {{{targets}}}
local threads = 0
function setup(thread) thread:set("n", threads); threads = threads + 1 end
wrk.method = "POST"
wrk.body = "csrfmiddlewaretoken={token}&code={code}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
function request()
  local target = targets[n % #targets + 1]
  n = n + {threads}
  wrk.headers["Cookie"] = "csrf={token}; session=" .. target[2]
  return wrk.format(nil, target[1])
end
"""


def sessions(backend: str) -> list[str]:
    """Log everybody in, as if long ago; return the cookies in the order of users."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from participants.models import User
    from participants.session_limits import BEGAN_AT, SEEN_AT

    store, now = SessionStore(), timezone.now()
    seen = int(now.timestamp()) + 3600  # so that none has to be stamped meanwhile
    rows = [
        Session(
            session_key=store._get_new_session_key(),
            session_data=store.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: backend,
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                    BEGAN_AT: seen,
                    SEEN_AT: seen,
                }
            ),
            expire_date=now + dt.timedelta(days=1),
        )
        for user in User.objects.order_by("pk")
    ]
    Session.objects.bulk_create(rows, batch_size=1000)
    return [row.session_key for row in rows]


def place_orders() -> list[str]:
    """Give everybody an order and its code; return what pays each, in their order."""
    from django.urls import reverse
    from django.utils import timezone

    from participants.models import OneTimeCode, Participant, Wave, one_time_code
    from trainings.models import Category, Mode, Order, Provider, Training

    now = timezone.now()
    Wave.objects.update(balance_expires_on=None)  # those of 2021 are over
    provider = Provider.objects.create(name="Lembaga", slug="lembaga", contact="-")
    training = Training.objects.create(
        code="L-1", slug="pelatihan", title="Pelatihan", summary="-", outcomes="-",
        category=Category.OFFICE, mode=Mode.ONLINE, hours=12, price=500_000,
        schedule="-", on_sale_from=timezone.localdate(), provider=provider,
    )  # fmt: skip
    orders = Order.objects.bulk_create(
        [
            Order(
                participant=participant,
                training=training,
                price=training.price,
                idempotency_key="k",
                request_hash="0" * 64,
                ordered_at=now,
            )
            for participant in Participant.objects.order_by("pk")
        ],
        batch_size=1000,
    )
    OneTimeCode.objects.bulk_create(
        [
            OneTimeCode(
                participant_id=order.participant_id,
                purpose=order.purpose,
                code_hash=one_time_code._hash(order.purpose, CODE),
                sent_at=now + dt.timedelta(hours=1),  # good until the end
            )
            for order in orders
        ],
        batch_size=1000,
    )
    return [reverse("trainings:confirm", args=[order.reference]) for order in orders]


def unpaid(payments: list[tuple[str, str]]) -> list[tuple[str, str]]:
    from django.db import connection
    from django.urls import reverse

    from trainings.models import Purchase

    paid = Purchase.objects.values_list("order__reference", flat=True)
    done = {reverse("trainings:confirm", args=[reference]) for reference in paid}
    connection.close()
    return [payment for payment in payments if payment[0] not in done]


def load(
    address: str, targets: list[tuple[str, str]], seconds: int, folder: Path
) -> tuple[int, float, float]:
    """Return requests, requests/s and p99 in ms under wrk."""
    script = folder / "targets.lua"
    listed = ",".join(f'{{"{path}","{key}"}}' for path, key in targets)
    script.write_text(
        SCRIPT.format(targets=listed, token=TOKEN, code=CODE, threads=CLIENT_THREADS)
    )
    command = [
        "wrk", "-t", str(CLIENT_THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds}s",
        "--timeout", "20s",
        "--latency", "-s", str(script), address,
    ]  # fmt: skip
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"{address} did not answer well:\n{output}")
    requests = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    if not requests or not rate or not p99:
        sys.exit(output)
    unit = {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]
    return int(requests[1]), float(rate[1]), float(p99[1]) * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prakerja-bench-") as name:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "prakerja.settings",
            "DATA_DIR": name,
            "DEBUG": "0",
            "DEMO": "0",
            "LOG_LEVEL": "WARNING",
        }
        measure(options, Path(name))


def measure(options: argparse.Namespace, folder: Path) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    prepare(options.people, 0)
    bare, own = (sessions(backend) for backend in BACKENDS)
    targets = {
        "bare, no login": [(f"/spend/{n}/", "-") for n in range(1, len(bare) + 1)],
        "bare, login": [("/spend/", key) for key in bare],
        "confirm": list(zip(place_orders(), own, strict=True)),
    }
    addresses = {kind: OWN if kind == "confirm" else BARE for kind in KINDS}
    connection.close()
    results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    with (
        server("benchmarks.bare.wsgi:application", 8791, folder / "bare.log"),
        server("prakerja.wsgi:application", 8792, folder / "prakerja.log"),
    ):
        for number in range(options.rounds + 1):
            for kind in KINDS:
                seconds = options.seconds if number else 2  # the first warms up
                requests, rate, p99 = load(
                    addresses[kind], targets[kind], seconds, folder
                )
                time.sleep(1)  # for what was on its way when the load ended
                if kind == "confirm":
                    left = unpaid(targets[kind])
                    if len(targets[kind]) - len(left) < requests:
                        sys.exit("Not every call has paid. Are more --people needed?")
                    targets[kind] = left
                if number:
                    results[kind].append((rate, p99))
    report(results, settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[1])
    print(f"  {options.people - len(left):,} of {options.people:,} orders were paid")


def report(results: dict[str, list[tuple[float, float]]], engine: str) -> None:
    print(f"{engine}, {CONNECTIONS} connections, median (min-max) of the rounds:")
    medians = {}
    for kind, rounds in results.items():
        rates, p99s = zip(*rounds, strict=True)
        medians[kind] = statistics.median(rates)
        print(
            f"  {kind:14} {medians[kind]:6.0f} requests/s"
            f" ({min(rates):.0f}-{max(rates):.0f}),"
            f" p99 {statistics.median(p99s):.0f} ms"
        )
    for kind in KINDS[:2]:
        print(f"  confirm / {kind}: {medians['confirm'] / medians[kind]:.2f}x")


if __name__ == "__main__":
    main()
