"""Measure the catalogue: its list as it grows, and beside a bare Django page.

    python -m benchmarks.catalogue                                 # SQLite
    python -m tests.on_postgres python -m benchmarks.catalogue     # PostgreSQL
    python -m tests.on_postgres python -m benchmarks.catalogue --trainings 10000 --reviews 1000000

With 100 trainings the list takes turns with the bare page of benchmarks/bare under wrk,
then one request of each kind is timed; trainings and reviews (on PostgreSQL) are added,
and both are done again. Prints requests/s, milliseconds, queries, and their ratios.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import dashboard

FEW = 100
PEOPLE = 10_000
PATHS = {
    "list": "/pelatihan/",
    "third page": "/pelatihan/?hal=3",
    "search": "/pelatihan/?q=barista",
    "search with a slip": "/pelatihan/?q=bariata",
    "filters, by price": "/pelatihan/?bidang=culinary&saldo=1&urut=termurah",
}
STEADY = "/pelatihan/cara-membeli/"
REQUESTS = 100


def add_trainings(upto: int) -> None:
    """Add invented trainings in bulk, until there are so many."""
    from django.utils import timezone

    from trainings.catalogue_import import enter
    from trainings.models import Training

    plan = planned(range(Training.objects.count(), upto))
    enter(plan, by=None, at=timezone.now(), reason="Benchmark")


def planned(numbers: range):
    """Return a plan of new trainings, as varied in words as a real catalogue."""
    import datetime as dt

    from trainings.catalogue_import import Plan
    from trainings.models import Category, Mode, Platform, Provider, Training

    platforms = list(Platform.objects.all())
    categories, modes = list(Category), list(Mode)
    plan = Plan()
    stored = {provider.slug: provider for provider in Provider.objects.all()}
    for n in numbers:
        slug = f"lembaga-{n % 150}"
        provider = stored.get(slug) or plan.providers.setdefault(
            slug, Provider(slug=slug, name=f"Lembaga {word(n % 150)}", contact="x")
        )
        skill = "barista" if n % 100 == 7 else word(n % 3_000)
        training = Training(
            code=f"B-{n}",
            slug=f"pelatihan-{n}",
            title=f"Pelatihan {skill} untuk {word(n % 700)}",
            summary=f"Belajar {word(n % 2_000)} dan {word(n % 1_900)} dari awal. " * 4,
            outcomes="\n".join(f"Memakai {word((n + k) % 5_000)}" for k in range(4)),
            category=categories[n % len(categories)],
            mode=modes[n % len(modes)],
            hours=5 + n % 40,
            price=150_000 + n % 100 * 10_000,
            schedule="Kapan saja",
            on_sale_from=dt.date(2021, 1, 1),
            provider=provider,
        )
        plan.new.append((training, [platforms[n % 7], platforms[(n + 1) % 7]]))
    return plan


def word(number: int) -> str:
    """Return a word that can be spoken, another for each number."""
    syllables = ["ba", "ci", "du", "fe", "go", "hi", "ja", "ku", "la", "mo", "ni", "pu"]
    spoken = ""
    for _ in range(4):
        number, rest = divmod(number, 12)
        spoken += syllables[rest]
    return spoken


# Purchase and review of one training by one person, completed; nobody reviews one twice.
# Orders and ledger rows, which no page of the catalogue reads, are left out: the foreign
# keys are not looked at meanwhile.
REVIEWS = """
    SET statement_timeout = 0;
    SET session_replication_role = replica;
    CREATE TEMP TABLE ids AS
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM trainings_training;
    CREATE TEMP TABLE chosen AS
        SELECT n, 1 + n %% {people} AS participant, ids.id AS training
        FROM generate_series(0, {count} - 1) AS s(n) JOIN ids
        ON ids.number = (n %% {people} + n / {people} * 37) %% (SELECT count(*) FROM ids);
    INSERT INTO trainings_purchase (id, order_id, participant_id, training_id, price,
        voucher, payment_id, stage, paid_at, redeemed_at, started_at, finished_at,
        at_platform_at, at_office_at, completed_at, reported_name, cancel_reason)
        SELECT n + 1, n + 1, participant, training, 500000, n::text, n + 1, 'completed',
        now(), now(), now(), now(), now(), now(), now(), 'Orang', '' FROM chosen;
    INSERT INTO trainings_review (purchase_id, training_id, rating, text, created_at,
        hidden_reason)
        SELECT n + 1, training, 1 + n %% 5, 'Materinya jelas dan langsung dipakai.',
        now() - n * interval '1 second', '' FROM chosen;
    UPDATE trainings_training SET rating_sum = r.stars, rating_count = r.reviews
        FROM (SELECT training_id, sum(rating) AS stars, count(*) AS reviews
              FROM trainings_review GROUP BY 1) AS r WHERE r.training_id = id;
    SET session_replication_role = origin;
    RESET statement_timeout;
    VACUUM ANALYZE trainings_training;
    ANALYZE
