"""The catalogue as a CSV file: its columns, what may stand in a cell, and writing it.

A line is a training, known by its ``code``. ``outcomes`` and ``platforms`` hold several
things, with | between them. What is written reads back as it was.
"""

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from participants.importing.csv_rows import (
    FORMULA_SIGNS,
    CellRefused,
    Columns,
    harmless,
    text_cell,
)
from trainings.models import Category, Mode, Training

SEPARATOR = " | "
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAYS_FROM_TODAY = re.compile(r"H([+-][0-9]{1,4})")
WHOLE = re.compile(r"[0-9]{1,5}")
# 500000, 500.000 or Rp500.000
RUPIAH = re.compile(r"(?:Rp ?)?([0-9]{1,12}|[0-9]{1,3}(?:\.[0-9]{3}){1,3})")
SLUG = re.compile(r"[a-z0-9-]+")
# What a line says about the training itself, beside its code, provider and platforms.
FIELDS = [
    "title",
    "summary",
    "outcomes",
    "category",
    "mode",
    "hours",
    "price",
    "schedule",
    "on_sale_from",
    "on_sale_until",
]


def _text(cell: str) -> str:
    """Take text; what the export put before a formula's sign goes again."""
    if cell[:1] == "'" and cell[1:].startswith(FORMULA_SIGNS):
        text = cell[1:].strip()
    else:
        text = text_cell(cell)
    if not text.isprintable():
        raise CellRefused("Berisi karakter yang tidak terlihat, misalnya tab.")
    return text


def _optional(tidy: Callable[[str], Any], cell: str) -> Any:
    return tidy(cell) if cell.strip() else None


def _several(cell: str) -> list[str]:
    parts = (part.strip() for part in _text(cell).split("|"))
    return [part for part in parts if part]


def _code(cell: str) -> str:
    slug = _text(cell)
    if not SLUG.fullmatch(slug):
        raise CellRefused("Hanya huruf kecil, angka, dan tanda hubung.")
    return slug


def _choice(choices: type[Category] | type[Mode], cell: str) -> str:
    if cell.strip() not in choices.values:
        raise CellRefused(f"Pilih salah satu: {', '.join(choices.values)}.")
    return cell.strip()


def _hours(cell: str) -> int:
    if not WHOLE.fullmatch(cell.strip()):
        raise CellRefused("Tulis jam sebagai bilangan bulat, misalnya 12.")
    return int(cell)


def _price(cell: str) -> int:
    match = RUPIAH.fullmatch(cell.strip())
    if not match:
        raise CellRefused("Tulis rupiah bulat, misalnya 500000.")
    return int(match[1].replace(".", ""))


def _date(cell: str) -> dt.date:
    text = cell.strip()
    if not ISO_DATE.fullmatch(text):
        raise CellRefused("Tulis tahun-bulan-tanggal, misalnya 2021-09-22.")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CellRefused("Tanggal ini tidak ada di kalender.") from None


def _day(today: dt.date, cell: str) -> dt.date:
    """Take a date, or days before (H-30) or after (H+30) today."""
    match = DAYS_FROM_TODAY.fullmatch(cell.strip())
    return today + dt.timedelta(days=int(match[1])) if match else _date(cell)


def columns(today: dt.date | None) -> Columns:
    """Return the columns; ``today`` is what H-30 and H+30 start from, if they may."""
    date = partial(_day, today) if today else _date
    return Columns(
        cells={
            "code": _text,
            "title": _text,
            "summary": _text,
            "outcomes": _several,
            "category": partial(_choice, Category),
            "mode": partial(_choice, Mode),
            "hours": _hours,
            "price": _price,
            "schedule": _text,
            "on_sale_from": date,
            "on_sale_until": partial(_optional, date),
            "provider": _code,
            "provider_name": partial(_optional, _text),
            "provider_contact": partial(_optional, _text),
            "platforms": _several,
        },
        optional=frozenset({"on_sale_until", "provider_name", "provider_contact"}),
        thing="pelatihan",
    )


NAMES = list(columns(None).cells)


def written(trainings: Iterable[Training]) -> Iterator[list[str]]:
    """Yield the lines of a file of these trainings, from its header on."""
    yield NAMES
    for training in trainings:
        cells = {
            "code": training.code,
            **{name: getattr(training, name) for name in FIELDS},
            "outcomes": SEPARATOR.join(training.outcome_list),
            "provider": training.provider.slug,
            "provider_name": training.provider.name,
            "provider_contact": training.provider.contact,
            "platforms": SEPARATOR.join(p.slug for p in training.platforms.all()),
        }
        yield [_cell(cells[name]) for name in NAMES]


class _Echo:
    def write(self, line: str) -> str:
        return line


def as_csv(lines: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a CSV line by line, as an Indonesian Excel opens it: BOM, semicolons."""
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff"
    for line in lines:
        yield writer.writerow(line)


def _cell(value: object) -> str:
    return "" if value is None else harmless(str(value))
