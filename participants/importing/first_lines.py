"""Who stands in a file more than once."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from types import TracebackType
from typing import Self

from participants.importing.csv_rows import Problem
from participants.importing.reading import Row

LABELS = {"email": "E-mail", "nik": "NIK", "card_number": "Nomor kartu"}


class FirstLines:
    """On which line an e-mail, a NIK or a card number stood first.

    Kept in SQLite's private temporary file, not in memory: a file of three million
    people needs no more of it than one of ten. Goes when closed.
    """

    def __enter__(self) -> Self:
        self._db = sqlite3.connect("")
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE first_line (mark TEXT PRIMARY KEY, line INTEGER)"
            "WITHOUT ROWID"
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._db.close()

    def repeats(self, rows: list[Row]) -> dict[int, list[Problem]]:
        """Take note of rows; return what those repeat that stood on an earlier line.

        Noting the same rows twice changes nothing.
        """
        before = self._db.total_changes
        marks = [(mark, row.line) for row in rows for _, mark in _marks(row)]
        self._db.executemany("INSERT OR IGNORE INTO first_line VALUES (?, ?)", marks)
        if self._db.total_changes - before == len(marks):
            return {}
        found = ((row.line, list(self._repeats(row))) for row in rows)
        return {line: problems for line, problems in found if problems}

    def _repeats(self, row: Row) -> Iterator[Problem]:
        for column, mark in _marks(row):
            (first,) = self._db.execute(
                "SELECT line FROM first_line WHERE mark = ?", [mark]
            ).fetchone()
            if first != row.line:
                reason = f"{LABELS[column]} ini sudah ada di baris {first}."
                yield Problem(row.line, column, reason)


def _marks(row: Row) -> Iterable[tuple[str, str]]:
    # An e-mail holds an @ and a NIK doesn't; a card number could equal a NIK.
    marks = [("email", row.email), ("nik", row.nik)]
    card = [("card_number", f"card {row.card_number}")] if row.card_number else []
    return chain(marks, card)