"""


def add_reviews(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in REVIEWS.format(people=PEOPLE, count=count).split(";"):
            cursor.execute(statement.replace("%%", "%"))


def times() -> dict[str, float]:
    """Print the median ms of a request of each kind, in this process, and its queries.

    Return it as so many times a page that does not grow, asked for in turns with it:
    the machine may be busier at one size than at the other.
    """
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from participants.models import User
    from trainings.models import Training

    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(pk=1), "participants.login.Backend")
    training = Training.objects.order_by("-rating_count", "pk").first()

    def milliseconds(path: str) -> float:
        begun = time.perf_counter()
        assert client.get(path).status_code == 200
        return (time.perf_counter() - begun) * 1000

    relative = {}
    for name, path in (PATHS | {"one training": training.get_absolute_url()}).items():
        for _ in range(5):
            milliseconds(path), milliseconds(STEADY)
        with CaptureQueriesContext(connection) as queries:
            milliseconds(path)
            count = len(queries)
        pairs = [(milliseconds(path), milliseconds(STEADY)) for _ in range(REQUESTS)]
        taken, steady = (
            statistics.median(column) for column in zip(*pairs, strict=True)
        )
        relative[name] = taken / steady
        print(
            f"  {name:20} {taken:6.1f} ms (steady page {steady:.1f} ms), {count} queries"
        )
    return relative


def beside_the_bare_page(folder: Path, rounds: int, seconds: int) -> None:
    bare, own = (dashboard.sessions(PEOPLE, it) for it in dashboard.BACKENDS)
    pages = {
        "bare page": ("http://127.0.0.1:8791/page/", bare),
        "catalogue": ("http://127.0.0.1:8792/pelatihan/", own),
    }
    rates: dict[str, list[float]] = {name: [] for name in pages}
    with (
        dashboard.server("benchmarks.bare.wsgi:application", 8791, folder / "bare.log"),
        dashboard.server("prakerja.wsgi:application", 8792, folder / "own.log"),
    ):
        for name, (url, keys) in pages.items():
            print(f"  {name}: {len(dashboard.fetch(url, keys)):,} bytes")
            dashboard.load(url, keys, 2, folder)
        for _ in range(rounds):
            for name, (url, keys) in pages.items():
                rates[name].append(dashboard.load(url, keys, seconds, folder)[0])
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        spread = f"{min(found):.0f}-{max(found):.0f}"
        print(f"  {name:10} {medians[name]:6.0f} requests/s ({spread})")
    print(
        f"  catalogue / bare page: {medians['catalogue'] / medians['bare page']:.2f}x"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainings", type=int, default=10_000)
    parser.add_argument("--reviews", type=int, default=0)
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
        import django

        django.setup()
        from django.conf import settings

        folder = Path(name)
        engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[1]
        dashboard.prepare(PEOPLE, 0)
        add_trainings(FEW)
        print(f"{engine}, {FEW} trainings")
        if options.rounds:
            beside_the_bare_page(folder, options.rounds, options.seconds)
        few = times()
        begun = time.perf_counter()
        add_trainings(options.trainings)
        print(f"{options.trainings:,} entered in {time.perf_counter() - begun:.1f} s")
        if options.reviews:
            add_reviews(options.reviews)
        print(f"{options.trainings:,} trainings, {options.reviews:,} reviews")
        if options.rounds:
            beside_the_bare_page(folder, options.rounds, options.seconds)
        for kind, taken in times().items():
            print(f"  {kind:20} {taken / few[kind]:.2f}x of the time at {FEW}")


if __name__ == "__main__":
    main()
