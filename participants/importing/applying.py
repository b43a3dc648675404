"""Check a file of people who passed, and apply it: chunk by chunk."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction

from participants.importing import staging
from participants.importing.csv_rows import BadLine, Problem
from participants.importing.first_lines import FirstLines
from participants.importing.reading import Row, read_people
from participants.importing.rules import conflicts, wave_reason
from participants.models import Participant, User, Wave
from prakerja.refusal import Refusal

# Rows a transaction: about a second of PostgreSQL's time.
CHUNK = 10_000
# How often a chunk is tried while others enter the same people or numbers.
ATTEMPTS = 3
# So many NIKs that all end in 0 are no chance: Excel keeps 15 digits of a number.
ENOUGH_TO_TELL = 20
ROUNDED = (
    "Semua NIK berakhir 0: Excel sudah membulatkan angka terakhirnya. Ambil lagi dari "
    "sumbernya dengan kolom NIK, KK, dan nomor kartu berformat Teks."
)

type Line = Row | BadLine
# What ``steps`` needs to go on, as JSON.
type Cursor = dict[str, Any]
type OnProblem = Callable[[Problem], None]


class OverQuota(Refusal):
    """More people than the wave has places."""


class BadRows(Refusal):
    message = (
        "Ada baris yang menjadi salah sejak diperiksa. Unggah lagi berkasnya untuk "
        "membaca laporan yang baru."
    )


class EnteredMeanwhile(Refusal):
    message = (
        "Orang atau nomor kartu yang sama sedang dimasukkan orang lain. Coba lagi."
    )


class FileChanged(Refusal):
    message = "Berkas ini bukan lagi berkas yang diperiksa. Unggah lagi."


@dataclass
class Report:
    """What a file did, or would do: new people by wave number, and lines."""

    new: Counter[int] = field(default_factory=Counter)
    unchanged: int = 0
    bad: int = 0
    last_line: int = 0
    # Why the file as a whole can't be applied.
    refusals: list[str] = field(default_factory=list)

    def add(self, judged: "Judged") -> None:
        self.new += judged.new
        self.unchanged += judged.unchanged
        self.bad += len(judged.problems)
        self.last_line = judged.last_line


@dataclass
class Judged:
    """A chunk after every rule; its good rows stand staged."""

    new: Counter[int]
    unchanged: int
    problems: dict[int, list[Problem]]
    last_line: int

    def tell(self, on_problem: OnProblem) -> None:
        for line in sorted(self.problems):
            for problem in self.problems[line]:
                on_problem(problem)


def check(path: Path, *, at: dt.datetime, on_problem: OnProblem) -> Report:
    """Say what applying the file would do; ``on_problem`` is told of every bad row.

    Raises FileRefused for a file that can't be read.
    """
    report = Report()
    last_digits: Counter[str] = Counter()
    with FirstLines() as first_lines:
        for chunk in batched(read_people(path), CHUNK):
            with transaction.atomic():
                judged = _judge(chunk, waves=_waves(), first_lines=first_lines, at=at)
                staging.clear()
            report.add(judged)
            judged.tell(on_problem)
            last_digits.update(row.nik[-1] for row in chunk if isinstance(row, Row))
    report.refusals += _over_quota(report.new, _waves())
    if set(last_digits) == {"0"} and last_digits["0"] >= ENOUGH_TO_TELL:
        report.refusals.append(ROUNDED)
    return report


def apply(
    path: Path,
    *,
    sha256: str,
    by: User,
    at: dt.datetime,
    on_problem: OnProblem,
    good_rows_only: bool = False,
) -> Report:
    """Enter the people of a file that was checked: ``steps``, one after the other."""
    report = Report()
    for step in steps(path, sha256=sha256, by=by, at=at, good_rows_only=good_rows_only):
        step.judged.tell(on_problem)
        report = step.report
    return report


def steps(
    path: Path,
    *,
    sha256: str,
    by: User,
    at: dt.datetime,
    good_rows_only: bool = False,
    cursor: Cursor | None = None,
) -> Iterator["Step"]:
    """Enter the people of a file chunk by chunk, and record it on their waves.

    Each ``next`` is one chunk in one transaction, or in the caller's; every rule is
    asked again. Goes on from the ``cursor`` of a former step. Raises FileChanged if the
    file is not the one with this hash, FileRefused, and from the chunk on that it
    happens in: BadRows, OverQuota, EnteredMeanwhile; what went before stays.
    """
    if sha256_of(path) != sha256:
        raise FileChanged
    application = _Application(
        sha256=sha256, by=by, at=at, good_rows_only=good_rows_only
    )
    if cursor:
        application.go_on_from(cursor)
    with FirstLines() as first_lines:
        for chunk in batched(read_people(path), CHUNK):
            if chunk[-1].line <= application.report.last_line:
                first_lines.repeats([row for row in chunk if isinstance(row, Row)])
            else:
                judged = application.enter(chunk, first_lines)
                yield Step(judged, len(chunk), application.report, application.cursor)


def report_of(cursor: Cursor) -> Report:
    """Return what was done until this cursor."""
    return Report(
        new=Counter({int(number): new for number, new in cursor["new"].items()}),
        unchanged=cursor["unchanged"],
        bad=cursor["bad"],
        last_line=cursor["line"],
    )


class Step(NamedTuple):
    """A chunk that was entered, and all that was until then."""

    judged: "Judged"
    rows: int
    report: Report
    cursor: Cursor


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class _Application:
    """One import under way: what it has committed so far, and its audit record."""

    sha256: str
    by: User
    at: dt.datetime
    good_rows_only: bool
    report: Report = field(default_factory=Report)
    # The record of each wave, by the wave's number.
    records: dict[int, LogEntry] = field(default_factory=dict)

    @property
    def cursor(self) -> Cursor:
        return {
            "line": self.report.last_line,
            "new": self.report.new,
            "unchanged": self.report.unchanged,
            "bad": self.report.bad,
            "records": {number: record.pk for number, record in self.records.items()},
        }

    def go_on_from(self, cursor: Cursor) -> None:
        self.report = report_of(cursor)
        records = LogEntry.objects.in_bulk(cursor["records"].values())
        self.records = {
            int(number): records[pk] for number, pk in cursor["records"].items()
        }

    def enter(self, chunk: Sequence[Line], first_lines: FirstLines) -> Judged:
        """Enter the good rows of a chunk, whole people only, in one transaction.

        Tried again if somebody else enters the same person meanwhile, or a new card
        number exists already.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                with transaction.atomic():
                    judged, records = self._try(chunk, first_lines)
                break
            except IntegrityError:
                if attempts == ATTEMPTS:
                    # The database's own words quote the row: they must reach no log.
                    raise EnteredMeanwhile from None
        self.report.add(judged)
        self.records |= records
        return judged

    def _try(
        self, chunk: Sequence[Line], first_lines: FirstLines
    ) -> tuple[Judged, dict[int, LogEntry]]:
        # One import at a time goes past this line, and no wave changes under it.
        waves = _waves(locked=True)
        judged = _judge(chunk, waves=waves, first_lines=first_lines, at=self.at)
        if judged.problems and not self.good_rows_only:
            raise BadRows
        if over := _over_quota(judged.new, waves):
            raise OverQuota(" ".join(over))
        if judged.new:
            staging.enter(at=self.at)
        staging.clear()
        records = {
            number: self._record(waves[number], self.report.new[number] + new)
            for number, new in judged.new.items()
        }
        return judged, records

    def _record(self, wave: Wave, new: int) -> LogEntry:
        """Write the wave's audit record: in the chunk's transaction, so never wrong."""
        record = self.records.get(wave.number) or LogEntry(
            user=self.by,
            content_type=ContentType.objects.get_for_model(Wave),
            object_id=str(wave.pk),
            object_repr=str(wave),
            action_flag=CHANGE,
            action_time=self.at,
        )
        record.change_message = (
            f"Impor peserta: {new} orang baru, dari berkas SHA-256 {self.sha256}."
        )
        record.save()
        return record


