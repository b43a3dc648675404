"""Watching: what the server believes of a video, and when it is complete."""

import copy
import datetime as dt
import threading
from contextlib import contextmanager

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from participants.models import OnboardingVideo, VideoViewing
from participants.models.video import (
    CLOCK_SKEW,
    TOLERANCE,
    ImpossiblePosition,
    MembershipRevoked,
    NotOpened,
    NotWatchedYet,
    NotYourTurn,
    grant_video,
    open_video,
    opened_viewing,
)
from tests.factories import (
    NOW,
    ParticipantFactory,
    UserFactory,
    VideoViewingFactory,
)

pytestmark = pytest.mark.django_db


def after(seconds):
    return NOW + dt.timedelta(seconds=seconds)


def opened(participant=None, *, position=1, at=NOW):
    """Open a video as its page does; return its viewing."""
    return open_video(
        participant=participant or ParticipantFactory(),
        video=OnboardingVideo.objects.get(position=position),
        at=at,
    )


def granted(participant, *, position=1, at=NOW):
    """Complete a video by staff's word; return its viewing."""
    return grant_video(
        participant=participant,
        video=OnboardingVideo.objects.get(position=position),
        by=UserFactory(staff=True),
        reason="HP rusak",
        at=at,
    )


@pytest.fixture
def viewing(forty_seconds):
    return opened()


@pytest.fixture
def forty_seconds():
    OnboardingVideo.objects.update(duration=40.0)


def test_beat_earns_the_time_since_the_page_was_opened(viewing):
    viewing.beat(position=10, at=after(10))

    assert viewing.credited == 10
    assert not viewing.is_complete


def test_forged_position_earns_only_the_time_that_passed(viewing):
    viewing.beat(position=40, at=after(3))

    assert viewing.credited == 3


def test_waiting_without_watching_earns_nothing(viewing):
    viewing.beat(position=0, at=after(100))

    assert viewing.credited == 0


def test_seeking_back_takes_nothing_away(viewing):
    viewing.beat(position=20, at=after(20))

    viewing.beat(position=5, at=after(30))

    assert viewing.credited == 20


def test_watching_the_same_part_again_earns_nothing(viewing):
    viewing.beat(position=20, at=after(20))

    viewing.beat(position=5, at=after(30))
    viewing.beat(position=15, at=after(40))

    assert viewing.credited == 20


def test_video_is_complete_one_second_before_its_end(viewing):
    viewing.beat(position=38.9, at=after(38.9))
    assert not viewing.is_complete

    viewing.beat(position=39, at=after(39))
    assert viewing.completed_at == after(39)


def test_complete_video_stays_as_it_was(viewing):
    viewing.beat(position=40, at=after(40))

    viewing.beat(position=3, at=after(50))

    viewing.refresh_from_db()
    assert (viewing.credited, viewing.completed_at) == (40, after(40))


@pytest.mark.parametrize("position", [-0.1, 42.1, 1e308, float("inf"), float("nan")])
def test_position_that_the_video_cannot_show_is_refused(viewing, position):
    with pytest.raises(ImpossiblePosition):
        viewing.beat(position=position, at=after(40))

    viewing.refresh_from_db()
    assert viewing.credited == 0


@pytest.mark.parametrize("position", [41.5, 42])
def test_position_a_little_past_the_end_is_the_end(viewing, position):
    viewing.beat(position=position, at=after(60))

    assert viewing.credited == 40


def test_lost_beats_cost_nothing_once_a_later_one_arrives(viewing):
    viewing.beat(position=10, at=after(10))

    viewing.beat(position=40, at=after(40))

    assert viewing.is_complete


def test_pause_of_three_minutes_costs_nothing(viewing):
    viewing.beat(position=12, at=after(12))

    viewing.beat(position=12, at=after(12 + 180))
    viewing.beat(position=40, at=after(12 + 180 + 28))

    assert viewing.is_complete


def test_phone_asleep_for_hours_goes_on_where_it_was(viewing):
    viewing.beat(position=12, at=after(12))

    viewing.beat(position=22, at=after(4 * 3600))

    assert viewing.credited == 22


def test_reload_half_way_costs_only_what_no_beat_told():
    viewing = opened()
    viewing.beat(position=10, at=after(10))

    viewing = opened(viewing.participant, at=after(16))
    viewing.beat(position=viewing.credited + 10, at=after(26))

    assert viewing.credited == 20


def test_another_device_goes_on_at_the_credited_second():
    viewing = opened()
    viewing.beat(position=25, at=after(25))

    on_tablet = opened(viewing.participant, at=after(86_400))
    on_tablet.beat(position=35, at=after(86_410))

    assert on_tablet.credited == 35


