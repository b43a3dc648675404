"""Kabar: what a participant is told, once for each event."""

import datetime as dt
from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from participants.models.participant import Participant


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def mark_read(self, *, at: dt.datetime) -> int:
        """Mark those not read yet; return how many."""
        return self.unread().update(read_at=at)

    def tell(
        self,
        people: Iterable[int],
        *,
        event: str,
        title: str,
        body: str,
        address: str,
        at: dt.datetime,
    ) -> None:
        """Tell participants, given by their ids; who was told of it is not again."""
        self.bulk_create(
            (
                Notice(
                    participant_id=pk,
                    event=event,
                    title=title,
                    body=body,
                    address=address,
                    made_at=at,
                )
                for pk in people
            ),
            ignore_conflicts=True,
        )


class Notice(models.Model):
    """Kabar di kotak masuk. ``event`` names what happened; it is told once."""

    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="notices",
        verbose_name="peserta",
    )
    event = models.CharField("kejadian", max_length=64)
    title = models.CharField("judul", max_length=120)
    body = models.TextField("isi")
    # Where to go from here, a path of this site.
    address = models.CharField("alamat", max_length=200, blank=True)
    made_at = models.DateTimeField("waktu")
    read_at = models.DateTimeField("dibaca", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "kabar"
        verbose_name_plural = "kabar"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "event"],
                name="notice_is_told_once",
                violation_error_message="Kabar ini sudah pernah dikirim.",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(body=""),
                name="notice_says_something",
                violation_error_message="Kabar harus punya judul dan isi.",
            ),
        ]

    def __str__(self) -> str:
        return self.title
