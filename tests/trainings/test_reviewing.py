"""Reviews: once, for a completed training, and the mean that follows each."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests.factories import NOW, PurchaseFactory, ReviewFactory, UserFactory
from trainings import reviewing
from trainings.models import Review, Stage
from trainings.reviewing import NotCompletedYet, ReviewClosed, ReviewIsHidden

pytestmark = pytest.mark.django_db

WORDS = "Materinya jelas dan langsung bisa dipakai."


@pytest.fixture
def purchase():
    return PurchaseFactory(completed=True)


def submit(purchase, rating=4, *, at=NOW):
    return reviewing.submit(purchase, rating=rating, text=WORDS, at=at)


def mean(purchase):
    """Return the sum and the count that the training keeps."""
    purchase.training.refresh_from_db()
    return purchase.training.rating_sum, purchase.training.rating_count


def test_review_of_a_completed_training_counts_in_its_mean(purchase):
    review = submit(purchase, 4)

    assert (review.rating, review.text) == (4, WORDS)
    assert mean(purchase) == (4, 1)


@pytest.mark.parametrize("stage", [s for s in Stage if s != Stage.COMPLETED])
def test_only_a_completed_training_is_reviewed(stage):
    purchase = PurchaseFactory(stage=stage)

    with pytest.raises(NotCompletedYet):
        submit(purchase)

    assert mean(purchase) == (0, 0)


def test_sent_twice_it_is_one_review(purchase):
    for _ in range(2):
        submit(purchase, 4)

    assert Review.objects.count() == 1
    assert mean(purchase) == (4, 1)


def test_changed_stars_change_the_mean(purchase):
    submit(purchase, 5)

    submit(purchase, 2, at=NOW + dt.timedelta(hours=23, minutes=59))

    assert mean(purchase) == (2, 1)


def test_after_24_hours_a_review_stays_as_it_is(purchase):
    submit(purchase, 5)

    with pytest.raises(ReviewClosed):
        submit(purchase, 1, at=NOW + dt.timedelta(hours=24))

    assert mean(purchase) == (5, 1)


def test_hidden_review_counts_no_more(purchase):
    review = ReviewFactory(purchase=purchase, rating=1)
    staff = UserFactory(staff=True)

    assert reviewing.hide(review, reason="Memuat nomor HP", by=staff, at=NOW)

    assert mean(purchase) == (0, 0)
    review.refresh_from_db()
    assert (review.hidden_reason, review.hidden_by) == ("Memuat nomor HP", staff)


def test_hidden_twice_is_counted_off_once(purchase):
    review = ReviewFactory(purchase=purchase)
    ReviewFactory(
        purchase=PurchaseFactory(completed=True, training=purchase.training), rating=3
    )

    for _ in range(2):
        reviewing.hide(review, reason="Kasar", by=UserFactory(staff=True), at=NOW)

    assert mean(purchase) == (3, 1)


def test_shown_again_it_counts_again(purchase):
    review = ReviewFactory(purchase=purchase, hidden=True, rating=2)

    assert reviewing.unhide(review)
    assert not reviewing.unhide(review)

    assert mean(purchase) == (2, 1)
    assert not Review.objects.get().is_hidden


def test_hidden_review_is_not_changed_by_its_writer(purchase):
    ReviewFactory(purchase=purchase, hidden=True, created_at=NOW)

    with pytest.raises(ReviewIsHidden, match="nomor telepon"):
        submit(purchase, at=NOW)

    assert mean(purchase) == (0, 0)


# --- at the same time -----------------------------------------------------------------


def at_once(*acts):
    """Do all of them at the same moment, each on its own connection."""
    barrier = Barrier(len(acts))

    def do(act):
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result() for future in [threads.submit(do, a) for a in acts]]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_submitted_at_once_it_is_one_review_and_the_mean_its_stars():
    purchase = PurchaseFactory(completed=True)

    at_once(*[lambda stars=stars: submit(purchase, stars) for stars in (1, 2, 3, 4, 5)])

    assert mean(purchase) == (Review.objects.get().rating, 1)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_changed_and_hidden_at_once_counts_nothing():
    purchase = PurchaseFactory(completed=True)
    review = submit(purchase, 5)
    staff = UserFactory(staff=True)

    def change():
        try:
            submit(purchase, 1)
        except ReviewIsHidden:
            return

    def hide():
        stale = Review.objects.get(pk=review.pk)
        reviewing.hide(stale, reason="Kasar", by=staff, at=NOW)

    at_once(change, hide, change, hide)

    assert mean(purchase) == (0, 0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_reviews_of_one_training_at_once_all_count():
    first = PurchaseFactory(completed=True)
    every = [first] + [
        PurchaseFactory(completed=True, training=first.training) for _ in range(5)
    ]

    at_once(*[lambda purchase=purchase: submit(purchase, 3) for purchase in every])

    assert mean(first) == (18, 6)
