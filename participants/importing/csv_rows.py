"""What a CSV file says: rows of tidied cells, or the reasons against them.

Knows the form of a file, not what it is about: whoever reads one says in ``Columns``
which cells it has. Holds one line at a time, so a file of any length needs the same
memory. A line is a row: line breaks inside a quoted cell are refused, which keeps line
numbers true and one stray quote from swallowing the lines after it.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from prakerja.refusal import Refusal

EMPTY = "Kosong."
COLUMN = re.compile(r"[a-z_]{0,40}")  # what looks like the name of a column
# Bytes; the longest row that can be right has fewer than 1,500.
LINE_MAX = 8192
NOT_CSV = {
    b"PK\x03\x04": "berkas zip atau Excel (.xlsx)",
    b"\xd0\xcf\x11\xe0": "berkas Excel lama (.xls)",
    b"\x1f\x8b": "berkas gzip",
    b"%PDF": "berkas PDF",
}
HOW_TO_SAVE = "Di Excel pilih Simpan Sebagai, lalu “CSV UTF-8 (dipisahkan koma)”."


class FileRefused(Refusal):
    """The file as a whole can't be read; ``message`` says why and what to do."""


class Problem(NamedTuple):
    """What is wrong with a line. Never holds what the cell says: cells are personal."""

    line: int
    column: str
    reason: str


class BadLine(NamedTuple):
    line: int
    problems: list[Problem]


class CellRefused(Exception):
    """A cell is not of the form its column asks for."""


# A spreadsheet runs a cell that begins like this as a formula.
FORMULA_SIGNS = tuple("=+-@\t\r")


@dataclass(frozen=True)
class Columns:
    """The columns of a file, each with what tidies its cells or raises CellRefused."""

    cells: Mapping[str, Callable[[str], Any]]
    optional: frozenset[str]
    # What a row is about, as a person says it: "orang".
    thing: str


class Values(NamedTuple):
    """A good line: its tidied cells, in the order of the columns."""

    line: int
    cells: tuple[Any, ...]


def text_cell(cell: str) -> str:
    if cell.startswith(FORMULA_SIGNS):
        raise CellRefused(
            "Diawali =, +, -, @, atau tab: Excel membacanya sebagai rumus."
        )
    if not (text := cell.strip()):
        raise CellRefused(EMPTY)
    return text


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def read_rows(path: Path, columns: Columns) -> Iterator[Values | BadLine]:
    """Yield each line of the file as its values, or with what is wrong with it.

    Lines are numbered as an editor or Excel does; the header is line 1. Empty lines are
    skipped. Raises FileRefused for what is wrong with the file as a whole.
    """
    with path.open("rb") as file:
        _refuse_other_formats(file)
        delimiter, positions = _header(file, columns)
        pick = itemgetter(*(positions.get(name, -1) for name in columns.cells))
        is_empty = True
        for line, text in _lines(file, columns):
            cells = _split(text, delimiter)
            if cells is None:
                is_empty = False
                yield bad_line(
                    line, "", "Tanda kutip tidak ditutup, atau salah tempat."
                )
            elif any(cells):
                is_empty = False
                yield _values(line, cells, columns, width=len(positions), pick=pick)
        if is_empty:
            raise FileRefused(
                f"Berkas ini hanya berisi judul kolom, tanpa satu {columns.thing} pun."
            )


def delimiter_of(path: Path, columns: Columns) -> str:
    """Return what separates the cells. Raises FileRefused."""
    with path.open("rb") as file:
        _refuse_other_formats(file)
        return _header(file, columns)[0]


def _refuse_other_formats(file: BinaryIO) -> None:
    head = file.read(4096)
    file.seek(0)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileRefused("Berkas ini kosong.")
    for signature, name in NOT_CSV.items():
        if head.startswith(signature):
            raise FileRefused(f"Ini {name}, bukan CSV. {HOW_TO_SAVE}")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:2]:
        raise FileRefused(
            "Berkas ini berkode UTF-16 (“Teks Unicode” di Excel), bukan UTF-8. "
            f"{HOW_TO_SAVE}"
        )


