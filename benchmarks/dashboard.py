"""Measure the dashboard beside a bare Django page, in one run, on one database.

    python -m benchmarks.dashboard                                   # SQLite
    python -m tests.on_postgres python -m benchmarks.dashboard       # PostgreSQL
    python -m tests.on_postgres python -m benchmarks.dashboard --grow 1000000

Needs wrk. Both sites run under gunicorn with the project's own configuration; only one
is under load at a time, in alternating rounds. Prints requests/s, p99 and their ratios.
"""

import argparse
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

CONNECTIONS, CLIENT_THREADS = 32, 2
SESSIONS = 200
BACKENDS = ["django.contrib.auth.backends.ModelBackend", "participants.login.Backend"]
TOKEN = "c" * 32
FORM = """
wrk.method = "POST"
wrk.body = "{body}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
"""
ROOT = Path(__file__).parent.parent


def prepare(people: int, already: int) -> None:
    """Add participants in bulk up to ``people``; they've watched all and are funded."""
    from django.db import connection

    from participants.models import Wave

    if not already:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_waves", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
    wave = Wave.objects.get(number=21)
    series = (
        f"generate_series({already + 1}, {people})"
        if connection.vendor == "postgresql"
        else f"(WITH RECURSIVE s(n) AS (SELECT {already + 1} UNION ALL SELECT n + 1 "
        f"FROM s WHERE n < {people}) SELECT n FROM s)"
    )
    source = f"{series} AS s(n)" if connection.vendor == "postgresql" else series
    digits = (
        "lpad(n::text, 16, '0')"
        if connection.vendor == "postgresql"
        else "printf('%016d', n)"
    )
    true, false = ("true", "false") if connection.vendor == "postgresql" else (1, 0)
    stamp = "'2021-09-22 13:00:00+00'"
    viewings = "".join(
        "INSERT INTO participants_videoviewing (participant_id, video_id, version,"
        " duration, credited, completed_at, grant_reason)"
        f" SELECT n, {video}, 1, 40, 40, {stamp}, '' FROM {source};"
        for video in (1, 2, 3)
    )
    script = f"""
        INSERT INTO participants_user (id, password, is_superuser, email, full_name,
            is_staff, is_active, date_joined)
        SELECT n, '!', {false}, 'b' || n || '@contoh.test', 'Orang ' || n, {false},
            {true}, {stamp} FROM {source};
        INSERT INTO participants_participant (id, user_id, wave_id, pass_date,
            purchase_deadline, card_number, funded_at, training_balance,
            revocation_reason)
        SELECT n, n, {wave.pk}, '2021-09-22', '2099-10-21', {digits}, {stamp}, 1000000,
            '' FROM {source};
        {viewings} ANALYZE
    """
    with connection.cursor() as cursor:
        for statement in script.split(";"):
            cursor.execute(statement)
    Wave.objects.filter(pk=wave.pk).update(purchase_deadline="2099-10-21")
    connection.close()


def sessions(people: int, backend: str) -> list[str]:
    """Log in people spread over all, and return their session keys."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from participants.models import User

    keys = []
    step = max(people // SESSIONS, 1)
    for user in User.objects.filter(pk__in=range(1, people + 1, step)):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = backend
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        keys.append(str(session.session_key))
    return keys


@contextmanager
def server(application: str, port: int, log: Path):
    """Run gunicorn for one application with the project's own configuration."""
    command = [
        sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"),
        "--bind", f"127.0.0.1:{port}", application,
    ]  # fmt: skip
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT)
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def load(
    url: str, keys: list[str], seconds: int, folder: Path, *, posted: str = ""
) -> tuple[float, float]:
    """Return requests/s and p99 in ms under wrk; every answer must be a 200.

    A form that is ``posted`` carries its CSRF token, which the cookie repeats.
    """
    script = folder / "cookies.lua"
    listed = ",".join(f'"{key}"' for key in keys)
    script.write_text(
        f"local keys = {{{listed}}}\nlocal n = 0\n"
        + (FORM.format(body=f"csrfmiddlewaretoken={TOKEN}&{posted}") if posted else "")
        + "function request()\n  n = n + 1\n"
        f'  wrk.headers["Cookie"] = "csrf={TOKEN}; session=" .. keys[n % #keys + 1]\n'
        "  return wrk.format()\nend\n"
    )
    command = [
        "wrk", "-t", str(CLIENT_THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds}s",
        "--latency", "--timeout", "10s", "-s", str(script), url,
    ]  # fmt: skip
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"{url} did not answer well:\n{output}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    if not rate or not p99:
        sys.exit(output)
    unit = {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]
    return float(rate[1]), float(p99[1]) * unit


def fetch(url: str, keys: list[str]) -> str:
    request = urllib.request.Request(url, headers={"Cookie": f"session={keys[0]}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def measure(people: int, rounds: int, seconds: int, folder: Path) -> dict:
    bare, own = (sessions(people, backend) for backend in BACKENDS)
    pages = {
        "bare view": ("http://127.0.0.1:8791/view/", bare),
        "bare page": ("http://127.0.0.1:8791/page/", bare),
        "dashboard": ("http://127.0.0.1:8792/dashboard/", own),
    }
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    with (
        server("benchmarks.bare.wsgi:application", 8791, folder / "bare.log"),
        server("prakerja.wsgi:application", 8792, folder / "prakerja.log"),
    ):
        dashboard = fetch(*pages["dashboard"])
        if "data-card-number" not in dashboard:
            sys.exit("the dashboard does not show the number")
        size = len(fetch(*pages["bare page"]))
        print(f"bare page {size:,} bytes, dashboard {len(dashboard):,} bytes")
        for url, keys in pages.values():
            load(url, keys, 2, folder)
        for _ in range(rounds):
            for name, (url, keys) in pages.items():
                results[name].append(load(url, keys, seconds, folder))
    return results


def report(results: dict, title: str) -> dict[str, tuple[float, float]]:
    print(f"\n{title}: {CONNECTIONS} connections, median (min-max) of the rounds")
    medians = {}
    for name, rounds in results.items():
        rates, p99s = zip(*rounds, strict=True)
        medians[name] = statistics.median(rates), statistics.median(p99s)
        print(
            f"  {name:10} {medians[name][0]:8.0f} requests/s"
            f" ({min(rates):.0f}-{max(rates):.0f}), p99 {medians[name][1]:.0f} ms"
        )
    rate = medians["dashboard"][0] / medians["bare page"][0]
    p99 = medians["dashboard"][1] / medians["bare page"][1]
    print(f"  dashboard / bare page: {rate:.2f}x requests/s, {p99:.2f}x p99")
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument(
        "--grow", type=int, default=0, help="measure again at this many"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prakerja-bench-") as name:
        folder = Path(name)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "prakerja.settings",
            "DATA_DIR": name,
            "DEBUG": "0",
            "DEMO": "0",
            "LOG_LEVEL": "WARNING",
            "SESSION_IDLE": "86400",
        }
        import django

        django.setup()
        from django.conf import settings

        engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[1]
        prepare(options.people, 0)
        small = report(
            measure(options.people, options.rounds, options.seconds, folder),
            f"{engine}, {options.people:,} participants",
        )
        if options.grow:
            prepare(options.grow, options.people)
            large = report(
                measure(options.grow, options.rounds, options.seconds, folder),
                f"{engine}, {options.grow:,} participants",
            )
            change = large["dashboard"][0] / small["dashboard"][0]
            print(f"\n  dashboard at {options.grow:,}: {change:.2f}x of before")


if __name__ == "__main__":
    main()
