"""What the worker does for waves and deadlines, chunk by chunk."""

from collections.abc import Iterator

from django.utils import timezone

from jobs.models import Job
from jobs.work import Chunk, kind
from participants import funding_file, revoking
from participants.funding import CHUNK, fund_lines, fund_next
from participants.models import Wave


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
    # Begun anew after the last line, the file may be gone already.
    while job.done != job.total:
        lines = funding_file.lines(token, after=after, most=CHUNK)
        after = lines[-1][0]
        judged = fund_lines(wave, lines, at=timezone.now())
        bad = [(f"baris {line}", reason) for line, reason in judged.bad]
        yield Chunk(done=len(lines), cursor=after, errors=bad)
    funding_file.forget(token)


@kind("revoke_overdue", title="Cabut yang lewat batas beli")
def revoke_overdue(job: Job) -> Iterator[Chunk]:
    """Revoke everybody who is overdue."""
    after = job.cursor or 0
    while revoked := revoking.revoke_next(after=after, at=timezone.now()):
        after = revoked[-1]
        yield Chunk(done=len(revoked), cursor=after)
