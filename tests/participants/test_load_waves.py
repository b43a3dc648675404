"""manage.py load_waves: the real waves, again and again, all or nothing."""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from participants.models import Wave, WaveKind
from participants.waves_file import COLUMNS
from tests.factories import ParticipantFactory, WaveFactory, wib

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
WAVE_21 = {
    "number": "21",
    "kind": "regular",
    "opens_on": "2021-09-16",
    "opens_time": "12:00",
    "closes_on": "2021-09-19",
    "closes_time": "23:59:59",
    "announced_on": "2021-09-22",
    "announced_time": "20:00",
    "purchase_deadline": "2021-10-21",
    "quota": "754929",
    "balance_expires_on": "2021-11-30",
    "sources": "https://contoh.test/",
}


def load(*path: Path) -> str:
    out = StringIO()
    call_command("load_waves", *path, stdout=out)
    return out.getvalue()


@pytest.fixture
def file_of(tmp_path):
    """Return a function that writes lines, each given as changes to wave 21."""

    def write(*lines: dict[str, str], header: list[str] = COLUMNS) -> Path:
        path = tmp_path / "gelombang.csv"
        rows = [",".join((WAVE_21 | line).values()) for line in lines]
        path.write_text("\n".join([",".join(header), *rows]) + "\n")
        return path

    return write


def test_real_waves_of_2021_are_loaded():
    out = load()

    assert list(Wave.objects.values_list("number", flat=True)) == list(
        range(22, 11, -1)
    )
    assert "11 baru, 0 diperbarui, 0 tetap." in out
    wave = Wave.objects.get(number=21)
    assert wave.announced_at == wib(2021, 9, 22, 20)
    assert wave.closes_at == wib(2021, 9, 19, 23, 59, 59)
    assert wave.quota == 754_929
    assert {wave.balance_expires_on for wave in Wave.objects.all()} == {
        dt.date(2021, 11, 30)
    }


def test_recovery_waves_are_17_and_22():
    load()

    recovery = Wave.objects.filter(kind=WaveKind.RECOVERY)
    assert list(recovery.values_list("number", flat=True)) == [22, 17]


def test_known_day_with_unknown_hour_is_the_whole_day():
    load()

    wave = Wave.objects.get(number=20)
    assert wave.opens_at == wib(2021, 9, 9)
    assert wave.announced_at == wib(2021, 9, 15)
    assert wave.announced_on == dt.date(2021, 9, 15)
    assert Wave.objects.get(number=18).closes_at == wib(2021, 8, 19, 23, 59, 59)


def test_unknown_day_stays_empty():
    load()

    assert Wave.objects.get(number=15).closes_at is None
    assert Wave.objects.get(number=17).announced_at is None


def test_every_published_deadline_is_in_the_file_and_fits_the_rule():
    load()

    published = Wave.objects.exclude(purchase_deadline=None)
    assert set(published.values_list("number", flat=True)) == {12, 16, 18, 19, 20, 21}
    for wave in published:
        assert wave.deadline == wave.purchase_deadline == wave.announced_on + 29 * DAY


def test_same_file_again_changes_nothing_and_says_so():
    load()
    before = list(Wave.objects.values())

    assert "Tidak ada yang berubah." in load()
    assert list(Wave.objects.values()) == before


def test_changed_date_moves_the_people_of_the_wave(file_of):
    wave = WaveFactory(
        number=21, unannounced=True, announced_at=wib(2099, 9, 22, 20), quota=754_929
    )
    participant = ParticipantFactory(wave=wave)

    out = load(
        file_of(
            {
                "announced_on": "2099-09-24",
                "purchase_deadline": "",
                "balance_expires_on": "2099-11-30",
            }
        )
    )

    participant.refresh_from_db()
    assert participant.pass_date == dt.date(2099, 9, 24)
    assert participant.purchase_deadline == dt.date(2099, 10, 23)
    assert "diumumkan, saldo hangus setelah; 1 peserta ikut pindah" in out


def test_date_that_may_not_move_refuses_the_whole_file(file_of):
    wave = ParticipantFactory(wave__number=21).wave
    path = file_of(
        {"number": "20"}, {"announced_on": "2021-09-21", "purchase_deadline": ""}
    )

    with pytest.raises(CommandError, match="Baris 3: Peserta sudah diberi tahu"):
        load(path)

    wave.refresh_from_db()
    assert wave.announced_on == dt.date(2021, 9, 22)
    assert not Wave.objects.filter(number=20).exists()


def test_empty_cell_does_not_erase_what_staff_entered(file_of):
    wave = WaveFactory(number=21)

    load(file_of({"closes_on": "", "closes_time": ""}))

    before = wave.closes_at
    wave.refresh_from_db()
    assert wave.closes_at == before
    assert wave.quota == 754_929


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": "dua"}, "number “dua” bukan bilangan bulat"),
        ({"number": ""}, "number “” bukan bilangan bulat"),
        ({"quota": "-5"}, "quota “-5” bukan bilangan bulat"),
        ({"quota": "0"}, "quota: Pastikan nilai ini"),
        ({"opens_on": "16/09/2021"}, "opens_on “16/09/2021” bukan tanggal"),
        ({"opens_time": "siang"}, "opens_time “siang” bukan jam"),
        ({"closes_on": ""}, "closes_time diisi, tetapi closes_on kosong"),
        ({"kind": "besar"}, "kind: .*besar"),
        ({"closes_on": "2021-09-15"}, "Waktu tutup harus setelah waktu buka"),
        ({"purchase_deadline": "2021-10-20"}, "Batas ini lebih cepat"),
        ({"sources": "a,b"}, "harus 12 kolom"),
    ],
)
def test_bad_line_refuses_the_file_with_line_and_reason(file_of, change, reason):
    path = file_of({"number": "20"}, change)

    with pytest.raises(CommandError, match=f"Baris 3: .*{reason}"):
        load(path)

    assert not Wave.objects.exists()


def test_every_bad_line_is_named_at_once(file_of):
    path = file_of({"number": "x"}, {}, {"quota": "y"})

    with pytest.raises(CommandError) as refused:
        load(path)

    assert "Baris 2:" in str(refused.value)
    assert "Baris 4:" in str(refused.value)


def test_wave_named_twice_refuses_the_file(file_of):
    with pytest.raises(CommandError, match="Baris 3: gelombang 21 sudah ada di atas"):
        load(file_of({}, {}))


def test_wrong_columns_refuse_the_file(file_of):
    with pytest.raises(CommandError, match="Baris 1: Kolomnya harus number,kind"):
        load(file_of({}, header=["nomor"]))


def test_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "gelombang.csv"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CommandError, match="bukan teks UTF-8"):
        load(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match="tidak bisa dibaca"):
        load(tmp_path / "tidak-ada.csv")
