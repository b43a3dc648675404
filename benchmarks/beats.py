"""Measure the beats of the video player beside a bare Django site, in one run.

    python -m benchmarks.beats                                   # SQLite
    python -m tests.on_postgres python -m benchmarks.beats       # PostgreSQL

Needs wrk. Every beat comes from another person than the one before and is credited: it
writes a row. One beat comes every ten seconds from each person who is watching, so the
people who can watch at once are ten times the beats/s.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.dashboard import BACKENDS, CONNECTIONS, load, prepare, server, sessions

VIEW, PAGE = "http://127.0.0.1:8791/view/", "http://127.0.0.1:8791/page/"
BEAT = "http://127.0.0.1:8792/video/1/detak/"
LONG = 36_000.0  # seconds: nobody reaches the end while it is measured


def open_videos() -> None:
    """Let everybody stand at the beginning of a long first video."""
    from django.db.models import OuterRef, Subquery
    from django.utils import timezone

    from participants.models import Participant, VideoViewing

    VideoViewing.objects.exclude(video_id=1).delete()
    VideoViewing.objects.update(
        duration=LONG, credited=0, completed_at=None, last_beat_at=timezone.now()
    )
    opened = VideoViewing.objects.filter(participant=OuterRef("pk")).values("pk")
    Participant.objects.update(current_viewing=Subquery(opened[:1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
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
            "SESSION_IDLE": "86400",
        }
        measure(options, Path(name))


def measure(options: argparse.Namespace, folder: Path) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.db.models import Sum

    from participants.models import VideoViewing

    prepare(options.people, 0)
    open_videos()
    bare, own = (sessions(options.people, backend) for backend in BACKENDS)
    connection.close()
    requests = {
        "bare view": (VIEW, bare, ""),
        "bare page": (PAGE, bare, ""),
        "beat": (BEAT, own, f"position={LONG}"),
    }
    rates: dict[str, list[float]] = {kind: [] for kind in requests}
    p99s: dict[str, list[float]] = {kind: [] for kind in requests}
    with (
        server("benchmarks.bare.wsgi:application", 8791, folder / "bare.log"),
        server("prakerja.wsgi:application", 8792, folder / "prakerja.log"),
    ):
        for url, keys, posted in requests.values():
            load(url, keys, 2, folder, posted=posted)
        for _ in range(options.rounds):
            for kind, (url, keys, posted) in requests.items():
                rate, p99 = load(url, keys, options.seconds, folder, posted=posted)
                rates[kind].append(rate)
                p99s[kind].append(p99)
    credited = VideoViewing.objects.filter(credited__gt=0)
    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[1]
    print(f"{engine}, {options.people:,} participants, {CONNECTIONS} connections:")
    for kind, measured in rates.items():
        print(
            f"  {kind:10} {statistics.median(measured):8.0f} requests/s"
            f" ({min(measured):.0f}-{max(measured):.0f}),"
            f" p99 {statistics.median(p99s[kind]):.0f} ms"
        )
    beats = statistics.median(rates["beat"])
    for kind in ("bare view", "bare page"):
        print(
            f"  beat / {kind}: {beats / statistics.median(rates[kind]):.2f}x requests/s"
        )
    seconds = credited.aggregate(total=Sum("credited"))["total"]
    print(f"  {credited.count()} people were credited {seconds:,.0f} s in all")
    connection.close()


if __name__ == "__main__":
    main()
