"""What a file of people who passed says: rows, or the reasons against them.

Knows the form of a cell, neither the database nor the waves. Holds one line at a time,
so a file of any length needs the same memory. A line is a row: line breaks inside a
quoted cell are refused, which keeps line numbers true and one stray quote from
swallowing the lines after it.
"""

import csv
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from participants.models import User
from participants.models.applicant import MOBILE_NUMBER
from prakerja.refusal import Refusal

OPTIONAL = "card_number"
EMPTY = "Kosong."
NOT_EMAIL = "Bukan alamat e-mail yang benar."
# The smallest age of a recipient: Permenko 11/2020 art. 2.
ADULT = 18
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


class Row(NamedTuple):
    """One person, every cell tidied and of the right form."""

    line: int
    email: str
    full_name: str
    nik: str
    family_card_number: str
    birth_date: dt.date
    phone: str
    wave: int
    pass_date: dt.date
    card_number: str


class CellRefused(Exception):
    """A cell is not of the form its column asks for."""


# A spreadsheet runs a cell that begins like this as a formula.
FORMULA_SIGNS = tuple("=+-@\t\r")
EXCEL_NUMBER = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
SIXTEEN_DIGITS = re.compile(r"[0-9]{16}")
WAVE_NUMBER = re.compile(r"[0-9]{1,4}")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A spreadsheet or a web page leaves no-break spaces between words.
SPACES = re.compile("[ \xa0]+")
PHONE = re.compile(MOBILE_NUMBER)
PHONE_SEPARATORS = str.maketrans("", "", " -.()")
NAME_MAX = User._meta.get_field("full_name").max_length or 0
EMAIL_MAX = User._meta.get_field("email").max_length or 0


def _text(cell: str) -> str:
    if cell.startswith(FORMULA_SIGNS):
        raise CellRefused(
            "Diawali =, +, -, @, atau tab: Excel membacanya sebagai rumus."
        )
    if not (text := cell.strip()):
        raise CellRefused(EMPTY)
    return text


def _email(cell: str) -> str:
    email = _text(cell).lower()
    if not email.isascii() or len(email) > EMAIL_MAX:
        raise CellRefused(NOT_EMAIL)
    try:
        validate_email(email)
    except ValidationError:
        raise CellRefused(NOT_EMAIL) from None
    return email


def _full_name(cell: str) -> str:
    name = SPACES.sub(" ", unicodedata.normalize("NFC", _text(cell)))
    if not name.isprintable():
        raise CellRefused("Berisi karakter yang tidak terlihat, misalnya tab.")
    if not any(map(str.isalpha, name)) or set(name) & set("/:@<>"):
        raise CellRefused("Bukan nama orang.")
    if len(name) > NAME_MAX:
        raise CellRefused(f"Lebih dari {NAME_MAX} huruf.")
    return name


def _sixteen_digits(cell: str, label: str) -> str:
    digits = cell.strip()
    if SIXTEEN_DIGITS.fullmatch(digits):
        return digits
    if EXCEL_NUMBER.fullmatch(digits):
        raise CellRefused(_broken_by_excel(label))
    if digits.isdecimal():
        raise CellRefused(f"{label} harus 16 angka, di sini {len(digits)}.")
    raise CellRefused(f"{label} harus 16 angka saja.")


def _broken_by_excel(label: str) -> str:
    return (
        f"{label} rusak oleh Excel (tertulis seperti 3,27E+15). Ambil lagi dari "
        "sumbernya dengan kolom berformat Teks."
    )


def _card_number(cell: str) -> str:
    return _sixteen_digits(cell, "Nomor kartu") if cell.strip() else ""


def _phone(cell: str) -> str:
    digits = cell.strip().translate(PHONE_SEPARATORS).removeprefix("+")
    if digits.startswith("62"):
        digits = f"0{digits.removeprefix('62').removeprefix('0')}"
    elif digits.startswith("8"):
        digits = f"0{digits}"
    if not PHONE.fullmatch(digits):
        if EXCEL_NUMBER.fullmatch(cell.strip()):
            raise CellRefused(_broken_by_excel("Nomor HP"))
        raise CellRefused("Bukan nomor HP Indonesia: 08…, 9 sampai 14 angka.")
    return digits


def _date(cell: str) -> dt.date:
    """Return the day; only year-month-day, since 03/04/2021 is two different days."""
    text = cell.strip()
    if not ISO_DATE.fullmatch(text):
        raise CellRefused("Tulis tahun-bulan-tanggal, misalnya 1998-04-17.")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CellRefused("Tanggal ini tidak ada di kalender.") from None


def _birth_date(cell: str) -> dt.date:
    day = _date(cell)
    if day.year < 1900:  # noqa: PLR2004
        raise CellRefused("Tahun lahir sebelum 1900.")
    return day


def _wave(cell: str) -> int:
    if not WAVE_NUMBER.fullmatch(cell.strip()):
        raise CellRefused("Tulis nomor gelombang saja, misalnya 21.")
    return int(cell)