def _waves(*, locked: bool = False) -> dict[int, Wave]:
    waves = Wave.objects.order_by("number")
    if locked:
        # No key: who joins a wave meanwhile need not wait.
        waves = waves.select_for_update(no_key=True)
    return {wave.number: wave for wave in waves}


def _over_quota(new: Counter[int], waves: dict[int, Wave]) -> list[str]:
    """Return a sentence for each wave that would have more people than places."""
    sentences = []
    for number, people in new.items():
        wave = waves[number]
        total = Participant.objects.filter(wave=wave).count() + people
        if total > wave.quota:
            sentences.append(
                f"{wave} melebihi kuota: {total} orang untuk {wave.quota} tempat."
            )
    return sentences


def _judge(
    chunk: Sequence[Line],
    *,
    waves: dict[int, Wave],
    first_lines: FirstLines,
    at: dt.datetime,
) -> Judged:
    """Ask every rule about the rows of a chunk; leave those to be entered staged."""
    problems = {bad.line: bad.problems for bad in chunk if isinstance(bad, BadLine)}
    rows = [row for row in chunk if isinstance(row, Row)]
    reason = cache(partial(wave_reason, waves=waves, at=at))
    for row in rows:
        if found := reason(row.wave, row.pass_date):
            problems[row.line] = [Problem(row.line, *found)]
    problems |= first_lines.repeats([row for row in rows if row.line not in problems])
    good = {row.line: row for row in rows if row.line not in problems}
    staging.stage(good.values(), waves)

    unchanged: set[int] = set()
    accounts: set[int] = set()
    for known in staging.known():
        found_now = conflicts(known, wave=good[known.line].wave)
        if against := [Problem(known.line, *reason) for reason in found_now]:
            problems[known.line] = against
        else:
            (accounts if known.wave is None else unchanged).add(known.line)
    staging.leave_out(good.keys() & (unchanged | problems.keys()))
    staging.keep_account_of(accounts)
    return Judged(
        new=Counter(
            row.wave
            for line, row in good.items()
            if line not in problems and line not in unchanged
        ),
        unchanged=len(unchanged),
        problems=problems,
        last_line=chunk[-1].line,
    )