def test_time_in_which_no_page_was_open_is_never_credited():
    viewing = opened()

    viewing = opened(viewing.participant, at=after(3600))
    viewing.beat(position=40, at=after(3601))

    assert viewing.credited == 1


def test_opening_leaves_the_clock_of_everybody_else(viewing):
    opened(at=after(30))

    viewing.beat(position=40, at=after(40))

    assert viewing.is_complete


def test_video_takes_beats_as_soon_as_it_is_opened():
    participant = ParticipantFactory()

    viewing = opened(participant)

    assert opened_viewing(participant, 1) == viewing


def test_videos_go_in_order():
    participant = ParticipantFactory(videos_completed=1)

    with pytest.raises(NotYourTurn):
        opened(participant, position=3)

    assert not participant.viewings.filter(video_id=3).exists()


def test_revoked_participant_opens_no_video():
    with pytest.raises(MembershipRevoked):
        opened(ParticipantFactory(revoked=True))


def test_participant_revoked_half_way_earns_no_more(viewing):
    viewing.participant.revoked_at = NOW

    with pytest.raises(MembershipRevoked):
        opened_viewing(viewing.participant, 1)


def test_video_that_was_not_opened_has_no_beats():
    with pytest.raises(NotOpened):
        opened_viewing(ParticipantFactory(), 1)


def test_looking_at_a_complete_video_leaves_the_open_one_open():
    participant = ParticipantFactory(videos_completed=1)
    viewing = opened(participant, position=2)

    opened(participant, position=1, at=after(10))

    participant.refresh_from_db()
    assert participant.current_viewing == viewing
    viewing.beat(position=20, at=after(20))
    assert viewing.credited == 20


def test_repeated_beat_of_an_earlier_video_answers_that_it_is_complete():
    participant = ParticipantFactory(videos_completed=1)
    opened(participant, position=2)

    viewing = opened_viewing(participant, 1)

    assert viewing.is_complete
    assert viewing.videos_completed == 1


def test_beat_after_all_are_complete_still_counts_three():
    viewing = opened(ParticipantFactory(videos_completed=2), position=3)
    viewing.beat(position=viewing.duration, at=after(60))
    assert viewing.videos_completed == 3

    viewing.participant.refresh_from_db()
    assert opened_viewing(viewing.participant, 1).videos_completed == 3
    assert opened_viewing(viewing.participant, 3).videos_completed == 3


def test_two_beats_of_one_moment_are_credited_once(viewing):
    in_another_tab = VideoViewing.objects.get(pk=viewing.pk)

    viewing.beat(position=10, at=after(10))
    in_another_tab.beat(position=10, at=after(10.05))

    viewing.refresh_from_db()
    assert viewing.credited == 10


def test_beat_that_another_overtook_takes_nothing_away(viewing):
    in_another_tab = VideoViewing.objects.get(pk=viewing.pk)

    viewing.beat(position=10, at=after(10))
    in_another_tab.beat(position=0, at=after(10.05))

    viewing.refresh_from_db()
    assert (viewing.credited, viewing.last_beat_at) == (10, after(10))


def test_beat_counts_for_nobody_else(viewing):
    other = opened()

    viewing.beat(position=10, at=after(10))

    other.refresh_from_db()
    assert (other.credited, other.last_beat_at) == (0, NOW)


def test_first_beat_of_a_viewing_without_a_clock_only_starts_it():
    viewing = VideoViewingFactory()

    viewing.beat(position=10, at=NOW)

    viewing.refresh_from_db()
    assert (viewing.credited, viewing.last_beat_at) == (0, NOW)


@pytest.mark.parametrize("back", [1, 60])
def test_clock_that_steps_back_a_little_counts_no_second_twice(viewing, back):
    viewing.beat(position=10, at=after(60))

    viewing.beat(position=40, at=after(60 - back))
    viewing.beat(position=40, at=after(61))

    assert viewing.credited == 11


def test_opening_on_a_server_whose_clock_lags_counts_no_second_twice(viewing):
    viewing.beat(position=40, at=after(10))

    viewing = opened(viewing.participant, at=after(9))
    viewing.beat(position=40, at=after(11))

    assert viewing.credited == 11


def test_clock_that_steps_back_far_earns_nothing_and_locks_nobody_out(viewing):
    viewing.beat(position=10, at=after(10))

    viewing.beat(position=20, at=after(-3600))
    assert viewing.credited == 10

    viewing.beat(position=20, at=after(-3590))
    assert viewing.credited == 20


