"""What the programme says about a row: its wave, its pass date, who it speaks of."""

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format

from participants.importing.staging import Known
from participants.models import Wave, WaveState

type Reason = tuple[str, str]  # the column, and what is wrong with it

# Selection took days in 2021; a pass date farther off is a slip of the finger.
FARTHEST_ANNOUNCEMENT = dt.timedelta(days=60)


def wave_reason(
    number: int, pass_date: dt.date, *, waves: dict[int, Wave], at: dt.datetime
) -> Reason | None:
    """Return why nobody can have passed this wave on this day, or None.

    Selection follows the closing. Nobody passes before the announcement; somebody may
    after it (a late SMS). While the announcement is not known, any day from the closing
    on will do.
    """
    wave = waves.get(number)
    if wave is None:
        return "wave", f"Gelombang {number} tidak ada."
    if wave.state(at=at) == WaveState.DRAFT:
        return "wave", f"{wave} belum dibuka, jadi belum ada yang lolos."
    if wave.state(at=at) == WaveState.OPEN:
        return "wave", f"{wave} masih dibuka. Seleksi baru ada setelah ditutup."
    if wave.announced_on:
        return _announced_reason(wave, wave.announced_on, pass_date, at)
    return _unannounced_reason(wave, pass_date, at)


def _unannounced_reason(
    wave: Wave, pass_date: dt.date, at: dt.datetime
) -> Reason | None:
    if pass_date > timezone.localdate(at) + FARTHEST_ANNOUNCEMENT:
        return "pass_date", "Terlalu jauh di masa depan. Periksa tahunnya."
    if wave.closes_at and pass_date < timezone.localdate(wave.closes_at):
        return "pass_date", f"Lebih awal dari hari {wave} ditutup."
    return None


def _announced_reason(
    wave: Wave, announced_on: dt.date, pass_date: dt.date, at: dt.datetime
) -> Reason | None:
    if pass_date < announced_on:
        day = date_format(announced_on)
        return "pass_date", f"Lebih awal dari hari pengumuman {wave} ({day})."
    if pass_date > max(announced_on, timezone.localdate(at)):
        return "pass_date", "Masih di masa depan."
    return None


def conflicts(known: Known, *, wave: int) -> Iterator[Reason]:
    """Yield what keeps somebody the database knows from passing this wave.

    Nobody is matched by e-mail or NIK alone: whoever signs up with another person's
    address must not be given that person's card. Says nothing about the other person.
    """
    if known.is_card_taken:
        yield "card_number", "Nomor kartu ini sudah milik orang lain."
    if known.has_email and not known.is_same_person:
        yield "email", "E-mail ini sudah dipakai akun dengan NIK lain atau tanpa NIK."
    if known.has_nik and not known.is_same_person:
        yield "nik", "NIK ini sudah terdaftar dengan e-mail lain."
    if not known.is_same_person:
        return
    if known.wave is not None and known.wave != wave:
        yield "wave", _once_in_a_lifetime(known)
        return
    for column in known.differing:
        yield column, "Orang ini sudah ada dengan data berbeda; tidak diubah."


def _once_in_a_lifetime(known: Known) -> str:
    if known.is_revoked:
        return "Kepesertaan orang ini pernah dicabut, jadi tidak bisa lolos lagi."
    return f"Orang ini sudah menjadi peserta Gelombang {known.wave}; hanya sekali."
