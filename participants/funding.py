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
from django.utils import timezone
from django.utils.formats import date_format

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


class BalanceIsOver(Refusal):
    """Money that nobody can spend is given to nobody."""

    def __init__(self, expired_on: dt.date) -> None:
        super().__init__(
            f"Saldo gelombang ini hanya bisa dipakai sampai {date_format(expired_on)}, "
            "jadi tidak ada lagi yang bisa dibeli."
        )


def check_wave(wave: Wave, *, at: dt.datetime) -> None:
    """Raise NotAnnouncedYet or BalanceIsOver unless its people may be funded."""
    if not wave.is_announced(at=at):
        raise NotAnnouncedYet
    expires_on = wave.balance_expires_on
    if expires_on and expires_on < timezone.localdate(at):
        raise BalanceIsOver(expires_on)


def fund_next(wave: Wave, *, after: int, at: dt.datetime) -> list[int]:
    """Fund the next chunk of a wave's people; return their ids, none at the end.

    Raises what ``check_wave`` does.
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

    ``new`` has each person's line; ``bad`` pairs the number of a line with a reason; no
    card number is in it.
    """

    new: dict[int, int] = field(default_factory=dict)
    already: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Judged") -> None:
        """Take in what further lines of the same file do."""
        self.already += other.already
        self.bad += other.bad
        for pk, line in other.new.items():
            self.add_new(pk, line)

    def add_new(self, pk: int, line: int) -> None:
        if pk in self.new:
            self.bad.append((line, f"Nomor ini sudah ada di baris {self.new[pk]}."))
        else:
            self.new[pk] = line


def fund_lines(
    wave: Wave, lines: Sequence[tuple[int, str]], *, at: dt.datetime
) -> Judged:
    """Fund those of a wave whose card numbers stand in numbered lines of a file.

    At most CHUNK lines at a time. Raises what ``check_wave`` does.
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
    for line, number in numbers.items():
        participant = people.get(number)
        if participant is None or (reason := _why_not(participant, wave)):
            bad = reason if participant else _why_unknown(number)
            judged.bad.append((line, bad))
        elif participant.is_funded:
            judged.already += 1
        else:
            judged.add_new(participant.pk, line)
    return judged


def _why_not(participant: Participant, wave: Wave) -> str:
    if participant.wave_id != wave.pk:
        return "Nomor ini milik peserta gelombang lain."
    return "Kepesertaannya sudah dicabut." if participant.is_revoked else ""


def _why_unknown(number: str) -> str:
    if re.fullmatch(SIXTEEN_DIGITS, number):
        return "Tidak ada peserta dengan nomor ini."
    return "Ini bukan nomor kartu: harus 16 angka."