def test_without_javascript_the_length_must_pass_after_the_start(viewing):
    viewing.start(at=after(5))

    with pytest.raises(NotWatchedYet) as refused:
        viewing.finish(at=after(43.9))
    assert refused.value.message == (
        "Videonya belum selesai. Tonton 2 detik lagi, lalu tekan tombol ini lagi."
    )

    viewing.finish(at=after(44))
    assert viewing.is_complete


def test_finishing_too_early_earns_nothing(viewing):
    viewing.start(at=NOW)

    with pytest.raises(NotWatchedYet):
        viewing.finish(at=after(20))

    viewing.refresh_from_db()
    assert (viewing.credited, viewing.last_beat_at) == (0, NOW)


def test_nobody_is_told_to_wait_longer_than_the_video_when_the_clock_steps_back(
    viewing,
):
    viewing.start(at=NOW)

    with pytest.raises(NotWatchedYet) as refused:
        viewing.finish(at=after(-600))

    assert refused.value.seconds_left == 40


def test_nothing_is_finished_without_a_start(viewing):
    with pytest.raises(NotOpened) as refused:
        viewing.finish(at=after(3600))

    assert refused.value.message == "Tekan “Mulai menonton” dulu."


def test_start_of_one_person_starts_nobody_else(viewing):
    opened().start(at=NOW)

    viewing.refresh_from_db()
    assert viewing.started_at is None


def test_finishing_a_complete_video_changes_nothing(viewing):
    viewing.beat(position=40, at=after(40))

    viewing.finish(at=after(50))

    assert viewing.completed_at == after(40)


def test_starting_again_does_not_wind_the_clock_back(viewing):
    viewing.start(at=NOW)

    viewing.start(at=after(30))
    viewing.finish(at=after(40))

    assert viewing.is_complete


def test_reload_without_javascript_does_not_stop_the_clock(viewing):
    viewing.start(at=NOW)

    viewing = opened(viewing.participant, at=after(30))
    viewing.finish(at=after(40))

    assert viewing.is_complete


def test_seconds_from_beats_count_without_javascript_too(viewing):
    viewing.beat(position=30, at=after(30))
    assert viewing.finish_from is None
    viewing.start(at=after(100))
    assert viewing.finish_from == after(109)

    viewing.finish(at=after(109))

    assert viewing.is_complete


def test_beats_and_the_clock_without_javascript_never_count_one_second_twice(viewing):
    viewing.start(at=NOW)
    viewing.beat(position=20, at=after(20))

    with pytest.raises(NotWatchedYet):
        viewing.finish(at=after(21))


def test_start_of_a_complete_video_changes_nothing(viewing):
    viewing.beat(position=40, at=after(40))

    viewing.start(at=after(50))

    assert viewing.started_at is None


def replace_film(position=1, *, duration=60.0):
    video = OnboardingVideo.objects.get(position=position)
    video.duration = duration
    video.version += 1
    video.save()
    return video


def test_viewing_that_was_complete_stays_complete_when_staff_replace_the_film(viewing):
    viewing.beat(position=40, at=after(40))
    replace_film()

    viewing = opened(viewing.participant, at=after(50))

    assert viewing.is_complete
    assert not viewing.began_again


@pytest.mark.parametrize("seconds", [1, 30])
def test_viewing_that_had_begun_begins_again_when_staff_replace_the_film(
    viewing, seconds
):
    viewing.beat(position=seconds, at=after(seconds))
    replace_film()

    viewing = opened(viewing.participant, at=after(40))

    assert viewing.began_again
    assert (viewing.credited, viewing.duration, viewing.version) == (0, 60, 2)
    assert not opened(viewing.participant, at=after(41)).began_again


def test_video_completed_while_its_page_opens_stays_complete(viewing):
    replace_film()
    stale = VideoViewing.objects.get(pk=viewing.pk)

    with just_before_the_first_update(lambda: stale.beat(position=40, at=after(40))):
        viewing = opened(viewing.participant, at=after(40))

    assert viewing.is_complete
    assert (viewing.credited, viewing.duration) == (40, 40)


@contextmanager
def just_before_the_first_update(act):
    """Let another request come between what a function reads and what it writes."""
    acts = [act]

    def between(execute, sql, *args):
        if sql.startswith("UPDATE") and acts:
            acts.pop()()
        return execute(sql, *args)

    with connection.execute_wrapper(between):
        yield


def test_nobody_is_told_of_a_replacement_who_had_not_begun(viewing):
    replace_film()

    assert not opened(viewing.participant, at=after(40)).began_again


