"""The rows of one chunk in a temporary table, beside the people already known.

Plain SQL, the same on SQLite and PostgreSQL; only the way into the table differs (COPY
on PostgreSQL). Everything here runs inside the caller's transaction. Rows are entered
in the order of a unique column: walking along its index instead of jumping in it spares
PostgreSQL a seventh of the work.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection

from participants.importing.reading import Row
from participants.models import Outcome, Wave
from participants.models.participant import new_card_number

CREATE = """
CREATE TEMPORARY TABLE import_row (
    line integer, is_new boolean, email varchar, full_name varchar, nik varchar,
    family_card_number varchar, birth_date date, phone varchar, wave_id bigint,
    pass_date date, purchase_deadline date, card_number varchar, card_is_given boolean,
    password varchar
)"""
# Without statistics of the table PostgreSQL might read millions of people to find ten
# thousand; this lets it look each up by index.
LOOK_UP = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
INSERT = (
    "INSERT INTO import_row VALUES "
    "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
# The card number is compared here, so that no digit of it leaves the database. The
# pass date is not: it follows the wave's announcement, which the file may precede.
COMPARED = (
    "full_name",
    "family_card_number",
    "birth_date",
    "phone",
    "card_number",
)
KNOWN = """
SELECT * FROM (
    SELECT
        staged.line,
        mail.id IS NOT NULL AS has_email,
        applicant.id IS NOT NULL AS has_nik,
        applicant.user_id = mail.id,
        wave.number,
        member.revoked_at IS NOT NULL,
        EXISTS (
            SELECT 1 FROM participants_participant AS holder
            WHERE staged.card_is_given AND holder.card_number = staged.card_number
            AND (member.id IS NULL OR holder.id <> member.id)
        ) AS is_card_taken,
        staged.full_name <> mail.full_name,
        staged.family_card_number <> applicant.family_card_number,
        staged.birth_date <> applicant.birth_date,
        staged.phone <> applicant.phone,
        staged.card_is_given AND staged.card_number <> member.card_number
    FROM import_row AS staged
    LEFT JOIN participants_user AS mail ON mail.email = staged.email
    LEFT JOIN participants_applicant AS applicant ON applicant.nik = staged.nik
    LEFT JOIN participants_participant AS member ON member.user_id = applicant.user_id
    LEFT JOIN participants_wave AS wave ON wave.id = member.wave_id
) AS found
WHERE has_email OR has_nik OR is_card_taken
"""
ENTER_USERS = """
INSERT INTO participants_user
    (email, full_name, password, is_superuser, is_staff, is_active, date_joined)
SELECT email, full_name, password, FALSE, FALSE, TRUE, %s
FROM import_row WHERE is_new ORDER BY email
"""
ENTER_APPLICANTS = """
INSERT INTO participants_applicant
    (user_id, nik, family_card_number, birth_date, phone)
SELECT mail.id, staged.nik, staged.family_card_number, staged.birth_date, staged.phone
FROM import_row AS staged
JOIN participants_user AS mail ON mail.email = staged.email
WHERE staged.is_new ORDER BY staged.nik
"""
ENTER_APPLICATIONS = """
INSERT INTO participants_application
    (applicant_id, wave_id, joined_at, outcome, rejection_reason, decided_at)
SELECT applicant.id, wave.id, COALESCE(wave.opens_at, %s), %s, '', %s
FROM import_row AS staged
JOIN participants_applicant AS applicant ON applicant.nik = staged.nik
JOIN participants_wave AS wave ON wave.id = staged.wave_id
WHERE TRUE
ON CONFLICT (applicant_id, wave_id) DO UPDATE
    SET outcome = excluded.outcome, rejection_reason = '',
        decided_at = excluded.decided_at
    WHERE participants_application.outcome <> excluded.outcome
"""
ENTER_PARTICIPANTS = """
INSERT INTO participants_participant
    (user_id, wave_id, pass_date, purchase_deadline, card_number, training_balance,
    revocation_reason)
SELECT
    applicant.user_id, staged.wave_id, staged.pass_date, staged.purchase_deadline,
    staged.card_number, 0, ''
FROM import_row AS staged
JOIN participants_applicant AS applicant ON applicant.nik = staged.nik
ORDER BY staged.card_number
"""


class Known(NamedTuple):
    """What the database knows about somebody in the file.

    ``wave`` is the one they are a participant of; ``differing`` names the columns in
    which file and database disagree.
    """

    line: int
    has_email: bool
    has_nik: bool
    is_same_person: bool
    wave: int | None
    is_revoked: bool
    is_card_taken: bool
    differing: list[str]


def stage(rows: Iterable[Row], waves: dict[int, Wave]) -> None:
    """Put the rows into the temporary table; who brings no card number gets one."""
    staged = _staged(rows, waves)
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        if connection.vendor == "postgresql":
            cursor.execute(LOOK_UP)
            with cursor.copy("COPY import_row FROM STDIN") as copy:
                for values in staged:
                    copy.write_row(values)
        else:
            cursor.executemany(INSERT, list[Any](staged))


def _staged(
    rows: Iterable[Row], waves: dict[int, Wave]
) -> Iterator[tuple[object, ...]]:
    for row in rows:
        wave = waves[row.wave]
        yield (
            row.line,
            True,
            row.email,
            row.full_name,
            row.nik,
            row.family_card_number,
            row.birth_date.isoformat(),
            row.phone,
            wave.pk,
            row.pass_date.isoformat(),
            wave.deadline_for(row.pass_date).isoformat(),
            row.card_number or new_card_number(),
            bool(row.card_number),
            # What set_unusable_password writes, made ten times as fast.
            UNUSABLE_PASSWORD_PREFIX + secrets.token_urlsafe(30),
        )


def known() -> Iterator[Known]:
    """Yield the staged rows of which the database knows e-mail, NIK or card number."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        for line, mail, nik, same, wave, revoked, taken, *differs in cursor.fetchall():
            differing = [
                name for name, is_so in zip(COMPARED, differs, strict=True) if is_so
            ]
            yield Known(line, mail, nik, bool(same), wave, revoked, taken, differing)


def leave_out(lines: Iterable[int]) -> None:
    """Take rows out of the table: they are not to be entered."""
    _for_lines("DELETE FROM import_row WHERE line IN ", lines)


def keep_account_of(lines: Iterable[int]) -> None:
    """Mark rows whose user and applicant exist: only the membership is new."""
    _for_lines("UPDATE import_row SET is_new = FALSE WHERE line IN ", lines)


def _for_lines(statement: str, lines: Iterable[int]) -> None:
    numbers = ", ".join(str(int(line)) for line in lines)
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(f"{statement}({numbers})")


def enter(*, at: dt.datetime) -> None:
    """Enter every staged row as a whole person."""
    now = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(ENTER_USERS, [now])
        cursor.execute(ENTER_APPLICANTS)
        cursor.execute(ENTER_APPLICATIONS, [now, Outcome.PASSED, now])
        cursor.execute(ENTER_PARTICIPANTS)


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE import_row")
