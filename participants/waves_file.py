"""The file of waves: one line a wave, read as a whole or refused as a whole.

Columns are those of COLUMNS: days as 2021-09-22, hours in WIB as 12:00 or 23:59:59,
``sources`` free text for whoever checks the file. An empty cell means unknown: nothing
is derived from it, and it never erases what staff have entered.

Of a day without an hour the whole day is meant: a wave opens at 00.00.00, closes at
23.59.59 and is announced at 00.00.00, so that the pass date, which is the day of the
announcement, is right in any case. Without a day the instant stays empty.
"""

import csv
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils import timezone

from participants.models import Wave
from participants.models.wave import ScheduleRefusal

START_OF_DAY = dt.time(0, 0, 0)
END_OF_DAY = dt.time(23, 59, 59)
COLUMNS = [
    "number",
    "kind",
    "opens_on",
    "opens_time",
    "closes_on",
    "closes_time",
    "announced_on",
    "announced_time",
    "purchase_deadline",
    "quota",
    "balance_expires_on",
    "sources",
]


class WavesFileRefused(Exception):
    """The file has lines that can't be taken: ``reasons`` by line, 1 is the header."""

    def __init__(self, reasons: Iterable[tuple[int, str]]) -> None:
        self.reasons = list(reasons)
        super().__init__("\n".join(f"Baris {n}: {why}" for n, why in self.reasons))


@dataclass(frozen=True)
class WaveLine:
    """What one line says about a wave; unknown fields are not in ``fields``."""

    line: int
    number: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class Loaded:
    """What became of one line: the wave, the fields that changed, who moved with it."""

    wave: Wave
    is_new: bool
    changed: list[str]
    moved: int


def read_waves(path: Path) -> list[WaveLine]:
    """Return the waves of a file; raise WavesFileRefused with every bad line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WavesFileRefused([(1, "Berkas ini bukan teks UTF-8.")]) from error
    reader = csv.DictReader(text.splitlines())
    if reader.fieldnames != COLUMNS:
        raise WavesFileRefused([(1, f"Kolomnya harus {','.join(COLUMNS)}.")])
    lines: list[WaveLine] = []
    reasons: list[tuple[int, str]] = []
    for row in reader:
        try:
            line = _wave_line(reader.line_num, row)
            if any(line.number == other.number for other in lines):
                raise ValueError(f"gelombang {line.number} sudah ada di atas")
            lines.append(line)
        except ValueError as error:
            reasons.append((reader.line_num, f"{error}."))
    if reasons:
        raise WavesFileRefused(reasons)
    return lines


def _wave_line(number: int, row: dict[str, str]) -> WaveLine:
    """Return the line's wave; raise ValueError with the reason in Indonesian."""
    if None in row or None in row.values():
        raise ValueError(f"harus {len(COLUMNS)} kolom")
    fields = {
        "kind": row["kind"],
        "opens_at": _instant(row, "opens", START_OF_DAY),
        "closes_at": _instant(row, "closes", END_OF_DAY),
        "announced_at": _instant(row, "announced", START_OF_DAY),
        "purchase_deadline": _day(row, "purchase_deadline"),
        "quota": _whole_number(row, "quota"),
        "balance_expires_on": _day(row, "balance_expires_on"),
    }
    return WaveLine(
        line=number,
        number=_whole_number(row, "number"),
        fields={k: value for k, value in fields.items() if value not in (None, "")},
    )


def _whole_number(row: dict[str, str], column: str) -> int:
    if not (row[column].isascii() and row[column].isdecimal()):
        raise ValueError(f"{column} “{row[column]}” bukan bilangan bulat")
    return int(row[column])


def _day(row: dict[str, str], column: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(row[column]) if row[column] else None
    except ValueError as error:
        raise ValueError(
            f"{column} “{row[column]}” bukan tanggal seperti 2021-09-22"
        ) from error


def _instant(row: dict[str, str], event: str, usual: dt.time) -> dt.datetime | None:
    """Return when it is, in WIB; ``usual`` is the hour if only the day is known."""
    day, hour = _day(row, f"{event}_on"), row[f"{event}_time"]
    if day is None:
        if hour:
            raise ValueError(f"{event}_time diisi, tetapi {event}_on kosong")
        return None
    try:
        time = dt.time.fromisoformat(hour) if hour else usual
    except ValueError as error:
        raise ValueError(f"{event}_time “{hour}” bukan jam seperti 12:00") from error
    return timezone.make_aware(dt.datetime.combine(day, time))


@transaction.atomic
def load_waves(lines: list[WaveLine], *, at: dt.datetime) -> list[Loaded]:
    """Make or update all waves, or none: then raise WavesFileRefused.

    Participants follow dates that move, as in ``Wave.reschedule``.
    """
    loaded: list[Loaded] = []
    reasons: list[tuple[int, str]] = []
    for line in lines:
        try:
            loaded.append(_load(line, at=at))
        except ScheduleRefusal as refusal:
            reasons.append((line.line, refusal.message))
        except ValidationError as error:
            reasons.append((line.line, _in_words(error)))
    if reasons:
        raise WavesFileRefused(reasons)
    return loaded


def _in_words(error: ValidationError) -> str:
    """Return ``quota: …``; what is wrong between fields says so itself."""
    return " ".join(
        message if field == NON_FIELD_ERRORS else f"{field}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )


def _load(line: WaveLine, *, at: dt.datetime) -> Loaded:
    wave = Wave.objects.filter(number=line.number).first() or Wave(number=line.number)
    is_new = wave.pk is None
    changed = [
        name for name, value in line.fields.items() if getattr(wave, name) != value
    ]
    for name in changed:
        setattr(wave, name, line.fields[name])
    moved = 0
    if changed:
        wave.full_clean()
        if is_new:
            wave.save()
        else:
            moved = wave.reschedule(at=at)
    return Loaded(wave=wave, is_new=is_new, changed=changed, moved=moved)