def test_clock_without_javascript_begins_again_with_the_new_film(viewing):
    viewing.start(at=NOW)
    replace_film()

    viewing = opened(viewing.participant, at=after(100))

    assert viewing.began_again
    with pytest.raises(NotOpened):
        viewing.finish(at=after(200))


def test_who_is_in_the_middle_of_the_old_film_finishes_it(viewing):
    viewing.beat(position=20, at=after(20))
    replace_film()

    viewing.beat(position=40, at=after(40))

    assert viewing.is_complete


def test_staff_complete_a_video_with_a_reason_on_record():
    participant = ParticipantFactory()
    staff = UserFactory(staff=True)
    video = OnboardingVideo.objects.get(position=1)

    viewing = grant_video(
        participant=participant, video=video, by=staff, reason="HP rusak", at=NOW
    )

    assert (viewing.completed_at, viewing.granted_by) == (NOW, staff)
    assert viewing.grant_reason == "HP rusak"
    assert participant.next_video == 2


def test_staff_complete_the_video_of_one_person_only(viewing):
    granted(ParticipantFactory())

    viewing.refresh_from_db()
    assert not viewing.is_complete


def test_video_that_was_watched_is_not_put_down_to_staff(viewing):
    viewing.beat(position=40, at=after(40))

    granted(viewing.participant, at=after(50))

    viewing.refresh_from_db()
    assert (viewing.completed_at, viewing.granted_by) == (after(40), None)


def test_beat_that_crosses_the_word_of_staff_takes_nothing_away(viewing):
    granted(viewing.participant)

    viewing.beat(position=10, at=after(10))

    viewing.refresh_from_db()
    assert (viewing.completed_at, viewing.credited) == (NOW, 0)


def test_seconds_watched_stay_as_they_are_when_staff_complete_a_video(viewing):
    viewing.beat(position=12, at=after(12))

    assert granted(viewing.participant, at=after(20)).credited == 12


def test_staff_do_not_skip_a_video_either():
    with pytest.raises(NotYourTurn):
        granted(ParticipantFactory(), position=2)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_beats_at_once_are_credited_once():
    viewing = opened()
    together = threading.Barrier(20, timeout=10)

    def beat(number):
        try:
            own = copy.copy(viewing)
            together.wait()
            own.beat(position=30, at=after(10 + number / 1000))
        finally:
            connection.close()

    threads = [threading.Thread(target=beat, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    viewing.refresh_from_db()
    assert 10 <= viewing.credited <= 10.02


times = st.floats(min_value=-120, max_value=120, allow_nan=False)
positions = st.one_of(
    st.floats(min_value=-5, max_value=60), st.sampled_from([0.0, 40.0, float("nan")])
)
acts = st.lists(
    st.tuples(st.sampled_from(["open", "beat", "beat", "start", "finish"]),
              st.integers(1, 3), times, positions),
    max_size=40,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(acts=acts)
def test_whatever_is_sent_nobody_is_credited_more_than_the_time_that_passed(acts):
    OnboardingVideo.objects.update(duration=40.0)
    participant = ParticipantFactory()
    now = newest = NOW
    first_opened = {}
    credited = {}
    for act, position, seconds, shown in acts:
        # Small steps back happen; what passed is counted on the newest reading.
        now += dt.timedelta(seconds=max(seconds, -CLOCK_SKEW.total_seconds() / 2))
        now = max(now, newest - CLOCK_SKEW / 2)
        newest = max(now, newest)
        try:
            if act == "open":
                opened(participant, position=position, at=now)
                first_opened.setdefault(position, now)
            else:
                viewing = opened_viewing(participant, position)
                kwargs = {"position": shown} if act == "beat" else {}
                getattr(viewing, act)(at=now, **kwargs)
        except (
            NotYourTurn, NotOpened, NotWatchedYet, ImpossiblePosition
        ):  # fmt: skip
            pass

        total = 0
        for viewing in participant.viewings.all():
            passed = (newest - first_opened[viewing.video_id]).total_seconds()
            assert viewing.credited <= passed + 1e-6
            assert credited.get(viewing.pk, 0) <= viewing.credited <= 40
            assert viewing.is_complete == (viewing.credited >= 40 - TOLERANCE)
            credited[viewing.pk] = viewing.credited
            total += viewing.credited
        if first_opened:
            all_passed = (newest - min(first_opened.values())).total_seconds()
            assert total <= all_passed + 1e-6


def test_percent_is_rounded_down_and_full_only_when_complete():
    assert VideoViewingFactory(duration=40, credited=38.9).percent == 97
    assert VideoViewingFactory(complete=True).percent == 100