def _lines(file: BinaryIO, columns: Columns) -> Iterator[tuple[int, str]]:
    """Yield what follows the header, from line 2."""
    for line, raw in enumerate(iter(partial(file.readline, LINE_MAX), b""), start=2):
        yield line, _decode(raw, line, columns)


def _decode(raw: bytes, line: int, columns: Columns) -> str:
    if len(raw) == LINE_MAX and not raw.endswith(b"\n"):
        raise FileRefused(
            f"Baris {line} terlalu panjang (lebih dari {LINE_MAX // 1024} KiB). "
            f"Setiap {columns.thing} harus satu baris."
        )
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise FileRefused(
            f"Baris {line} tidak berkode UTF-8, kemungkinan Windows-1252 (Latin-1). "
            f"{HOW_TO_SAVE}"
        ) from None


def _header(file: BinaryIO, columns: Columns) -> tuple[str, dict[str, int]]:
    """Return the delimiter and the position of each column."""
    text = _decode(file.readline(LINE_MAX), 1, columns).removeprefix("\ufeff")
    delimiter = ";" if text.count(";") > text.count(",") else ","
    cells = [_column_name(cell) for cell in _split(text, delimiter) or [text]]
    unknown = [name for name in cells if name not in columns.cells]
    required = [name for name in columns.cells if name not in columns.optional]
    missing = [name for name in required if name not in cells]
    twice = {name for name in cells if cells.count(name) > 1}
    refusals = []
    if missing:
        refusals.append(f"Kolom yang kurang: {', '.join(missing)}.")
    if unknown:
        is_header = len(unknown) < len(cells)
        refusals.append(_unknown_columns(unknown, may_be_named=is_header))
    elif twice:
        refusals.append(f"Kolom yang ada dua kali: {', '.join(sorted(twice))}.")
    if refusals:
        refusals.append(
            "Baris pertama harus berisi judul kolom, dipisahkan koma atau titik koma."
        )
        raise FileRefused(" ".join(refusals))
    return delimiter, {name: position for position, name in enumerate(cells)}


def _unknown_columns(unknown: list[str], *, may_be_named: bool) -> str:
    """Name the columns that nobody asked for.

    A file without a header has a person's data there: that is counted, never repeated.
    """
    names = [name or "(tanpa judul)" for name in unknown if COLUMN.fullmatch(name)]
    named = names[:5] if may_be_named else []
    if not named:
        return f"Ada {len(unknown)} kolom yang tidak dikenal."
    others = len(unknown) - len(named)
    more = f", dan {others} lainnya" if others else ""
    return f"Kolom yang tidak dikenal: {', '.join(named)}{more}."


def _column_name(cell: str) -> str:
    return "_".join(cell.lower().split())[:40]


def _split(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line, or None if its quotes are broken."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _values(
    line: int,
    cells: list[str],
    columns: Columns,
    *,
    width: int,
    pick: Callable[[list[str]], tuple[str, ...]],
) -> Values | BadLine:
    """Tidy the cells; only when one is bad, ask each for its reason."""
    # Excel leaves out trailing separators where the last cells are empty.
    cells += [""] * (width + 1 - len(cells))
    if any(cells[width:]):
        return bad_line(
            line,
            "",
            'Sel lebih banyak dari kolom. Apit sel yang berisi pemisah dengan “"”.',
        )
    picked = pick(cells[: width + 1])
    tidies = columns.cells.values()
    try:
        values = tuple(tidy(cell) for tidy, cell in zip(tidies, picked, strict=True))
    except CellRefused:
        return BadLine(line, list(_problems(line, picked, columns)))
    return Values(line, values)


def _problems(line: int, cells: tuple[str, ...], columns: Columns) -> Iterator[Problem]:
    for (column, tidy), cell in zip(columns.cells.items(), cells, strict=True):
        try:
            tidy(cell)
        except CellRefused as refusal:
            is_blank = not cell.strip()
            yield Problem(line, column, EMPTY if is_blank else str(refusal))


def bad_line(line: int, column: str, reason: str) -> BadLine:
    return BadLine(line, [Problem(line, column, reason)])