# In the order of Row's fields.
CELLS: dict[str, Callable[[str], str | int | dt.date]] = {
    "email": _email,
    "full_name": _full_name,
    "nik": partial(_sixteen_digits, label="NIK"),
    "family_card_number": partial(_sixteen_digits, label="Nomor KK"),
    "birth_date": _birth_date,
    "phone": _phone,
    "wave": _wave,
    "pass_date": _date,
    "card_number": _card_number,
}


def read_people(path: Path) -> Iterator[Row | BadLine]:
    """Yield each line of the file as a row, or with what is wrong with it.

    Lines are numbered as an editor or Excel does; the header is line 1. Empty lines are
    skipped. Raises FileRefused for what is wrong with the file as a whole.
    """
    with path.open("rb") as file:
        _refuse_other_formats(file)
        delimiter, columns = _header(file)
        pick = itemgetter(*(columns.get(name, -1) for name in CELLS))
        is_empty = True
        for line, text in _lines(file):
            cells = _split(text, delimiter)
            if cells is None:
                is_empty = False
                yield _bad(line, "", "Tanda kutip tidak ditutup, atau salah tempat.")
            elif any(cells):
                is_empty = False
                yield _row(line, cells, width=len(columns), pick=pick)
        if is_empty:
            raise FileRefused(
                "Berkas ini hanya berisi judul kolom, tanpa satu orang pun."
            )


def delimiter_of(path: Path) -> str:
    """Return what separates the cells. Raises FileRefused."""
    with path.open("rb") as file:
        _refuse_other_formats(file)
        return _header(file)[0]


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


def _lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Yield what follows the header, from line 2."""
    for line, raw in enumerate(iter(partial(file.readline, LINE_MAX), b""), start=2):
        yield line, _decode(raw, line)


def _decode(raw: bytes, line: int) -> str:
    if len(raw) == LINE_MAX and not raw.endswith(b"\n"):
        raise FileRefused(
            f"Baris {line} terlalu panjang (lebih dari {LINE_MAX // 1024} KiB). "
            "Setiap orang harus satu baris."
        )
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise FileRefused(
            f"Baris {line} tidak berkode UTF-8, kemungkinan Windows-1252 (Latin-1). "
            f"{HOW_TO_SAVE}"
        ) from None


def _header(file: BinaryIO) -> tuple[str, dict[str, int]]:
    """Return the delimiter and the position of each column."""
    text = _decode(file.readline(LINE_MAX), 1).removeprefix("\ufeff")
    delimiter = ";" if text.count(";") > text.count(",") else ","
    cells = [_column_name(cell) for cell in _split(text, delimiter) or [text]]
    unknown = [name or "(tanpa judul)" for name in cells if name not in CELLS]
    missing = [name for name in CELLS if name not in cells and name != OPTIONAL]
    twice = {name for name in cells if cells.count(name) > 1}
    refusals = []
    if missing:
        refusals.append(f"Kolom yang kurang: {', '.join(missing)}.")
    if unknown:
        refusals.append(f"Kolom yang tidak dikenal: {', '.join(unknown[:5])}.")
    elif twice:
        refusals.append(f"Kolom yang ada dua kali: {', '.join(sorted(twice))}.")
    if refusals:
        refusals.append(
            "Baris pertama harus berisi judul kolom, dipisahkan koma atau titik koma."
        )
        raise FileRefused(" ".join(refusals))
    return delimiter, {name: position for position, name in enumerate(cells)}


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


def _row(
    line: int,
    cells: list[str],
    *,
    width: int,
    pick: Callable[[list[str]], tuple[str, ...]],
) -> Row | BadLine:
    """Tidy the cells; only when one is bad, ask each for its reason."""
    # Excel leaves out trailing separators where the last cells are empty.
    cells += [""] * (width + 1 - len(cells))
    if any(cells[width:]):
        return _bad(
            line,
            "",
            'Sel lebih banyak dari kolom. Apit sel yang berisi pemisah dengan “"”.',
        )
    picked = pick(cells[: width + 1])
    try:
        values = [tidy(cell) for tidy, cell in zip(CELLS.values(), picked, strict=True)]
    except CellRefused:
        return BadLine(line, list(_problems(line, picked)))
    row = Row(line, *values)  # type: ignore[arg-type]
    if _age(row.birth_date, on=row.pass_date) < ADULT:
        return _bad(line, "birth_date", f"Belum {ADULT} tahun pada tanggal lolos.")
    return row


def _problems(line: int, cells: tuple[str, ...]) -> Iterator[Problem]:
    for (column, tidy), cell in zip(CELLS.items(), cells, strict=True):
        try:
            tidy(cell)
        except CellRefused as refusal:
            is_blank = not cell.strip()
            yield Problem(line, column, EMPTY if is_blank else str(refusal))


def _bad(line: int, column: str, reason: str) -> BadLine:
    return BadLine(line, [Problem(line, column, reason)])


def _age(birth_date: dt.date, *, on: dt.date) -> int:
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (not had_birthday)
