"""Reconciling: ledger, balances and purchases tell the same story, for everyone.

Each rule is one statement, so it sees one moment of the database; money that moves
meanwhile makes no difference. Plain SQL, the same on SQLite and PostgreSQL.
"""

from dataclasses import dataclass

from django.db import connection

# Participants named of a difference; the count tells the rest.
SHOWN = 20

# Each selects the participants of whom the rule is broken.
LEDGER = """
SELECT member.id AS id
FROM participants_participant AS member
LEFT JOIN (
    SELECT
        participant_id, SUM(amount) AS total,
        COUNT(*) FILTER (WHERE kind = 'grant') AS grants,
        COUNT(*) FILTER (WHERE kind = 'purchase') AS purchases
    FROM participants_balanceentry
    GROUP BY participant_id
) AS ledger ON ledger.participant_id = member.id
WHERE {broken}
"""
PURCHASES = """
SELECT purchase.participant_id AS id
FROM trainings_purchase AS purchase
JOIN trainings_order AS placed ON placed.id = purchase.order_id
JOIN participants_balanceentry AS paid ON paid.id = purchase.payment_id
LEFT JOIN participants_balanceentry AS refund ON refund.id = purchase.refund_id
WHERE {broken}
"""
ENTRIES = """
SELECT entry.participant_id AS id
FROM participants_balanceentry AS entry
LEFT JOIN trainings_purchase AS purchase ON purchase.{column} = entry.id
WHERE entry.kind = '{kind}' AND purchase.id IS NULL
"""
RULES = {
    "Saldo tidak sama dengan jumlah mutasinya": LEDGER.format(
        broken="member.training_balance <> COALESCE(ledger.total, 0)"
    ),
    "Saldo masuk tanpa mutasi, mutasi tanpa saldo masuk, atau lebih dari sekali": (
        LEDGER.format(
            broken="COALESCE(ledger.grants, 0)"
            " <> CASE WHEN member.funded_at IS NULL THEN 0 ELSE 1 END"
        )
    ),
    "Dicabut, tetapi masih punya saldo": LEDGER.format(
        broken="member.revoked_at IS NOT NULL AND member.training_balance <> 0"
    ),
    "Pembelian pertama tercatat tanpa mutasi, atau sebaliknya": LEDGER.format(
        broken="(member.first_purchased_at IS NULL)"
        " <> (COALESCE(ledger.purchases, 0) = 0)"
    ),
    "Pembelian tidak sama dengan mutasi atau pesanannya": PURCHASES.format(
        broken="paid.kind <> 'purchase' OR paid.amount <> -purchase.price"
        " OR paid.participant_id <> purchase.participant_id"
        " OR placed.participant_id <> purchase.participant_id"
        " OR placed.price <> purchase.price"
        " OR placed.training_id <> purchase.training_id"
    ),
    "Pembatalan tidak sama dengan mutasi pengembaliannya": PURCHASES.format(
        broken="(purchase.cancelled_at IS NULL) <> (refund.id IS NULL)"
        " OR refund.kind <> 'refund' OR refund.amount <> purchase.price"
        " OR refund.participant_id <> purchase.participant_id"
    ),
    "Mutasi pembelian tanpa pembelian": ENTRIES.format(
        column="payment_id", kind="purchase"
    ),
    "Mutasi pengembalian tanpa pembatalan": ENTRIES.format(
        column="refund_id", kind="refund"
    ),
}


@dataclass(frozen=True)
class Difference:
    """A rule that is broken, of how many rows, and the first of those participants."""

    rule: str
    count: int
    participants: list[int]


def differences() -> list[Difference]:
    """Return what does not agree, over all participants; nothing is what should be."""
    found = []
    for rule, broken in RULES.items():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, COUNT(*) OVER () FROM ({broken}) AS broken"  # noqa: S608
                f" ORDER BY id LIMIT {SHOWN}"
            )
            rows = cursor.fetchall()
        if rows:
            found.append(Difference(rule, rows[0][1], [row[0] for row in rows]))
    return found
