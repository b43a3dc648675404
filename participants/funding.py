"""Saldo masuk: Rp1.000.000 to who passed an announced wave, each once.

Who has it already, or was revoked, is passed over under a lock, so that funding twice,
or from two places at once, gives nobody twice; the ledger's unique constraint would
refuse it too.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.urls import reverse

from participants.models import BalanceEntry, EntryKind, Notice, Participant, Wave
from participants.models.applicant import SIXTEEN_DIGITS
from participants.models.participant import TRAINING_GRANT, ParticipantQuerySet
from prakerja.refusal import Refusal
from prakerja.rupiah import rupiah

# People in one transaction: about a third of a second of PostgreSQL's time.
CHUNK = 2_000


class NotAnnouncedYet(Refusal):
    """Money in the account would tell the result early."""

    message = "Gelombang ini belum diumumkan, jadi saldonya belum bisa dikirim."


def check_wave(wave: Wave, *, at: dt.datetime) -> None:
    """Raise NotAnnouncedYet unless the wave's people may be funded."""
    if not wave.is_announced(at=at):
        raise NotAnnouncedYet


def fund_next(wave: Wave, *, after: int, at: dt.datetime) -> list[int]:
    """Fund the next chunk of a wave's people; return their ids, none at the end.

    Raises NotAnnouncedYet.
    """
    check_wave(wave, at=at)
    people = Participant.objects.filter(wave=wave, pk__gt=after)
    return fund(people, at=at)


@transaction.atomic
def fund(people: ParticipantQuerySet, *, at: dt.datetime) -> list[int]:
    """Fund those of these people who wait for it, at most CHUNK; return their ids."""
    waiting = people.unfunded().order_by("pk").select_for_update(no_key=True)
    funded = list(waiting.values_list("pk", flat=True)[:CHUNK])
    Participant.objects.filter(pk__in=funded).update(
        funded_at=at, training_balance=TRAINING_GRANT
    )
    BalanceEntry.objects.bulk_create(
        BalanceEntry(
            participant_id=pk, kind=EntryKind.GRANT, amount=TRAINING_GRANT, made_at=at
        )
        for pk in funded
    )
    Notice.objects.tell(
        funded,
        event="funded",
        title=f"Saldo pelatihan {rupiah(TRAINING_GRANT)} sudah masuk",
        body="Pakai saldo ini untuk membeli pelatihan. Saldo tidak bisa diuangkan. "
        "Jangan berikan nomor kartu dan kode OTP kepada siapa pun.",
        address=reverse("participants:balance"),
        at=at,
    )
    return funded


@dataclass
class Judged:
    """What funding these lines of a file does: new people, known ones, bad lines.

    ``bad`` pairs the number of a line with a reason; no card number is in it.
    """

    new: list[int] = field(default_factory=list)
    already: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Judged") -> None:
        """Take in what further lines of the same file do."""
        known = set(self.new)
        self.already += other.already + sum(pk in known for pk in other.new)
        self.new += [pk for pk in other.new if pk not in known]
        self.bad += other.bad


def fund_lines(
    wave: Wave, lines: Sequence[tuple[int, str]], *, at: dt.datetime
) -> Judged:
    """Fund those of a wave whose card numbers stand in numbered lines of a file.

    At most CHUNK lines at a time. Raises NotAnnouncedYet.
    """
    check_wave(wave, at=at)
    judged = judge(wave, lines)
    fund(Participant.objects.filter(wave=wave, pk__in=judged.new), at=at)
    return judged


def judge(wave: Wave, lines: Iterable[tuple[int, str]]) -> Judged:
    """Say what ``fund_lines`` would do with these lines now."""
    numbers = {line: re.sub(r"[\s.-]", "", text) for line, text in lines}
    whole = [n for n in numbers.values() if re.fullmatch(SIXTEEN_DIGITS, n)]
    people = Participant.objects.in_bulk(whole, field_name="card_number")
    judged = Judged()
    seen: set[int] = set()
    for line, number in numbers.items():
        participant = people.get(number)
        if participant is None or (reason := _why_not(participant, wave)):
            bad = reason if participant else _why_unknown(number)
            judged.bad.append((line, bad))
        elif participant.is_funded or participant.pk in seen:
            judged.already += 1
        else:
            seen.add(participant.pk)
            judged.new.append(participant.pk)
    return judged


def _why_not(participant: Participant, wave: Wave) -> str:
    if participant.wave_id != wave.pk:
        return "Nomor ini milik peserta gelombang lain."
    return "Kepesertaannya sudah dicabut." if participant.is_revoked else ""


def _why_unknown(number: str) -> str:
    if re.fullmatch(SIXTEEN_DIGITS, number):
        return "Tidak ada peserta dengan nomor ini."
    return "Ini bukan nomor kartu: harus 16 angka."
