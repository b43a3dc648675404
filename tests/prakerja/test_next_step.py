"""What a participant should do now: one test a state."""

import datetime as dt

import pytest

from prakerja.next_step import next_step, urgency
from tests.factories import (
    ParticipantFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
)
from trainings.models import Stage

pytestmark = pytest.mark.django_db

TODAY = dt.date(2021, 9, 28)
LAST_DAY = dt.date(2021, 10, 21)


def step_of(participant, *, today):
    purchases = list(participant.purchases.live().for_progress())
    return next_step(participant, purchases, today=today)


def test_who_just_passed_watches_the_first_video():
    step = step_of(ParticipantFactory(), today=TODAY)

    assert step.code == "watch_video"
    assert step.url == "/video/1/"
    assert "3 video lagi" in step.detail
    assert "21 Oktober 2021, 23.59 WIB" in step.detail


@pytest.mark.parametrize("watched", [1, 2])
def test_who_watched_some_watches_the_next(watched):
    step = step_of(ParticipantFactory(videos_completed=watched), today=TODAY)

    assert step.url == f"/video/{watched + 1}/"


def test_who_sees_the_number_but_has_no_balance_chooses_while_waiting():
    step = step_of(ParticipantFactory(videos_completed=3), today=TODAY)

    assert step.code == "wait_for_balance"
    assert "29 September 2021" in step.detail


def test_balance_that_did_not_come_in_seven_days_is_to_be_asked_for():
    participant = ParticipantFactory(videos_completed=3)

    step = step_of(participant, today=TODAY + dt.timedelta(days=2))

    assert step.code == "ask_for_balance"
    assert "21 Oktober 2021, 23.59 WIB" in step.detail


def test_who_has_number_and_balance_buys_by_the_deadline():
    participant = ParticipantFactory(videos_completed=3, funded=True)

    step = step_of(participant, today=TODAY)

    assert step.code == "buy_first_training"
    assert "21 Oktober 2021, 23.59 WIB" in step.title
    assert step.due == participant.deadline_at


def test_deadline_in_three_days_is_pressing():
    participant = ParticipantFactory(videos_completed=3, funded=True)

    step = step_of(participant, today=LAST_DAY - dt.timedelta(days=3))

    assert step.tone == "danger"


def test_on_the_last_day_there_is_still_time_to_buy():
    participant = ParticipantFactory(videos_completed=3, funded=True)

    assert step_of(participant, today=LAST_DAY).code == "buy_first_training"


@pytest.mark.parametrize("watched", [0, 3])
def test_the_day_after_the_deadline_the_way_forward_is_to_contact_us(watched):
    participant = ParticipantFactory(videos_completed=watched)

    step = step_of(participant, today=LAST_DAY + dt.timedelta(days=1))

    assert step.code == "deadline_passed"


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage.PAID, "redeem_voucher"),
        (Stage.REDEEMED, "start_learning"),
        (Stage.IN_PROGRESS, "finish_training"),
        (Stage.FINISHED, "wait_for_certificate"),
        (Stage.AT_PLATFORM, "wait_for_certificate"),
        (Stage.AT_OFFICE, "wait_for_certificate"),
        (Stage.COMPLETED, "write_review"),
        (Stage.CANCELLED, "buy_again"),
    ],
)
def test_each_stage_of_a_training_has_its_own_step(stage, code):
    purchase = PurchaseFactory(stage=stage)

    assert step_of(purchase.participant, today=TODAY).code == code


def test_who_bought_in_time_goes_on_also_after_the_deadline():
    purchase = PurchaseFactory()

    step = step_of(purchase.participant, today=LAST_DAY + dt.timedelta(days=30))

    assert step.code == "redeem_voucher"


def test_waiting_for_the_certificate_says_until_when():
    purchase = PurchaseFactory(finished=True)

    assert "11 Oktober 2021" in step_of(purchase.participant, today=TODAY).detail


def test_late_report_is_asked_for_where_it_is():
    purchase = PurchaseFactory(finished=True, training__provider__name="Lembaga Terang")

    step = step_of(purchase.participant, today=TODAY + dt.timedelta(days=2))

    assert step.code == "ask_for_certificate"
    assert "Lembaga Terang" in step.title
    assert step.tone == "warning"


def test_another_name_in_the_report_is_to_be_put_right():
    purchase = PurchaseFactory(at_office=True, reported_name="Budi")

    assert step_of(purchase.participant, today=TODAY).code == "correct_name"


def test_after_the_review_comes_the_incentive():
    review = ReviewFactory(purchase=PurchaseFactory(completed=True))

    step = step_of(review.purchase.participant, today=TODAY)

    assert step.code == "arrange_incentive"
    assert step.url == "/insentif/"


def test_second_training_under_way_comes_before_the_review_of_the_first():
    first = PurchaseFactory(completed=True, price=100_000)
    PurchaseFactory(
        participant=first.participant,
        training=TrainingFactory(price=100_000),
        paid_at=first.completed_at + dt.timedelta(days=1),
    )

    step = step_of(first.participant, today=TODAY)

    assert step.code == "redeem_voucher"


def test_revoked_participant_can_only_object():
    participant = ParticipantFactory(videos_completed=3, revoked=True)

    assert step_of(participant, today=TODAY).code == "object_to_revocation"


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

    step = step_of(participant, today=dt.date(2021, 9, 29))

    assert step.code == "wait_for_balance"
