"""Reviews: written once, changed for a day, hidden by staff; the mean follows each.

All verbs about one review queue at its purchase, and change the training's sums by
their difference in the same transaction.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F

from participants.models import User
from prakerja.refusal import Refusal
from trainings.models import Purchase, Review, Training


class NotCompletedYet(Refusal):
    message = "Ulasan bisa ditulis setelah sertifikat pelatihan ini terbit."


class ReviewClosed(Refusal):
    message = "Ulasanmu sudah tidak bisa diubah: waktunya 24 jam sejak ditulis."


class ReviewIsHidden(Refusal):
    def __init__(self, reason: str) -> None:
        super().__init__(f"Ulasanmu disembunyikan petugas: {reason}.")


@transaction.atomic
def submit(purchase: Purchase, *, rating: int, text: str, at: dt.datetime) -> Review:
    """Write the review of a completed purchase, or change it within its day.

    Sent twice, the form writes one. Raises NotCompletedYet, ReviewClosed,
    ReviewIsHidden.
    """
    purchase = _locked(purchase.pk)
    if not purchase.is_completed:
        raise NotCompletedYet
    review = Review.objects.filter(purchase=purchase).first()
    if review is None:
        _count(purchase.training_id, stars=rating, reviews=1)
        return Review.objects.create(
            purchase=purchase,
            training_id=purchase.training_id,
            rating=rating,
            text=text,
            created_at=at,
        )
    if review.is_hidden:
        raise ReviewIsHidden(review.hidden_reason)
    if not review.is_editable(at=at):
        raise ReviewClosed
    _count(review.training_id, stars=rating - review.rating)
    review.rating, review.text = rating, text
    review.save(update_fields=["rating", "text"])
    return review


@transaction.atomic
def hide(review: Review, *, reason: str, by: User, at: dt.datetime) -> bool:
    """Take a review off the training's page and mean; return whether it was shown."""
    _locked(review.purchase_id)
    review.refresh_from_db()
    if review.is_hidden:
        return False
    review.hidden_at, review.hidden_reason, review.hidden_by = at, reason, by
    review.save(update_fields=["hidden_at", "hidden_reason", "hidden_by"])
    _count(review.training_id, stars=-review.rating, reviews=-1)
    return True


@transaction.atomic
def unhide(review: Review) -> bool:
    """Show a hidden review again and count it; return whether it was hidden."""
    _locked(review.purchase_id)
    review.refresh_from_db()
    if not review.is_hidden:
        return False
    review.hidden_at, review.hidden_reason, review.hidden_by = None, "", None
    review.save(update_fields=["hidden_at", "hidden_reason", "hidden_by"])
    _count(review.training_id, stars=review.rating, reviews=1)
    return True


def _locked(purchase_id: int) -> Purchase:
    return Purchase.objects.select_for_update(no_key=True).get(pk=purchase_id)


def _count(training_id: int, *, stars: int, reviews: int = 0) -> None:
    Training.objects.filter(pk=training_id).update(
        rating_sum=F("rating_sum") + stars, rating_count=F("rating_count") + reviews
    )
