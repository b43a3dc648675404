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
from functools import cached_property
from pathlib import Path
from typing import TextIO

from django.conf import settings

from jobs.models import Job, JobState
from jobs.work import start
from participants.importing.applying import (
    Cursor,
    Report,
    Step,
    check,
    report_of,
    steps,
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
    job_id: int | None = None

    @property
    def path(self) -> Path:
        return path_of(self.token)

    @property
    def problems_path(self) -> Path:
        """A CSV of every problem: line, column, reason."""
        return _folder() / f"{self.token}.problems.csv"

    @property
    def rows(self) -> int:
        """Lines with a person, right or wrong."""
        report = self.report
        return report.new.total() + report.unchanged + report.bad

    @cached_property
    def job(self) -> Job | None:
        """The job that applies it, or did."""
        return Job.objects.filter(pk=self.job_id).first() if self.job_id else None

    @property
    def so_far(self) -> Report | None:
        """What a job that is not done has entered, or None before anything is."""
        if self.is_applied or self.job is None or not self.job.cursor:
            return None
        return report_of(self.job.cursor)

    @property
    def can_be_applied(self) -> bool:
        is_under_way = self.job is not None and not self.job.is_finished
        is_wanted = bool(self.report.new) and not self.report.refusals
        return is_wanted and not self.is_applied and not is_under_way

    def check(self, *, at: dt.datetime) -> None:
        """Find out what the file would do. Raises FileRefused, then keeps nothing."""
        try:
            with self._noting_problems() as on_problem:
                self.report = check(self.path, at=at, on_problem=on_problem)
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise
        self._save()

    def start(
        self, *, by: User, at: dt.datetime, good_rows_only: bool, address: str
    ) -> Job:
        """Let a worker apply the file; pressed again, it is the same job.

        ``address`` is where its report is read.

        Raises BeingApplied while another request starts it. A job that failed or was
        cancelled is followed by a new one, which enters only who is missing.
        """
        with self._alone():
            latest = find(self.token, by=by)
            job = latest.job if latest else None
            if job is None or job.state in {JobState.FAILED, JobState.CANCELLED}:
                job = start(
                    "import_people",
                    params={"file": self.token, "good_rows_only": good_rows_only},
                    about=self.name,
                    address=address,
                    total=self.rows,
                    by=by,
                    at=at,
                )
                self.job_id = job.pk
                self._save()
        return job

    def steps(
        self, *, by: User, at: dt.datetime, good_rows_only: bool, cursor: Cursor | None
    ) -> Iterator[Step]:
        """Apply the file chunk by chunk, then delete it. Raises what ``steps`` does."""
        if self.is_applied:  # stopped between the last line and the end
            return
        step = None
        for step in steps(
            self.path,
            sha256=self.sha256,
            by=by,
            at=at,
            good_rows_only=good_rows_only,
            cursor=cursor,
        ):
            yield step
        self._finish(step.cursor if step else cursor)

    def _finish(self, cursor: Cursor | None) -> None:
        if cursor:
            self.report = report_of(cursor)
        self.is_applied = True
        self._save()
        self.path.unlink(missing_ok=True)

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
            "job": self.job_id,
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
    """Write an upload of people down, to be checked and applied."""
    token, sha256 = write_down(chunks, at=at)
    return KeptFile(token, by.pk, name, sha256)


def write_down(chunks: Iterable[bytes], *, at: dt.datetime) -> tuple[str, str]:
    """Write an upload down; delete those that waited too long.

    Return its random name, for ``path_of``, and its SHA-256.
    """
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(at=at)
    token = secrets.token_urlsafe(16)
    digest = hashlib.sha256()
    with open(path_of(token), "xb", opener=_private) as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
    return token, digest.hexdigest()


def path_of(token: str) -> Path:
    return _folder() / f"{token}.csv"


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
        job_id=state["job"],
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
