"""What the owner of a purchase reads: the leg, its day, and whom to ask."""

import datetime as dt

import pytest

from tests.factories import (
    PlatformFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
    wib,
)
from trainings.models import Purchase, Stage
from trainings.models.purchase import STAGE_TIMES
from trainings.progress import add_working_days, leg, milestones, progress

pytestmark = pytest.mark.django_db

FRIDAY = wib(2021, 10, 1, 10)
THAT_FRIDAY = FRIDAY.date()


def reported(stage, **more):
    """Return a purchase on a leg since a Friday, bought on a platform."""
    reached = list(STAGE_TIMES)[1 : list(STAGE_TIMES).index(stage) + 1]
    purchase = PurchaseFactory(
        stage=stage,
        **{STAGE_TIMES[one]: FRIDAY for one in reached},
        platform=PlatformFactory(name="Platform Maju", contact="cs@maju.test"),
        training__provider__name="Lembaga Terang",
        training__provider__contact="halo@terang.test",
        paid_at=FRIDAY - dt.timedelta(hours=9),
        **more,
    )
    return type(purchase).objects.for_progress().get(pk=purchase.pk)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (dt.date(2021, 9, 28), 1, dt.date(2021, 9, 29)),  # Tuesday
        (dt.date(2021, 10, 1), 1, dt.date(2021, 10, 4)),  # Friday to Monday
        (dt.date(2021, 10, 2), 1, dt.date(2021, 10, 4)),  # Saturday
        (dt.date(2021, 10, 3), 1, dt.date(2021, 10, 4)),  # Sunday
        (dt.date(2021, 10, 1), 7, dt.date(2021, 10, 12)),
        (dt.date(2021, 9, 28), 9, dt.date(2021, 10, 11)),
        (dt.date(2021, 9, 28), 0, dt.date(2021, 9, 28)),
    ],
)
def test_working_days_are_monday_to_friday(day, count, expected):
    assert add_working_days(day, count) == expected


@pytest.mark.parametrize(
    ("stage", "holder", "contact", "expected_by", "certificate_by"),
    [
        (Stage.FINISHED, "Lembaga Terang", "halo@terang.test", 4, 14),
        (Stage.AT_PLATFORM, "Platform Maju", "cs@maju.test", 4, 13),
        (Stage.AT_OFFICE, "Prakerja", "0800-150-3001 (bebas pulsa)", 12, 12),
    ],
)
def test_each_leg_has_who_has_it_and_by_when(
    stage, holder, contact, expected_by, certificate_by
):
    found = leg(reported(stage))

    assert (found.holder, found.contact) == (holder, contact)
    assert found.since == THAT_FRIDAY
    assert found.expected_by == dt.date(2021, 10, expected_by)
    assert found.certificate_by == dt.date(2021, 10, certificate_by)


def test_what_was_bought_on_this_site_has_this_site_for_its_platform():
    found = leg(PurchaseFactory(at_platform=True))

    assert found.holder == "Prakerja"


def test_leg_begins_on_the_wib_day():
    purchase = PurchaseFactory(
        finished=True,
        finished_at=dt.datetime(2021, 9, 30, 17, 30, tzinfo=dt.UTC),
    )

    assert leg(purchase).since == dt.date(2021, 10, 1)


@pytest.mark.parametrize("stage", [Stage.PAID, Stage.IN_PROGRESS, Stage.COMPLETED])
def test_nothing_is_on_its_way_before_the_end_and_after(stage):
    assert leg(PurchaseFactory(stage=stage)) is None


def test_leg_is_not_late_on_its_last_day():
    purchase = reported(Stage.FINISHED)

    found = progress(purchase, today=dt.date(2021, 10, 4))

    assert not found.is_late
    assert "14 Oktober 2021" in found.next


def test_late_leg_says_whom_to_ask():
    purchase = reported(Stage.FINISHED)

    found = progress(purchase, today=dt.date(2021, 10, 5))

    assert found.is_late
    assert found.tone == "warning"
    assert "4 Oktober 2021" in found.next
    assert "halo@terang.test" in found.next


def test_another_name_comes_before_being_late():
    purchase = reported(Stage.AT_OFFICE, reported_name="Budi")

    found = progress(purchase, today=dt.date(2022, 1, 3))

    assert found.has_wrong_name
    assert "Budi" in found.meaning
    assert "halo@terang.test" in found.next


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.PAID, "Tukarkan kode voucher"),
        (Stage.REDEEMED, "Jadwal:"),
        (Stage.IN_PROGRESS, "9 hari kerja (Senin–Jumat)"),
        (Stage.COMPLETED, "Beri bintang dan ulasan"),
        (Stage.CANCELLED, "sudah kembali ke saldo"),
    ],
)
def test_every_stage_says_what_comes_next(stage, words):
    found = progress(PurchaseFactory(stage=stage), today=THAT_FRIDAY)

    assert words in found.next


def test_reviewed_purchase_asks_for_nothing():
    purchase = ReviewFactory(purchase=PurchaseFactory(completed=True)).purchase

    assert "Ulasanmu sudah masuk" in progress(purchase, today=THAT_FRIDAY).next


def test_second_training_speaks_of_no_incentive():
    first = PurchaseFactory(completed=True, price=100_000)
    second = PurchaseFactory(
        participant=first.participant,
        training=TrainingFactory(price=100_000),
        completed=True,
        paid_at=first.paid_at + dt.timedelta(days=1),
    )
    loaded = {one.pk: one for one in Purchase.objects.for_progress()}

    assert "Insentif" in progress(loaded[first.pk], today=THAT_FRIDAY).next
    assert "Insentif" not in progress(loaded[second.pk], today=THAT_FRIDAY).next


@pytest.mark.parametrize("stage", [Stage.REDEEMED, Stage.IN_PROGRESS])
def test_who_is_learning_reads_how_to_reach_the_provider(stage):
    purchase = PurchaseFactory(
        stage=stage, training__provider__contact="halo@terang.test"
    )

    found = progress(purchase, today=THAT_FRIDAY)

    assert "halo@terang.test" in found.meaning + found.next


@pytest.mark.parametrize("stage", [Stage.FINISHED, Stage.AT_PLATFORM, Stage.AT_OFFICE])
def test_what_was_bought_on_this_site_speaks_of_no_platform(stage):
    purchase = PurchaseFactory(stage=stage)

    found = progress(purchase, today=THAT_FRIDAY)
    way = milestones(purchase, today=THAT_FRIDAY)

    said = [found.label, found.meaning, *(one.title for one in way)]
    assert "platform" not in " ".join(said)


def test_milestones_show_days_that_were_and_days_to_come():
    found = milestones(reported(Stage.FINISHED), today=THAT_FRIDAY)

    assert [milestone.state for milestone in found] == [
        *["done"] * 4,
        "now",
        *["later"] * 3,
    ]
    assert found[3].detail == "1 Oktober 2021"
    assert found[4].detail == "Paling lambat 4 Oktober 2021"
    assert found[6].detail == "Paling lambat 14 Oktober 2021"
    assert found[7].detail == ""


def test_late_leg_promises_nothing_after_it():
    found = milestones(reported(Stage.FINISHED), today=dt.date(2021, 10, 5))

    assert found[4].detail == "Paling lambat 4 Oktober 2021"
    assert found[6].detail == ""
