"""What a participant should do now: one test a state."""

import datetime as dt

import pytest

from prakerja.next_step import next_step, urgency
from tests.factories import ANNOUNCED_AT, ParticipantFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2021, 9, 28)
LAST_DAY = dt.date(2021, 10, 21)


def test_who_just_passed_watches_the_first_video():
    step = next_step(ParticipantFactory(), today=TODAY)

    assert step.code == "watch_video"
    assert step.url == "/video/1/"
    assert "3 video lagi" in step.detail
    assert "21 Oktober 2021, 23.59 WIB" in step.detail


@pytest.mark.parametrize("watched", [1, 2])
def test_who_watched_some_watches_the_next(watched):
    step = next_step(ParticipantFactory(videos_completed=watched), today=TODAY)

    assert step.url == f"/video/{watched + 1}/"


def test_who_sees_the_number_but_has_no_balance_chooses_while_waiting():
    step = next_step(ParticipantFactory(videos_completed=3), today=TODAY)

    assert step.code == "wait_for_balance"
    assert "29 September 2021" in step.detail


def test_balance_that_did_not_come_in_seven_days_is_to_be_asked_for():
    participant = ParticipantFactory(videos_completed=3)

    step = next_step(participant, today=TODAY + dt.timedelta(days=2))

    assert step.code == "ask_for_balance"
    assert "21 Oktober 2021, 23.59 WIB" in step.detail


def test_who_has_number_and_balance_buys_by_the_deadline():
    participant = ParticipantFactory(videos_completed=3, funded=True)

    step = next_step(participant, today=TODAY)

    assert step.code == "buy_first_training"
    assert "21 Oktober 2021, 23.59 WIB" in step.title
    assert step.due == participant.deadline_at


def test_deadline_in_three_days_is_pressing():
    participant = ParticipantFactory(videos_completed=3, funded=True)

    step = next_step(participant, today=LAST_DAY - dt.timedelta(days=3))

    assert step.tone == "danger"


def test_on_the_last_day_there_is_still_time_to_buy():
    participant = ParticipantFactory(videos_completed=3, funded=True)

    assert next_step(participant, today=LAST_DAY).code == "buy_first_training"


@pytest.mark.parametrize("watched", [0, 3])
def test_the_day_after_the_deadline_the_way_forward_is_to_contact_us(watched):
    participant = ParticipantFactory(videos_completed=watched)

    step = next_step(participant, today=LAST_DAY + dt.timedelta(days=1))

    assert step.code == "deadline_passed"


def test_who_bought_in_time_finishes_the_training_also_after_the_deadline():
    participant = ParticipantFactory(
        videos_completed=3,
        funded=True,
        first_purchased_at=ANNOUNCED_AT + dt.timedelta(days=3),
    )

    step = next_step(participant, today=LAST_DAY + dt.timedelta(days=30))

    assert step.code == "finish_first_training"


def test_revoked_participant_can_only_object():
    participant = ParticipantFactory(videos_completed=3, revoked=True)

    assert next_step(participant, today=TODAY).code == "object_to_revocation"


@pytest.mark.parametrize(
    ("days_left", "word"),
    [(29, "calm"), (8, "calm"), (7, "soon"), (4, "soon"), (3, "urgent"), (0, "urgent")],
)
def test_a_deadline_grows_pressing(days_left, word):
    assert urgency(days_left) == word


def test_a_deadline_of_yesterday_has_passed():
    assert urgency(-1) == "passed"


def test_balance_may_still_come_on_the_promised_day_itself():
    participant = ParticipantFactory(videos_completed=3)

    step = next_step(participant, today=dt.date(2021, 9, 29))

    assert step.code == "wait_for_balance"
