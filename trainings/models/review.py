"""Ulasan: 1 to 5 stars and words, once for each completed training."""

import datetime as dt

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from trainings.models.catalogue import Training
from trainings.models.purchase import Purchase

# How long its writer may still change it.
EDITABLE_FOR = dt.timedelta(hours=24)


class Review(models.Model):
    """Ulasan. A hidden one is shown to nobody but its writer, and counts in no mean."""

    purchase = models.OneToOneField(
        Purchase,
        on_delete=models.PROTECT,
        related_name="review",
        verbose_name="pembelian",
    )
    # The purchase's; kept here because a training's page lists its reviews.
    training = models.ForeignKey(
        Training,
        on_delete=models.PROTECT,
        related_name="reviews",
        verbose_name="pelatihan",
    )
    rating = models.PositiveSmallIntegerField(
        "bintang", validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    text = models.TextField("ulasan", max_length=2000)
    created_at = models.DateTimeField("ditulis")
    hidden_at = models.DateTimeField("disembunyikan", null=True, blank=True)
    hidden_reason = models.CharField("alasan disembunyikan", max_length=200, blank=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="disembunyikan oleh",
    )

    class Meta:
        verbose_name = "ulasan"
        verbose_name_plural = "ulasan"
        ordering = ["-created_at", "-pk"]
        permissions = [("hide_review", "Boleh menyembunyikan ulasan")]
        indexes = [
            models.Index(
                fields=["training", "-created_at"],
                condition=Q(hidden_at=None),
                name="review_shown_newest_first",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__range=(1, 5)),
                name="review_rating_is_1_to_5",
                violation_error_message="Bintang harus 1 sampai 5.",
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="review_has_words",
                violation_error_message="Ulasan wajib ditulis.",
            ),
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_reason="", hidden_by=None)
                | (
                    Q(hidden_at__isnull=False, hidden_by__isnull=False)
                    & ~Q(hidden_reason="")
                ),
                name="review_hidden_iff_reason",
                violation_error_message="Menyembunyikan ulasan harus dengan alasan.",
            ),
        ]

    def __str__(self) -> str:
        return f"Ulasan {self.pk}"

    @property
    def editable_until(self) -> dt.datetime:
        return self.created_at + EDITABLE_FOR

    def is_editable(self, *, at: dt.datetime) -> bool:
        """Whether its writer may change it: a day long, and not once it is hidden."""
        return at < self.editable_until and not self.is_hidden

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None
