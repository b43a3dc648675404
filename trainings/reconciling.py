"""Reconciling: ledger, balances and purchases tell the same story, for everyone.

Three statements, each over one moment of the database, so money that moves meanwhile
makes no difference. Plain SQL, the same on SQLite and PostgreSQL.
"""

from dataclasses import dataclass

from django.db import connection

# Participants named of a difference; the count tells the rest.
SHOWN = 20

LEDGER = """
participants_participant AS member
LEFT JOIN (
    SELECT
        participant_id, SUM(amount) AS total,
        COUNT(*) FILTER (WHERE kind = 'grant') AS grants,
        COUNT(*) FILTER (WHERE kind = 'purchase') AS purchases
    FROM participants_balanceentry
    GROUP BY participant_id
) AS ledger ON ledger.participant_id = member.id
"""
PURCHASES = """
trainings_purchase AS purchase
JOIN trainings_order AS placed ON placed.id = purchase.order_id
JOIN participants_balanceentry AS paid ON paid.id = purchase.payment_id
LEFT JOIN participants_balanceentry AS refund ON refund.id = purchase.refund_id
"""
ENTRIES = """
participants_balanceentry AS entry
LEFT JOIN trainings_purchase AS bought ON bought.payment_id = entry.id
LEFT JOIN trainings_purchase AS refunded ON refunded.refund_id = entry.id
"""
# What is read, whose it is, and when a row of it breaks which rule: the first that it
# breaks is the one it is reported under.
BOOKS = [
    (
        LEDGER,
        "member.id",
        {
            "Saldo tidak sama dengan jumlah mutasinya": (
                "member.training_balance <> COALESCE(ledger.total, 0)"
            ),
            "Saldo masuk tanpa mutasi, mutasi tanpa saldo masuk, atau lebih dari "
            "sekali": (
                "COALESCE(ledger.grants, 0)"
                " <> CASE WHEN member.funded_at IS NULL THEN 0 ELSE 1 END"
            ),
            "Dicabut, tetapi masih punya saldo": (
                "member.revoked_at IS NOT NULL AND member.training_balance <> 0"
            ),
            "Pembelian pertama tercatat tanpa mutasi, atau sebaliknya": (
                "(member.first_purchased_at IS NULL)"
                " <> (COALESCE(ledger.purchases, 0) = 0)"
            ),
        },
    ),
    (
        PURCHASES,
        "purchase.participant_id",
        {
            "Pembelian tidak sama dengan mutasi atau pesanannya": (
                "paid.kind <> 'purchase' OR paid.amount <> -purchase.price"
                " OR paid.participant_id <> purchase.participant_id"
                " OR placed.participant_id <> purchase.participant_id"
                " OR placed.price <> purchase.price"
                " OR placed.training_id <> purchase.training_id"
            ),
            "Pembatalan tidak sama dengan mutasi pengembaliannya": (
                "(purchase.cancelled_at IS NULL) <> (refund.id IS NULL)"
                " OR refund.kind <> 'refund' OR refund.amount <> purchase.price"
                " OR refund.participant_id <> purchase.participant_id"
            ),
        },
    ),
    (
        ENTRIES,
        "entry.participant_id",
        {
            "Mutasi pembelian tanpa pembelian": (
                "entry.kind = 'purchase' AND bought.id IS NULL"
            ),
            "Mutasi pengembalian tanpa pembatalan": (
                "entry.kind = 'refund' AND refunded.id IS NULL"
            ),
        },
    ),
]
RULES = [rule for _, _, rules in BOOKS for rule in rules]


@dataclass(frozen=True)
class Difference:
    """A rule that is broken, by how many rows, and the first of those participants."""

    rule: str
    count: int
    participants: list[int]


def differences() -> list[Difference]:
    """Return what does not agree, over all participants; nothing is what should be."""
    return [
        difference
        for rows, whose, rules in BOOKS
        for difference in _differences(rows, whose, rules)
    ]


def _differences(rows: str, whose: str, rules: dict[str, str]) -> list[Difference]:
    broken = list(rules.values())
    first_broken = " ".join(f"WHEN {sql} THEN {n}" for n, sql in enumerate(broken))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT rule, id, people FROM (
                SELECT rule, id, COUNT(*) OVER (PARTITION BY rule) AS people,
                    ROW_NUMBER() OVER (PARTITION BY rule ORDER BY id) AS place
                FROM (
                    SELECT CASE {first_broken} END AS rule, {whose} AS id
                    FROM {rows} WHERE {" OR ".join(broken)}
                ) AS broken
            ) AS counted
            WHERE place <= {SHOWN} ORDER BY rule, id
            """  # noqa: S608  # nothing but the words above
        )
        found = cursor.fetchall()
    return [
        Difference(
            rule=name,
            count=next(people for rule, _, people in found if rule == number),
            participants=[id_ for rule, id_, _ in found if rule == number],
        )
        for number, name in enumerate(rules)
        if any(rule == number for rule, _, _ in found)
    ]
