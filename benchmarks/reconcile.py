"""Fund, remind, revoke and reconcile invented people on PostgreSQL.

    python -m benchmarks.reconcile [people, by default 1000000]

Starts a PostgreSQL of its own unless DATABASE_URL names one, which must be empty. A
tenth of the people are funded, reminded and revoked by the verbs of the site; the rest
stand there as funded, nearly all with a completed purchase. Then everyone is
reconciled, once clean and once with a difference, which must be found.
"""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = """
INSERT INTO participants_user
    (email, full_name, password, is_superuser, is_staff, is_active, date_joined)
SELECT 'orang' || n || '@contoh.test', 'Sari Contoh ' || n, '!', false, false, true, now()
FROM generate_series(%s, %s) AS n;
INSERT INTO participants_participant
    (user_id, wave_id, pass_date, purchase_deadline, card_number, training_balance,
    revocation_reason, funded_at, first_purchased_at)
SELECT id, %s, '2021-09-22', '2021-10-21', lpad(id::text, 16, '0'),
    CASE WHEN %s THEN CASE WHEN id %% 50 > 0 THEN 500000 ELSE 1000000 END ELSE 0 END, '',
    CASE WHEN %s THEN '2021-09-23'::timestamptz END,
    CASE WHEN %s AND id %% 50 > 0 THEN '2021-09-24'::timestamptz END
FROM participants_user WHERE id > %s
"""
MONEY = """
INSERT INTO participants_balanceentry
    (participant_id, kind, amount, made_at, reference, description)
SELECT id, 'grant', 1000000, funded_at, '', ''
FROM participants_participant WHERE funded_at IS NOT NULL;
INSERT INTO trainings_order (reference, participant_id, training_id, price,
    idempotency_key, request_hash, ordered_at)
SELECT gen_random_uuid(), id, {training}, 500000, 'k', 'h', first_purchased_at
FROM participants_participant WHERE first_purchased_at IS NOT NULL;
INSERT INTO participants_balanceentry
    (participant_id, kind, amount, made_at, reference, description)
SELECT participant_id, 'purchase', -price, ordered_at, 'order:' || reference, 'Barista'
FROM trainings_order;
INSERT INTO trainings_purchase (order_id, participant_id, training_id, price, voucher,
    payment_id, stage, paid_at, redeemed_at, started_at, finished_at, at_platform_at,
    at_office_at, completed_at, reported_name, cancel_reason)
SELECT placed.id, placed.participant_id, placed.training_id, placed.price,
    'V' || placed.id, paid.id, 'completed', ordered_at, ordered_at, ordered_at,
    ordered_at, ordered_at, ordered_at, ordered_at, 'Sari', ''
FROM trainings_order AS placed
JOIN participants_balanceentry AS paid
ON paid.participant_id = placed.participant_id AND paid.kind = 'purchase'
"""


def main(people: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from participants.funding import fund_next
    from participants.models import Participant, Wave
    from participants.reminding import remind
    from participants.revoking import revoke_next
    from trainings.models import Provider, Training
    from trainings.reconciling import differences

    call_command("migrate", verbosity=0)
    wib = timezone.get_default_timezone()
    announced_at = dt.datetime(2021, 9, 22, 20, tzinfo=wib)
    known = Wave.objects.create(number=20, announced_at=announced_at, quota=people)
    wave = Wave.objects.create(number=21, announced_at=announced_at, quota=people)
    training = Training.objects.create(
        code="A",
        slug="a",
        title="Barista",
        category="culinary",
        mode="online",
        price=500_000,
        hours=8,
        on_sale_from=announced_at.date(),
        provider=Provider.objects.create(name="A", slug="a"),
    )
    few = people // 10
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(PEOPLE, [1, people - few, known.pk, True, True, True, 0])
        cursor.execute(MONEY.format(training=training.pk))
        last = Participant.objects.latest("pk").user_id
        cursor.execute(
            PEOPLE, [people - few + 1, people, wave.pk, False, False, False, last]
        )
        cursor.execute("ANALYZE")

    def each(act: Callable[[int], list[int]]) -> Callable[[], None]:
        def all_chunks() -> None:
            after = 0
            while chunk := act(after):
                after = chunk[-1]

        return all_chunks

    def reminding() -> int:
        return sum(remind(at=dt.datetime(2021, 10, 14, 8, tzinfo=wib)))

    at = announced_at + dt.timedelta(days=1)
    later = dt.datetime(2021, 10, 22, 9, tzinfo=wib)
    waiting = Participant.objects.filter(first_purchased_at=None).count()
    measure("fund", few, each(lambda after: fund_next(wave, after=after, at=at)))
    measure("remind", waiting, reminding)
    measure("revoke", waiting, each(lambda after: revoke_next(after=after, at=later)))
    found = measure("reconcile", people, differences)
    assert found == [], found
    Participant.objects.filter(pk=last).update(training_balance=7)
    [difference, *_] = measure("with one difference", people, differences)
    assert difference.participants == [last]


def measure[T](name: str, people: int, work: Callable[[], T]) -> T:
    begun = time.perf_counter()
    result = work()
    took = time.perf_counter() - begun
    print(f"{name:<20} {people / took:>10,.0f} people/s {took:>7.2f} s", flush=True)
    return result


if __name__ == "__main__":
    if "DATABASE_URL" not in os.environ:
        command = [
            sys.executable,
            "-m",
            "tests.on_postgres",
            sys.executable,
            "-m",
            "benchmarks.reconcile",
            *sys.argv[1:],
        ]
        sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prakerja.settings")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
