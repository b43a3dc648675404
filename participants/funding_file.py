"""An uploaded list of card numbers, one a line, until its job has done it.

Kept in DATA_DIR under a random name, where only the site's own account reads it.
"""

import datetime as dt
import os
import re
import secrets
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from django.conf import settings

from prakerja.refusal import Refusal

# A file whose job never ended; by then somebody has asked.
KEPT_FOR = dt.timedelta(days=7)
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
LONGEST_LINE = 100
MOST_LINES = 200_000


class FileGone(Refusal):
    message = "Berkasnya sudah tidak ada. Unggah lagi."


class NotAList(Refusal):
    message = (
        "Berkas ini bukan daftar nomor kartu. Simpan sebagai teks (CSV UTF-8) dengan "
        "satu nomor kartu per baris, tanpa kolom lain."
    )


class TooManyLines(Refusal):
    message = (
        "Paling banyak 200.000 nomor dalam satu berkas. Bagi menjadi beberapa berkas, "
        "atau kirim saldo untuk seluruh gelombang."
    )


def keep(chunks: Iterable[bytes], *, at: dt.datetime) -> str:
    """Write an upload down; return its token. Raises NotAList, TooManyLines."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.stat().st_mtime < (at - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)
    token = secrets.token_urlsafe(16)
    with open(folder / token, "xb", opener=_private) as file:
        file.writelines(chunks)
    try:
        _check(folder / token)
    except Refusal:
        forget(token)
        raise
    return token


def _check(path: Path) -> None:
    read = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            while line := file.readline(LONGEST_LINE + 1):
                read += 1
                if len(line) > LONGEST_LINE or "\0" in line:
                    raise NotAList
    except UnicodeDecodeError:
        raise NotAList from None
    if read > MOST_LINES:
        raise TooManyLines


def lines(token: str, *, after: int, most: int) -> list[tuple[int, str]]:
    """Return the next numbered lines; blank ones and a heading are none.

    Raises FileGone.
    """
    try:
        with _path(token).open(encoding="utf-8-sig") as file:
            numbered = ((n, line.strip()) for n, line in enumerate(file, start=1))
            left = (
                (n, line) for n, line in numbered if n > after and _is_item(n, line)
            )
            return list(islice(left, most))
    except FileNotFoundError:
        raise FileGone from None


def count(token: str) -> int:
    """Return how many lines ``lines`` has in all. Raises FileGone."""
    return len(lines(token, after=0, most=MOST_LINES))


def forget(token: str) -> None:
    _path(token).unlink(missing_ok=True)


def _is_item(number: int, line: str) -> bool:
    is_heading = number == 1 and not any(map(str.isdecimal, line))
    return bool(line) and not is_heading


def _path(token: str) -> Path:
    if not TOKEN.fullmatch(token):
        raise FileGone
    return _folder() / token


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "funding"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
