"""Import invented people on PostgreSQL, beside a raw COPY of the same rows.

    python benchmarks/import_people.py [people, by default 100000]

Starts a PostgreSQL of its own unless DATABASE_URL names one, which must be empty. Makes
the file, imports it as staff do (check, then apply), then copies the same rows into a
plain table without index or key, and prints people a second and peak memory of each.
"""

import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "email,full_name,nik,family_card_number,birth_date,phone,wave,pass_date"
PLAIN = """
CREATE TABLE plain (email text, full_name text, nik text, family_card_number text,
birth_date date, phone text, wave integer, pass_date date)
"""


def main(people: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from participants import importing
    from participants.models import User, Wave

    call_command("migrate", verbosity=0)
    by = User.objects.create_user("petugas@contoh.test", is_staff=True)
    wib = timezone.get_default_timezone()
    Wave.objects.create(
        number=21,
        opens_at=dt.datetime(2021, 9, 16, 12, tzinfo=wib),
        closes_at=dt.datetime(2021, 9, 19, 23, 59, tzinfo=wib),
        announced_at=dt.datetime(2021, 9, 22, 20, tzinfo=wib),
        quota=10_000_000,
    )
    at = timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        write_people(path, people)
        print(f"{people:,} people, {path.stat().st_size / 2**20:.1f} MiB")
        print(f"peak memory before: {peak_mib():.0f} MiB")

        def nothing(problem: importing.Problem) -> None:
            raise AssertionError(problem)

        def apply() -> None:
            sha256 = importing.sha256_of(path)
            importing.apply(path, sha256=sha256, by=by, at=at, on_problem=nothing)

        def copy() -> None:
            with connection.cursor() as cursor:
                cursor.execute(PLAIN)
                with (
                    path.open("rb") as file,
                    cursor.copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as into,
                ):
                    while block := file.read(65536):
                        into.write(block)

        check_rate = measure(
            "check", people, lambda: importing.check(path, at=at, on_problem=nothing)
        )
        apply_rate = measure("apply", people, apply)
        again_rate = measure("apply again", people, apply)
        copy_rate = measure("raw COPY", people, copy)
    both = 1 / (1 / check_rate + 1 / apply_rate)
    print(f"check + apply {both:>10,.0f} people/s")
    print(f"apply : raw COPY = 1 : {copy_rate / apply_rate:.0f}")
    assert User.objects.count() == people + 1
    assert again_rate


def measure(name: str, people: int, work: Callable[[], object]) -> float:
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    took = time.perf_counter() - begun
    print(
        f"{name:<13} {people / took:>10,.0f} people/s {took:>7.2f} s,"
        f" own CPU {time.process_time() - cpu:>6.2f} s, peak memory {peak_mib():.0f} MiB",
        flush=True,
    )
    return people / took


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_people(path: Path, people: int) -> None:
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        for n in range(people):
            # In no order, as a list of people who passed is.
            m = n * 7_368_787 % 99_999_989
            file.write(
                f"orang{m}@contoh.test,Sari Contoh {n},32730112{m:08d},32730199{n:08d},"
                f"{1960 + n % 40}-{1 + n % 12:02d}-{1 + n % 28:02d},0812{m:08d},"
                "21,2021-09-22\n"
            )


if __name__ == "__main__":
    if "DATABASE_URL" not in os.environ:
        command = [sys.executable, "-m", "tests.on_postgres", sys.executable, *sys.argv]
        sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prakerja.settings")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
