"""The balance arrives: each person of an announced wave once, whatever is repeated."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection

from jobs.models import Job, JobState
from jobs.running import run
from jobs.work import start
from participants import funding, funding_file
from participants.funding import (
    BalanceIsOver,
    NotAnnouncedYet,
    fund_lines,
    fund_next,
    judge,
)
from participants.models import BalanceEntry, EntryKind, Notice, Participant
from tests.factories import NOW, ParticipantFactory, WaveFactory

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)


def do(kind, **params):
    job = start(kind, params=params, total=None, by=None, at=NOW)
    with time_machine.travel(NOW, tick=False):
        run(job.pk, clock=lambda: NOW)
    return Job.objects.get(pk=job.pk)


def balances():
    return list(Participant.objects.order_by("pk").values_list("training_balance"))


def test_everybody_of_the_wave_gets_a_million_a_ledger_row_and_a_notice():
    wave = WaveFactory()
    people = [ParticipantFactory(wave=wave) for _ in range(3)]

    assert fund_next(wave, after=0, at=NOW) == [person.pk for person in people]

    for person in people:
        person.refresh_from_db()
        assert person.training_balance == 1_000_000
        assert person.funded_at == NOW
        [entry] = person.balance_entries.all()
        assert (entry.kind, entry.amount) == (EntryKind.GRANT, 1_000_000)
        [notice] = person.notices.all()
        assert notice.title == "Saldo pelatihan Rp1.000.000 sudah masuk"
        assert notice.address == "/saldo/"


def test_who_has_the_balance_gets_it_no_second_time():
    wave = WaveFactory()
    ParticipantFactory(wave=wave, funded=True)

    assert fund_next(wave, after=0, at=LATER) == []

    assert balances() == [(1_000_000,)]
    assert BalanceEntry.objects.count() == 1


def test_the_revoked_get_no_balance():
    wave = WaveFactory()
    ParticipantFactory(wave=wave, revoked=True)

    assert fund_next(wave, after=0, at=LATER) == []
    assert balances() == [(0,)]


def test_people_of_other_waves_get_none():
    ParticipantFactory()

    assert fund_next(WaveFactory(), after=0, at=NOW) == []


def test_a_wave_that_is_not_announced_is_not_funded():
    wave = WaveFactory(unannounced=True)
    ParticipantFactory(wave=wave)

    with pytest.raises(NotAnnouncedYet):
        fund_next(wave, after=0, at=NOW)

    assert balances() == [(0,)]


def test_a_wave_whose_balance_is_over_is_not_funded():
    last_day = NOW.date()
    wave = WaveFactory(balance_expires_on=last_day)
    ParticipantFactory(wave=wave)

    with pytest.raises(BalanceIsOver, match="28 September 2021"):
        fund_next(wave, after=0, at=NOW + dt.timedelta(days=1))
    assert balances() == [(0,)]

    assert len(fund_next(wave, after=0, at=NOW)) == 1


def test_job_funds_chunk_by_chunk(monkeypatch):
    monkeypatch.setattr(funding, "CHUNK", 2)
    wave = WaveFactory()
    for _ in range(5):
        ParticipantFactory(wave=wave)

    job = do("fund_wave", wave=wave.pk)

    assert (job.state, job.done, job.total) == (JobState.DONE, 5, 5)
    assert balances() == [(1_000_000,)] * 5


def test_a_second_job_for_the_wave_finds_nobody_left():
    wave = WaveFactory()
    ParticipantFactory(wave=wave)
    do("fund_wave", wave=wave.pk)

    job = do("fund_wave", wave=wave.pk)

    assert (job.state, job.done) == (JobState.DONE, 0)
    assert BalanceEntry.objects.count() == 1


def test_job_for_a_wave_not_announced_fails_and_says_why():
    job = do("fund_wave", wave=WaveFactory(unannounced=True).pk)

    assert job.state == JobState.FAILED
    assert "belum diumumkan" in job.failure


@pytest.fixture
def listed(settings, tmp_path):
    settings.DATA_DIR = tmp_path

    def keep(*lines):
        return funding_file.keep(["\n".join(lines).encode()], at=NOW)

    return keep


def test_file_funds_only_whom_it_names(listed):
    wave = WaveFactory()
    ParticipantFactory(wave=wave, card_number="1111222233334444")
    ParticipantFactory(wave=wave, card_number="5555666677778888")
    token = listed("nomor kartu", "5555 6666-7777 8888", "")

    job = do("fund_card_numbers", wave=wave.pk, file=token)

    assert balances() == [(0,), (1_000_000,)]
    assert (job.state, job.error_count) == (JobState.DONE, 0)


def test_file_says_by_line_who_can_not_be_funded_and_tells_no_number(listed):
    wave = WaveFactory()
    ParticipantFactory(card_number="1111222233334444")
    ParticipantFactory(wave=wave, card_number="5555666677778888", revoked=True)
    token = listed("9999000011112222", "1111222233334444", "5555666677778888", "12")

    job = do("fund_card_numbers", wave=wave.pk, file=token)

    assert list(job.errors.values_list("item", "reason")) == [
        ("baris 1", "Tidak ada peserta dengan nomor ini."),
        ("baris 2", "Nomor ini milik peserta gelombang lain."),
        ("baris 3", "Kepesertaannya sudah dicabut."),
        ("baris 4", "Ini bukan nomor kartu: harus 16 angka."),
    ]
    assert balances() == [(0,), (0,)]


def test_who_was_funded_before_is_no_error_of_the_file():
    wave = WaveFactory()
    funded = ParticipantFactory(wave=wave, funded=True, card_number="1111222233334444")
    waiting = ParticipantFactory(wave=wave, card_number="5555666677778888")

    judged = judge(wave, [(1, "1111222233334444"), (2, "5555666677778888")])

    assert funded.is_funded
    assert (list(judged.new), judged.already) == ([waiting.pk], 1)


def test_number_that_stands_twice_in_a_file_is_told_with_its_first_line():
    wave = WaveFactory()
    waiting = ParticipantFactory(wave=wave, card_number="5555666677778888")
    twice, again = "5555666677778888", "Nomor ini sudah ada di baris 2."

    judged = judge(wave, [(2, twice), (3, twice)])
    judged.add(judge(wave, [(4, twice)]))

    assert (list(judged.new), judged.already) == ([waiting.pk], 0)
    assert judged.bad == [(3, again), (4, again)]


def test_file_is_gone_when_its_job_is_done(listed, tmp_path):
    wave = WaveFactory()
    ParticipantFactory(wave=wave, card_number="1111222233334444")

    do("fund_card_numbers", wave=wave.pk, file=listed("1111222233334444"))

    assert list((tmp_path / "funding").iterdir()) == []


def test_file_that_is_no_list_is_not_kept(settings, tmp_path):
    settings.DATA_DIR = tmp_path

    for content in (b"\xff\xfe1\x00", b"1" * 500):
        with pytest.raises(funding_file.NotAList):
            funding_file.keep([content], at=NOW)

    assert list((tmp_path / "funding").iterdir()) == []


def test_file_with_more_lines_than_one_job_should_have_is_refused(
    settings, tmp_path, monkeypatch
):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(funding_file, "MOST_LINES", 2)

    with pytest.raises(funding_file.TooManyLines):
        funding_file.keep([b"1\n2\n3\n"], at=NOW)


def test_file_waits_only_for_a_week(listed, tmp_path):
    listed("1111222233334444")

    funding_file.keep([b"1"], at=dt.datetime.now(dt.UTC) + dt.timedelta(days=8))

    assert len(list((tmp_path / "funding").iterdir())) == 1


@pytest.mark.parametrize("token", ["../secret-key", "A" * 22])
def test_no_other_file_is_read(settings, tmp_path, token):
    settings.DATA_DIR = tmp_path

    with pytest.raises(funding_file.FileGone):
        funding_file.lines(token, after=0, most=1)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_jobs_at_once_give_nobody_twice(monkeypatch):
    monkeypatch.setattr(funding, "CHUNK", 3)
    wave = WaveFactory()
    for _ in range(20):
        ParticipantFactory(wave=wave)
    barrier = threading.Barrier(2)
    funded: list[int] = []

    def fund():
        barrier.wait()
        after = 0
        while chunk := fund_next(wave, after=after, at=NOW):
            after = chunk[-1]
            funded.extend(chunk)
        connection.close()

    threads = [threading.Thread(target=fund) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(funded) == len(set(funded)) == 20
    assert balances() == [(1_000_000,)] * 20
    assert BalanceEntry.objects.count() == Notice.objects.count() == 20


def test_lines_of_a_wave_not_announced_are_not_funded():
    with pytest.raises(NotAnnouncedYet):
        fund_lines(WaveFactory(unannounced=True), [(1, "1" * 16)], at=NOW)


def test_who_was_revoked_with_a_balance_counts_as_funded_only():
    wave = WaveFactory()
    ParticipantFactory(wave=wave, funded=True, revoked=True)
    ParticipantFactory(wave=wave, revoked=True)

    counts = wave.participants.count_for_funding()

    assert counts == {"waiting": 0, "funded": 1, "revoked": 1}
