"""What must be true of everybody's money, whatever has happened.

python -m tests.trainings.money        # of the database named by DATABASE_URL
"""

import os
import sys

import django
from django.db.models import BigIntegerField, Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce


def wrong_books() -> list[str]:
    """Return a line for each row that contradicts another; none if all is right."""
    from participants.models import BalanceEntry, EntryKind, Participant  # noqa: PLC0415
    from trainings.models import Purchase, Stage  # noqa: PLC0415
    from trainings.reconciling import differences  # noqa: PLC0415

    ledger = (
        BalanceEntry.objects.filter(participant=OuterRef("pk"))
        .order_by()
        .values("participant")
        .values(sum=Sum("amount"))
    )
    held = Coalesce(Subquery(ledger, output_field=BigIntegerField()), 0)
    entries = BalanceEntry.objects.order_by()
    live = Q(purchases__completed_at=None, purchases__cancelled_at=None)
    first = Q(purchases__isnull=False, first_purchased_at=None)
    wrong = {
        "balance is not the sum of the ledger": Participant.objects.exclude(
            training_balance=held
        ),
        "balance is below nothing": Participant.objects.filter(training_balance__lt=0),
        "revoked, and something is left": Participant.objects.filter(
            revoked_at__isnull=False, training_balance__gt=0
        ),
        "two purchases under way": Participant.objects.alias(
            under_way=Count("purchases", filter=live & Q(purchases__isnull=False))
        ).filter(under_way__gt=1),
        "bought, and no day of the first purchase": Participant.objects.filter(first),
        "taken for no purchase": entries.filter(kind=EntryKind.PURCHASE, purchase=None),
        "given back for no cancelled purchase": entries.filter(
            kind=EntryKind.REFUND
        ).exclude(refunded_purchase__stage=Stage.CANCELLED),
        "purchase and what was taken for it differ": Purchase.objects.exclude(
            payment__kind=EntryKind.PURCHASE,
            payment__amount=-F("price"),
            payment__participant=F("participant"),
            payment__made_at=F("paid_at"),
        ),
        "cancelled purchase and what was given back differ": Purchase.objects.filter(
            stage=Stage.CANCELLED
        ).exclude(
            refund__kind=EntryKind.REFUND,
            refund__amount=F("price"),
            refund__participant=F("participant"),
        ),
        "purchase and its order differ": Purchase.objects.exclude(
            order__participant=F("participant"),
            order__training=F("training"),
            order__price=F("price"),
            order__cancelled_at=None,
        ),
    }
    return [
        *(f"{what}: {row.pk}" for what, rows in wrong.items() for row in rows),
        *(f"{found.rule}: {found.participants}" for found in differences()),
    ]


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "prakerja.settings"
    django.setup()
    lines = wrong_books()
    print("\n".join(lines))  # noqa: T201
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
