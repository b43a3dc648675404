"""What is on sale, and what a list of trainings begins with."""

import datetime as dt

import pytest

from tests.factories import ProviderFactory, TrainingFactory
from trainings.models import Category, Mode, Platform, SaleState, Sorting, Training

pytestmark = pytest.mark.django_db

DAY = dt.date(2021, 9, 28)


@pytest.mark.parametrize(
    ("begins", "ends", "state"),
    [
        (0, None, SaleState.ON_SALE),
        (0, 0, SaleState.ON_SALE),
        (1, None, SaleState.UPCOMING),
        (-9, -1, SaleState.ENDED),
    ],
)
def test_sale_includes_its_first_and_last_day(begins, ends, state):
    training = TrainingFactory(
        on_sale_from=DAY + dt.timedelta(days=begins),
        on_sale_until=None if ends is None else DAY + dt.timedelta(days=ends),
    )

    assert training.sale_state(today=DAY) == state
    assert training.is_on_sale(today=DAY) == (state == SaleState.ON_SALE)


@pytest.mark.parametrize("state", SaleState)
def test_sale_state_in_sql_is_that_of_the_row(state):
    for begins, ends in [(0, None), (0, 0), (1, None), (-9, -1), (-9, 9)]:
        TrainingFactory(
            on_sale_from=DAY + dt.timedelta(days=begins),
            on_sale_until=None if ends is None else DAY + dt.timedelta(days=ends),
        )

    found = set(Training.objects.in_sale_state(state, today=DAY))

    assert found == {
        t for t in Training.objects.all() if t.sale_state(today=DAY) == state
    }


def test_a_site_begins_with_the_seven_platforms_of_2021():
    assert set(Platform.objects.values_list("name", flat=True)) == {
        "Tokopedia",
        "Bukalapak",
        "Pintaria",
        "Pijar Mahir",
        "MauBelajarApa",
        "Sisnaker (Kemnaker)",
        "Karier.mu (Sekolah.mu)",
    }


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("title", "Menjahit Kemeja", "kemeja"),
        ("summary", "Belajar memotong POLA.", "pola"),
        ("outcomes", "Mengukur\nMembuat pola", "ukur"),
        ("category", Category.CULINARY, "kuliner"),
    ],
)
def test_training_is_found_by_what_it_says(field, value, word):
    training = TrainingFactory(**{field: value})
    TrainingFactory()

    assert list(Training.objects.about([word])) == [training]


def test_training_is_found_by_its_provider():
    training = TrainingFactory(provider=ProviderFactory(name="Dapur Nusa"))
    TrainingFactory()

    assert list(Training.objects.about(["nusa"])) == [training]


def test_every_word_must_be_found():
    both = TrainingFactory(title="Roti manis", summary="Untuk dijual.")
    TrainingFactory(title="Roti tawar")

    assert list(Training.objects.about(["roti", "dijual"])) == [both]


def test_percent_and_underscore_are_letters_like_others():
    TrainingFactory()

    assert not Training.objects.about(["%"]).exists()


@pytest.mark.parametrize("mode", [Mode.ONLINE, Mode.OFFLINE])
def test_training_that_is_both_is_taught_either_way(mode):
    both = TrainingFactory(mode=Mode.BOTH)

    assert list(Training.objects.taught(mode)) == [both]


def test_what_has_the_word_in_its_title_comes_first():
    elsewhere = TrainingFactory(title="A", summary="Menyeduh kopi susu.")
    one = TrainingFactory(title="Kopi", summary="Dengan susu.")
    both = TrainingFactory(title="Susu dan kopi")

    found = Training.objects.in_order(Sorting.RELEVANCE, words=["kopi", "susu"])

    assert list(found) == [both, one, elsewhere]


def test_one_review_does_not_beat_many():
    one = TrainingFactory(rating_sum=5, rating_count=1)
    many = TrainingFactory(rating_sum=960, rating_count=200)
    bad = TrainingFactory(rating_sum=20, rating_count=10)
    unrated = TrainingFactory()

    found = Training.objects.in_order(Sorting.RATING)

    assert list(found) == [many, one, unrated, bad]


@pytest.mark.parametrize(
    ("sorting", "titles"),
    [
        (Sorting.CHEAPEST, ["C", "A", "B"]),
        (Sorting.DEAREST, ["B", "A", "C"]),
        (Sorting.TITLE, ["A", "B", "C"]),
        (Sorting.RELEVANCE, ["A", "B", "C"]),
    ],
)
def test_lists_are_sorted_as_asked(sorting, titles):
    for title, price in [("A", 200), ("B", 300), ("C", 100)]:
        TrainingFactory(title=title, price=price)

    assert [t.title for t in Training.objects.in_order(sorting)] == titles


def test_outcomes_are_one_a_line():
    training = TrainingFactory(outcomes=" Satu \r\n\r\nDua")

    assert training.outcome_list == ["Satu", "Dua"]


def test_average_is_of_the_kept_sums():
    assert TrainingFactory(rating_sum=9, rating_count=2).average_rating == 4.5
    assert TrainingFactory().average_rating is None
