"""Gelombang: states by date, the deadline of 30 days, and what may still be moved."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.models import OnboardingVideo, Participant, Wave, WaveState
from participants.models.wave import (
    AlreadyAnnounced,
    BalanceEndsTooEarly,
    DeadlineAlreadyPassed,
    DeadlineOnlyGrows,
    NotClosedYet,
    ResultsAlreadySeen,
    last_day_to_buy,
)
from tests.factories import (
    ApplicationFactory,
    ParticipantFactory,
    VideoViewingFactory,
    WaveFactory,
    wib,
)

pytestmark = pytest.mark.django_db

ANNOUNCED_ON = dt.date(2021, 9, 22)
DEADLINE = dt.date(2021, 10, 21)
LAST_SECOND = wib(2021, 10, 21, 23, 59, 59)
FIRST_LATE_SECOND = wib(2021, 10, 22)


# --- The deadline ----------------------------------------------------


@pytest.mark.parametrize(
    ("announced_on", "published"),
    [
        ((2021, 3, 3), (2021, 4, 1)),  # wave 12
        ((2021, 3, 31), (2021, 4, 29)),  # wave 16
        ((2021, 8, 24), (2021, 9, 22)),  # wave 18
        ((2021, 9, 1), (2021, 9, 30)),  # wave 19
        ((2021, 9, 15), (2021, 10, 14)),  # wave 20
        ((2021, 9, 22), (2021, 10, 21)),  # wave 21
    ],
)
def test_deadline_is_the_one_that_was_published(announced_on, published):
    wave = Wave(announced_at=wib(*announced_on, 20))

    assert wave.deadline == dt.date(*published)
    assert last_day_to_buy(dt.date(*announced_on)) == dt.date(*published)


@pytest.mark.parametrize(
    ("at", "is_late"),
    [
        (LAST_SECOND, False),
        (LAST_SECOND + dt.timedelta(microseconds=999_999), False),
        (FIRST_LATE_SECOND, True),
        # The same two instants, as a server in UTC says them.
        (dt.datetime(2021, 10, 21, 16, 59, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2021, 10, 21, 17, 0, 0, tzinfo=dt.UTC), True),
    ],
)
def test_deadline_day_lasts_until_its_last_second_in_wib(at, is_late):
    participant = ParticipantFactory()
    today = at.astimezone(participant.deadline_at.tzinfo).date()

    state = WaveState.DEADLINE_PASSED if is_late else WaveState.ANNOUNCED
    assert participant.wave.state(at=at) == state
    assert participant.is_overdue(today=today) is is_late
    assert participant.days_left(today=today) == (-1 if is_late else 0)
    assert Participant.objects.overdue(today=today).exists() is is_late
    assert (at > participant.deadline_at.replace(microsecond=999_999)) is is_late


def test_who_bought_on_the_last_evening_is_not_overdue():
    participant = ParticipantFactory(first_purchased_at=LAST_SECOND)

    today = FIRST_LATE_SECOND.date()
    assert not participant.is_overdue(today=today)
    assert not Participant.objects.overdue(today=today).exists()


def test_announcement_shortly_before_midnight_wib_counts_as_that_day():
    wave = Wave(announced_at=dt.datetime(2021, 9, 22, 16, 59, 59, tzinfo=dt.UTC))

    assert wave.announced_on == ANNOUNCED_ON


def test_extension_moves_the_deadline_of_everyone_who_would_have_less():
    wave = WaveFactory(purchase_deadline=dt.date(2021, 10, 31))

    assert wave.deadline_for(ANNOUNCED_ON) == dt.date(2021, 10, 31)
    assert wave.deadline_for(dt.date(2021, 10, 10)) == dt.date(2021, 11, 8)


@pytest.mark.parametrize(("days", "refused"), [(180, False), (181, True)])
def test_extension_ends_half_a_year_after_the_announcement(days, refused):
    wave = WaveFactory.build(purchase_deadline=ANNOUNCED_ON + dt.timedelta(days=days))

    try:
        wave.clean()
    except ValidationError as error:
        found = list(error.message_dict)
    else:
        found = []

    assert found == (["purchase_deadline"] if refused else [])


# --- States ----------------------------------------------------------

INSTANTS = [
    wib(2021, 9, 16, 11, 59, 59),
    wib(2021, 9, 16, 12),
    wib(2021, 9, 19, 23, 59),
    wib(2021, 9, 20),
    wib(2021, 9, 22, 19, 59, 59),
    wib(2021, 9, 22, 20),
    LAST_SECOND,
    FIRST_LATE_SECOND,
    wib(2021, 11, 1),
]


def test_state_follows_the_dates():
    wave = Wave(
        opens_at=wib(2021, 9, 16, 12),
        closes_at=wib(2021, 9, 19, 23, 59),
        announced_at=wib(2021, 9, 22, 20),
    )

    assert [wave.state(at=at) for at in INSTANTS] == [
        WaveState.DRAFT,
        WaveState.OPEN,
        WaveState.OPEN,
        WaveState.CLOSED,
        WaveState.CLOSED,
        WaveState.ANNOUNCED,
        WaveState.ANNOUNCED,
        WaveState.DEADLINE_PASSED,
        WaveState.DEADLINE_PASSED,
    ]


@pytest.mark.parametrize("at", INSTANTS)
def test_filter_by_state_finds_the_waves_of_that_state(at):
    opens, closes, announced = (
        wib(2021, 9, 16, 12),
        wib(2021, 9, 19, 23, 59),
        wib(2021, 9, 22, 20),
    )
    for dates in [
        (None, None, None),
        (opens, None, None),
        (None, closes, None),
        (opens, closes, None),
        (opens, closes, announced),
        (None, None, announced),
    ]:
        opens_at, closes_at, announced_at = dates
        WaveFactory(opens_at=opens_at, closes_at=closes_at, announced_at=announced_at)
    WaveFactory(purchase_deadline=dt.date(2021, 10, 31))

    for state in WaveState:
        found = set(Wave.objects.in_state(state, at=at))
        assert found == {
            wave for wave in Wave.objects.all() if wave.state(at=at) == state
        }


# --- Dates that contradict each other --------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"closes_at": wib(2021, 9, 16, 12)}, "closes_at"),
        ({"announced_at": wib(2021, 9, 19, 23, 59)}, "announced_at"),
        ({"closes_at": None, "announced_at": wib(2021, 9, 16)}, "announced_at"),
        ({"purchase_deadline": dt.date(2021, 10, 20)}, "purchase_deadline"),
        (
            {"announced_at": None, "purchase_deadline": dt.date(2021, 10, 31)},
            "purchase_deadline",
        ),
        ({"number": 0}, "number"),
        ({"quota": 0}, "quota"),
    ],
)
def test_what_contradicts_is_refused_beside_the_field(change, field):
    with pytest.raises(ValidationError) as refusal:
        wave_with(change).full_clean()

    assert set(refusal.value.error_dict) - {"__all__"} == {field}


def wave_with(change: dict[str, object]) -> Wave:
    wave = WaveFactory.build(
        opens_at=wib(2021, 9, 16, 12), closes_at=wib(2021, 9, 19, 23, 59)
    )
    for name, value in change.items():
        setattr(wave, name, value)
    return wave


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"closes_at": wib(2021, 9, 16, 12)},
            {"closes_at": "Waktu tutup harus setelah waktu buka."},
        ),
        (
            {"announced_at": wib(2021, 9, 19, 23, 59)},
            {"announced_at": "Pengumuman harus setelah waktu tutup."},
        ),
        (
            {"closes_at": None, "announced_at": wib(2021, 9, 16, 12)},
            {"announced_at": "Pengumuman harus setelah waktu buka."},
        ),
        (
            {"announced_at": None, "purchase_deadline": dt.date(2021, 10, 31)},
            {"purchase_deadline": "Isi dulu waktu pengumuman."},
        ),
        (
            {"purchase_deadline": dt.date(2021, 10, 20)},
            {
                "purchase_deadline": "Batas ini lebih cepat dari hak peserta: paling "
                "cepat 21 Oktober 2021 (hari pengumuman + 29 hari)."
            },
        ),
        (
            {"purchase_deadline": dt.date(2022, 10, 21)},
            {
                "purchase_deadline": "Batas ini terlalu jauh: paling lambat 21 Maret "
                "2022 (180 hari setelah hari pengumuman). Periksa tahunnya."
            },
        ),
        (
            {"balance_expires_on": dt.date(2021, 10, 20)},
            {
                "balance_expires_on": "Saldo tidak boleh hangus sebelum batas beli "
                "pelatihan pertama, 21 Oktober 2021."
            },
        ),
        # Two at once are told at once.
        (
            {
                "closes_at": wib(2021, 9, 16, 11),
                "purchase_deadline": dt.date(2021, 10, 20),
            },
            {
                "closes_at": "Waktu tutup harus setelah waktu buka.",
                "purchase_deadline": "Batas ini lebih cepat dari hak peserta: paling "
                "cepat 21 Oktober 2021 (hari pengumuman + 29 hari).",
            },
        ),
    ],
)
def test_staff_read_which_dates_contradict_each_other(change, words):
    with pytest.raises(ValidationError) as refusal:
        wave_with(change).clean()

    assert refusal.value.message_dict == {
        field: [sentence] for field, sentence in words.items()
    }


@pytest.mark.parametrize(
    "change",
    [
        {"purchase_deadline": DEADLINE},
        {"balance_expires_on": DEADLINE},
        {"balance_expires_on": dt.date(2100, 12, 31)},
    ],
)
def test_latest_and_earliest_dates_that_are_possible_are_accepted(change):
    wave_with(change).clean()


# --- Moving an announcement or a deadline ----------------------------

BEFORE = wib(2021, 9, 20, 9)  # closed, not announced
AFTER = wib(2021, 9, 28, 10)  # announced, deadline to come
LATE = wib(2021, 11, 5, 10)  # deadline passed


def dates_of(participant: Participant) -> tuple[dt.date, dt.date]:
    participant.refresh_from_db()
    return participant.pass_date, participant.purchase_deadline


def test_people_follow_an_announcement_that_is_moved():
    participant = ParticipantFactory()
    wave = participant.wave
    wave.announced_at = wib(2021, 9, 24, 20)

    moved = wave.reschedule(at=BEFORE)

    assert moved == 1
    assert dates_of(participant) == (dt.date(2021, 9, 24), dt.date(2021, 10, 23))


def test_people_imported_before_any_date_was_known_follow_it():
    participant = ParticipantFactory(
        wave__unannounced=True, pass_date=dt.date(2021, 9, 25)
    )
    wave = participant.wave
    wave.announced_at = wib(2021, 9, 22, 20)

    wave.reschedule(at=BEFORE)

    assert dates_of(participant) == (ANNOUNCED_ON, DEADLINE)


def test_planned_date_that_is_withdrawn_moves_nobody():
    participant = ParticipantFactory()
    wave = participant.wave
    wave.announced_at = None

    assert wave.reschedule(at=BEFORE) == 0
    assert dates_of(participant) == (ANNOUNCED_ON, DEADLINE)


def test_late_sms_keeps_its_own_pass_date_and_its_30_days():
    participant = ParticipantFactory(pass_date=dt.date(2021, 9, 27))
    wave = participant.wave
    wave.announced_at = wib(2021, 9, 23, 20)

    moved = wave.reschedule(at=BEFORE)

    assert moved == 0
    assert dates_of(participant) == (dt.date(2021, 9, 27), dt.date(2021, 10, 26))


def test_nobody_passes_before_the_announcement():
    participant = ParticipantFactory(pass_date=dt.date(2021, 9, 23))
    wave = participant.wave
    wave.announced_at = wib(2021, 9, 30, 20)

    wave.reschedule(at=BEFORE)

    assert dates_of(participant) == (dt.date(2021, 9, 30), dt.date(2021, 10, 29))


def test_extension_reaches_who_would_have_less_and_shortens_nobody():
    participant = ParticipantFactory()
    late = ParticipantFactory(wave=participant.wave, pass_date=dt.date(2021, 10, 4))
    wave = participant.wave
    wave.purchase_deadline = dt.date(2021, 10, 31)

    moved = wave.reschedule(at=AFTER)

    assert moved == 1
    assert dates_of(participant) == (ANNOUNCED_ON, dt.date(2021, 10, 31))
    assert dates_of(late) == (dt.date(2021, 10, 4), dt.date(2021, 11, 2))


def test_extension_reaches_a_late_sms_too_and_leaves_its_pass_date():
    participant = ParticipantFactory(pass_date=dt.date(2021, 9, 27))
    wave = participant.wave
    wave.purchase_deadline = dt.date(2021, 10, 31)

    wave.reschedule(at=AFTER)

    assert dates_of(participant) == (dt.date(2021, 9, 27), dt.date(2021, 10, 31))


def test_people_of_other_waves_stay_where_they_are():
    wave = WaveFactory()
    other = ParticipantFactory()
    wave.announced_at = wib(2021, 9, 24, 20)

    wave.reschedule(at=BEFORE)

    assert dates_of(other) == (ANNOUNCED_ON, DEADLINE)


def updates_of_participants(queries: CaptureQueriesContext) -> int:
    table = Participant._meta.db_table
    return sum(f'UPDATE "{table}"' in query["sql"] for query in queries)


def test_people_are_moved_in_one_update_however_many_they_are():
    wave = WaveFactory()
    ParticipantFactory.create_batch(5, wave=wave)
    wave.announced_at = wib(2021, 9, 24, 20)

    with CaptureQueriesContext(connection) as queries:
        assert wave.reschedule(at=BEFORE) == 5

    assert updates_of_participants(queries) == 1


def test_saving_without_new_dates_touches_no_participant():
    wave = ParticipantFactory().wave
    wave.quota = 1

    with CaptureQueriesContext(connection) as queries:
        assert wave.reschedule(at=BEFORE) == 0

    assert updates_of_participants(queries) == 0


@pytest.mark.parametrize("announced_at", [None, wib(2021, 9, 29)])
def test_results_that_people_saw_cannot_be_hidden_again(announced_at):
    wave = ApplicationFactory(not_passed=True).wave
    wave.announced_at = announced_at

    with pytest.raises(ResultsAlreadySeen):
        wave.reschedule(at=AFTER)

    wave.refresh_from_db()
    assert wave.is_announced(at=AFTER)


@pytest.mark.parametrize(
    "change",
    [
        {"announced_at": wib(2021, 9, 21, 20)},
        {"purchase_deadline": None},
        {"purchase_deadline": dt.date(2021, 10, 30)},
    ],
)
def test_deadline_that_people_were_told_is_never_shortened(change):
    extended = dt.date(2021, 10, 31) if "purchase_deadline" in change else None
    wave = ParticipantFactory(wave__purchase_deadline=extended).wave
    for name, value in change.items():
        setattr(wave, name, value)

    with pytest.raises(DeadlineOnlyGrows) as refusal:
        wave.reschedule(at=AFTER)

    assert refusal.value.field == next(iter(change))
    promised = "31 Oktober 2021" if extended else "21 Oktober 2021"
    assert refusal.value.message == (
        f"Peserta sudah diberi tahu batas beli {promised}. Batas itu hanya bisa "
        "diperpanjang."
    )


def test_deadline_can_be_extended_on_its_last_day():
    participant = ParticipantFactory()
    participant.wave.purchase_deadline = dt.date(2021, 10, 31)

    participant.wave.reschedule(at=LAST_SECOND)

    assert dates_of(participant)[1] == dt.date(2021, 10, 31)


def test_deadline_that_has_passed_cannot_be_extended():
    wave = ParticipantFactory().wave
    wave.purchase_deadline = dt.date(2021, 10, 31)

    with pytest.raises(DeadlineAlreadyPassed) as refusal:
        wave.reschedule(at=FIRST_LATE_SECOND)

    assert refusal.value.message == (
        "Batas beli 21 Oktober 2021 sudah lewat, jadi tidak bisa diperpanjang lagi."
    )


def test_wave_that_nobody_was_in_can_be_corrected_at_any_time():
    wave = WaveFactory()
    wave.announced_at = wib(2021, 9, 20, 20)

    assert wave.reschedule(at=LATE) == 0
    wave.refresh_from_db()
    assert wave.announced_on == dt.date(2021, 9, 20)


# --- Announcing now --------------------------------------------------


@pytest.mark.parametrize("planned", [None, wib(2021, 9, 25, 20)])
def test_announcing_shows_the_result_from_that_second(planned):
    wave = WaveFactory(unannounced=True, announced_at=planned)
    participant = ParticipantFactory(wave=wave, pass_date=dt.date(2021, 9, 25))

    moved = wave.announce(at=wib(2021, 9, 22, 20, 0, 0, 500))

    assert moved == 1
    assert wave.announced_at == wib(2021, 9, 22, 20)
    assert dates_of(participant) == (ANNOUNCED_ON, DEADLINE)


def test_announcing_drops_a_set_deadline_that_became_too_early():
    wave = WaveFactory(
        unannounced=True,
        announced_at=wib(2021, 9, 22, 20),
        purchase_deadline=DEADLINE,
    )

    wave.announce(at=wib(2021, 9, 21, 20))
    assert wave.purchase_deadline == DEADLINE

    wave.announced_at = wib(2021, 9, 30)
    wave.save()
    wave.announce(at=wib(2021, 9, 24, 20))
    assert wave.purchase_deadline is None
    assert wave.deadline == dt.date(2021, 10, 23)


@pytest.mark.parametrize(
    "at", [wib(2021, 9, 16), wib(2021, 9, 19, 23, 58), wib(2021, 9, 19, 23, 59)]
)
def test_wave_that_is_not_closed_cannot_be_announced(at):
    wave = WaveFactory(unannounced=True)

    with pytest.raises(NotClosedYet):
        wave.announce(at=at)


def test_wave_without_a_closing_time_cannot_be_announced():
    wave = WaveFactory(unannounced=True, closes_at=None)

    with pytest.raises(NotClosedYet):
        wave.announce(at=AFTER)


def test_wave_is_announced_once():
    wave = WaveFactory(unannounced=True)
    stale = Wave.objects.get(pk=wave.pk)
    wave.announce(at=BEFORE)

    with pytest.raises(AlreadyAnnounced):
        stale.announce(at=AFTER)

    wave.refresh_from_db()
    assert wave.announced_at == BEFORE


def test_wave_whose_balance_would_end_before_the_deadline_cannot_be_announced():
    # Announced on 20 September, the last day to buy is 19 October.
    wave = WaveFactory(unannounced=True, balance_expires_on=dt.date(2021, 10, 18))

    with pytest.raises(BalanceEndsTooEarly, match="19 Oktober 2021") as refused:
        wave.announce(at=BEFORE)

    assert refused.value.field == "balance_expires_on"
    wave.refresh_from_db()
    assert wave.announced_at is None


def test_balance_may_end_on_the_last_day_to_buy():
    wave = WaveFactory(unannounced=True, balance_expires_on=dt.date(2021, 10, 19))

    wave.announce(at=BEFORE)

    assert wave.deadline == wave.balance_expires_on


# --- Counting --------------------------------------------------------


def test_passed_are_counted_by_wave_in_one_query(django_assert_num_queries):
    small, large, empty = WaveFactory.create_batch(3)
    ParticipantFactory(wave=small)
    ParticipantFactory.create_batch(2, wave=large)

    with django_assert_num_queries(1):
        counts = Participant.objects.count_by_wave()

    assert counts == {small.pk: 1, large.pk: 2}
    assert empty.pk not in counts


def test_funnel_is_right_to_the_row():
    wave = WaveFactory()
    for videos in (0, 1, 1, 2, 3, 3, 3):
        ParticipantFactory(wave=wave, videos_completed=videos)
    ParticipantFactory(wave=wave, videos_completed=3, revoked=True)
    ParticipantFactory(wave=wave, revoked=True)
    ParticipantFactory(videos_completed=3)
    half_way = ParticipantFactory(wave=wave, videos_completed=1)
    VideoViewingFactory(
        participant=half_way, video=OnboardingVideo.objects.get(position=2)
    )

    funnel = Participant.objects.filter(wave=wave).for_funnel()

    assert funnel == {
        "passed": 10,
        "video_1": 8,
        "video_2": 5,
        "video_3": 4,
        "number_visible": 3,
        "bought": 0,
        "revoked": 2,
    }


def test_funnel_counts_who_has_bought():
    wave = WaveFactory()
    ParticipantFactory(wave=wave, first_purchased_at=wave.announced_at)
    ParticipantFactory(wave=wave)

    assert Participant.objects.filter(wave=wave).for_funnel()["bought"] == 1


def test_a_year_beyond_all_reckoning_is_refused_beside_its_field():
    wave = WaveFactory.build(announced_at=wib(9999, 12, 31))

    with pytest.raises(ValidationError) as refused:
        wave.clean()

    assert set(refused.value.message_dict) >= {"announced_at"}


def test_balance_can_not_expire_before_the_deadline():
    wave = WaveFactory.build(balance_expires_on=dt.date(2021, 10, 20))

    with pytest.raises(ValidationError) as refused:
        wave.clean()

    assert set(refused.value.message_dict) == {"balance_expires_on"}
