"""An uploaded file between its check and its application.

Kept in DATA_DIR, never in MEDIA_ROOT, whose files are served: a list of people who
passed tells their result. Its name is random, only the site's own account may read it,
and only the user who uploaded it may go on with it.
"""

import csv
import datetime as dt
import fcntl
import hashlib
import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from django.conf import settings

from participants.importing.applying import (
    BadRows,
    EnteredMeanwhile,
    OverQuota,
    Report,
    apply,
    check,
)
from participants.importing.csv_rows import Problem, delimiter_of, harmless
from participants.importing.reading import COLUMNS
from participants.models import User
from prakerja.refusal import Refusal

# How long a file waits to be applied; then it is deleted.
KEPT_FOR = dt.timedelta(hours=24)
# Problems shown on the page; the download has all of them.
SHOWN = 50
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class BeingApplied(Refusal):
    message = "Berkas ini sedang diterapkan. Tunggu, lalu muat ulang halaman ini."


@dataclass
class KeptFile:
    """Berkas unggahan: whose it is, and what checking or applying it reported."""

    token: str
    user_id: int
    name: str
    sha256: str
    report: Report = field(default_factory=Report)
    problems: list[Problem] = field(default_factory=list)
    is_applied: bool = False

    @property
    def path(self) -> Path:
        return _folder() / f"{self.token}.csv"

    @property
    def problems_path(self) -> Path:
        """A CSV of every problem: line, column, reason."""
        return _folder() / f"{self.token}.problems.csv"

    @property
    def can_be_applied(self) -> bool:
        return bool(self.report.new) and not (self.is_applied or self.report.refusals)

    def check(self, *, at: dt.datetime) -> None:
        """Find out what the file would do. Raises FileRefused, then keeps nothing."""
        try:
            with self._noting_problems() as on_problem:
                self.report = check(self.path, at=at, on_problem=on_problem)
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise
        self._save()

    def apply(self, *, by: User, at: dt.datetime, good_rows_only: bool) -> None:
        """Do it, once, and delete the file.

        Raises BeingApplied while another request does it, and what ``apply`` raises;
        if the world changed since the check, the file is checked anew.
        """
        try:
            with self._alone(), self._noting_problems() as on_problem:
                self.report = apply(
                    self.path,
                    sha256=self.sha256,
                    by=by,
                    at=at,
                    on_problem=on_problem,
                    good_rows_only=good_rows_only,
                )
        except (BadRows, OverQuota, EnteredMeanwhile):
            self.check(at=at)
            raise
        self.is_applied = True
        self._save()
        self.path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file; the lock goes with the process, whatever ends it."""
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield
        except (FileNotFoundError, BlockingIOError):
            raise BeingApplied from None

    @contextmanager
    def _noting_problems(self) -> Iterator["_Notes"]:
        draft = self.problems_path.with_suffix(".draft")
        with open(
            draft, "w", newline="", encoding="utf-8-sig", opener=_private
        ) as file:
            notes = _Notes(file, delimiter=delimiter_of(self.path, COLUMNS))
            yield notes
        draft.replace(self.problems_path)
        self.problems = notes.first

    def _save(self) -> None:
        state = {
            "user_id": self.user_id,
            "name": self.name,
            "sha256": self.sha256,
            "is_applied": self.is_applied,
            "problems": self.problems,
            "new": self.report.new,
            "unchanged": self.report.unchanged,
            "bad": self.report.bad,
            "last_line": self.report.last_line,
            "refusals": self.report.refusals,
        }
        draft = _state_path(self.token).with_suffix(".draft")
        with open(draft, "w", opener=_private) as file:
            json.dump(state, file)
        draft.replace(_state_path(self.token))


class _Notes:
    """Writes problems down as they come, and remembers the first few."""

    def __init__(self, file: TextIO, *, delimiter: str) -> None:
        self.first: list[Problem] = []
        self._write = csv.writer(file, delimiter=delimiter).writerow
        self._write(["baris", "kolom", "alasan"])

    def __call__(self, problem: Problem) -> None:
        if len(self.first) < SHOWN:
            self.first.append(problem)
        self._write([harmless(str(cell)) for cell in problem])


def keep(chunks: Iterable[bytes], *, name: str, by: User, at: dt.datetime) -> KeptFile:
    """Write an upload down under a random name; delete those that waited too long."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(at=at)
    token = secrets.token_urlsafe(16)
    digest = hashlib.sha256()
    with open(_folder() / f"{token}.csv", "xb", opener=_private) as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
    return KeptFile(token, by.pk, name, digest.hexdigest())


def find(token: str, *, by: User) -> KeptFile | None:
    """Return the file of this name if this user uploaded it."""
    if not TOKEN.fullmatch(token) or not _state_path(token).exists():
        return None
    state = json.loads(_state_path(token).read_text())
    if state["user_id"] != by.pk:
        return None
    return KeptFile(
        token=token,
        user_id=state["user_id"],
        name=state["name"],
        sha256=state["sha256"],
        is_applied=state["is_applied"],
        problems=[Problem(*problem) for problem in state["problems"]],
        report=Report(
            new=Counter({int(wave): new for wave, new in state["new"].items()}),
            unchanged=state["unchanged"],
            bad=state["bad"],
            last_line=state["last_line"],
            refusals=state["refusals"],
        ),
    )


def _sweep(*, at: dt.datetime) -> None:
    for path in _folder().iterdir():
        if path.stat().st_mtime < (at - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def _state_path(token: str) -> Path:
    return _folder() / f"{token}.json"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
