"""What the worker does for people, waves and deadlines, chunk by chunk."""

import datetime as dt
from collections.abc import Iterator
from typing import cast

from django.utils import timezone

from jobs.models import Job
from jobs.work import Chunk, kind
from participants import funding_file, reminding, revoking
from participants.funding import CHUNK, fund_lines, fund_next
from participants.importing.applying import FileChanged, Step
from participants.importing.csv_rows import Problem
from participants.importing.kept import find
from participants.models import User, Wave


@kind("fund_wave", title="Kirim saldo")
def fund_wave(job: Job) -> Iterator[Chunk]:
    """Fund everybody of ``params["wave"]`` who waits for it."""
    wave = Wave.objects.get(pk=job.params["wave"])
    after = job.cursor or 0
    while funded := fund_next(wave, after=after, at=timezone.now()):
        after = funded[-1]
        yield Chunk(done=len(funded), cursor=after)


@kind("fund_card_numbers", title="Kirim saldo menurut berkas nomor kartu")
def fund_card_numbers(job: Job) -> Iterator[Chunk]:
    """Fund those of ``params["wave"]`` whose numbers stand in the file uploaded.

    Items are lines; the file goes when all are done.
    """
    wave = Wave.objects.get(pk=job.params["wave"])
    token, after = job.params["file"], job.cursor or 0
    # Begun anew behind the last line, the file may be gone already.
    while job.done != job.total and (
        lines := funding_file.lines(token, after=after, most=CHUNK)
    ):
        after = lines[-1][0]
        judged = fund_lines(wave, lines, at=timezone.now())
        bad = [(f"baris {line}", reason) for line, reason in judged.bad]
        yield Chunk(done=len(lines), cursor=after, errors=bad)
    funding_file.forget(token)


@kind("import_people", title="Impor peserta")
def import_people(job: Job) -> Iterator[Chunk]:
    """Enter the people of an uploaded file that was checked; items are its rows."""
    by = cast(User, job.requested_by)
    kept = find(job.params["file"], by=by)
    if kept is None:
        raise FileChanged
    for step in kept.steps(
        by=by,
        at=timezone.now(),
        good_rows_only=job.params["good_rows_only"],
        cursor=job.cursor,
    ):
        yield Chunk(done=step.rows, cursor=step.cursor, errors=_errors(step))


def _errors(step: Step) -> list[tuple[str, str]]:
    """Return one error a line, as the report counts them, with all its reasons."""
    return [
        (f"baris {line}", " ".join(map(_reason, step.judged.problems[line])))
        for line in sorted(step.judged.problems)
    ]


def _reason(problem: Problem) -> str:
    if not problem.column:
        return problem.reason
    return f"{problem.column}: {problem.reason}"


@kind("revoke_overdue", title="Cabut yang lewat batas beli")
def revoke_overdue(job: Job) -> Iterator[Chunk]:
    """Revoke everybody who is overdue."""
    after = job.cursor or 0
    while revoked := revoking.revoke_next(after=after, at=timezone.now()):
        after = revoked[-1]
        yield Chunk(done=len(revoked), cursor=after)


@kind("remind_deadlines", title="Ingatkan batas beli")
def remind_deadlines(job: Job) -> Iterator[Chunk]:
    """Remind everybody whom a reminder is due to."""
    for reminded in reminding.remind(at=timezone.now()):
        yield Chunk(done=reminded, cursor=None)


@kind("tell_extension", title="Kabarkan batas beli yang diperpanjang")
def tell_extension(job: Job) -> Iterator[Chunk]:
    """Tell who has not bought of the new ``params["deadline"]`` of their wave."""
    wave = Wave.objects.get(pk=job.params["wave"])
    deadline = dt.date.fromisoformat(job.params["deadline"])
    after = job.cursor or 0
    while told := reminding.tell_extension(
        wave, deadline=deadline, after=after, at=timezone.now()
    ):
        after = told[-1]
        yield Chunk(done=len(told), cursor=after)
