"""What a file of people who passed says: rows, or the reasons against them.

Knows the form of a cell, neither the database nor the waves.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from participants.importing.csv_rows import (
    BadLine,
    CellRefused,
    Columns,
    bad_line,
    read_rows,
    text_cell,
)
from participants.models import User
from participants.models.applicant import MOBILE_NUMBER

NOT_EMAIL = "Bukan alamat e-mail yang benar."
# The smallest age of a recipient: Permenko 11/2020 art. 2.
ADULT = 18


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


def _email(cell: str) -> str:
    email = text_cell(cell).lower()
    if not email.isascii() or len(email) > EMAIL_MAX:
        raise CellRefused(NOT_EMAIL)
    try:
        validate_email(email)
    except ValidationError:
        raise CellRefused(NOT_EMAIL) from None
    return email


def _full_name(cell: str) -> str:
    name = SPACES.sub(" ", unicodedata.normalize("NFC", text_cell(cell)))
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
COLUMNS = Columns(cells=CELLS, optional=frozenset({"card_number"}), thing="orang")


def read_people(path: Path) -> Iterator[Row | BadLine]:
    """Yield each line of the file as a row, or with what is wrong with it.

    Raises FileRefused for what is wrong with the file as a whole.
    """
    for found in read_rows(path, COLUMNS):
        if isinstance(found, BadLine):
            yield found
            continue
        row = Row(found.line, *found.cells)
        if _age(row.birth_date, on=row.pass_date) < ADULT:
            reason = f"Belum {ADULT} tahun pada tanggal lolos."
            yield bad_line(row.line, "birth_date", reason)
        else:
            yield row


def _age(birth_date: dt.date, *, on: dt.date) -> int:
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (not had_birthday)
