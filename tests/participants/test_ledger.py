"""The ledger: nothing in it is ever changed, on either database."""

import pytest
from django.db import IntegrityError, connection, transaction

from participants.models import BalanceEntry, EntryKind
from tests.factories import NOW, ParticipantFactory

pytestmark = pytest.mark.django_db

CHANGES = {
    "update": "UPDATE participants_balanceentry SET amount = amount - 1",
    "delete": "DELETE FROM participants_balanceentry",
}


def entry() -> BalanceEntry:
    return ParticipantFactory(funded=True).balance_entries.get()


@pytest.mark.parametrize("change", CHANGES)
def test_database_refuses_to_change_or_delete_what_was_booked(change):
    booked = entry()

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(CHANGES[change])

    assert list(BalanceEntry.objects.values_list("amount")) == [(booked.amount,)]


def test_database_refuses_to_empty_the_ledger():
    if connection.vendor == "sqlite":
        statement = "DELETE FROM participants_balanceentry"
    else:
        statement = "TRUNCATE participants_balanceentry CASCADE"
    entry()
    connection.check_constraints()  # none is left for the end

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


REPLACE = {
    "sqlite": "INSERT OR REPLACE INTO participants_balanceentry "
    "SELECT id, kind, 5, made_at, reference, description, made_by_id, participant_id "
    "FROM participants_balanceentry",
    "postgresql": "INSERT INTO participants_balanceentry "
    "SELECT * FROM participants_balanceentry ON CONFLICT (id) DO UPDATE SET amount = 5",
}


def test_database_refuses_to_put_another_row_in_the_place_of_one():
    booked = entry()

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(REPLACE[connection.vendor])

    booked.refresh_from_db()
    assert booked.amount == 1_000_000


@pytest.mark.parametrize(
    ("kind", "amount"),
    [(EntryKind.GRANT, -1), (EntryKind.PURCHASE, 1), (EntryKind.FORFEIT, 0)],
)
def test_database_refuses_a_sign_that_is_not_the_kinds(kind, amount):
    with (
        pytest.raises(IntegrityError, match="balance_entry_sign_follows_kind"),
        transaction.atomic(),
    ):
        ParticipantFactory().balance_entries.create(
            kind=kind, amount=amount, made_at=NOW
        )
