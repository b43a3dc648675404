"""Pemulihan: a revocation that staff took back, with the reason, for ever on record."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from participants.models.participant import Participant, RevocationReason


class Reinstatement(models.Model):
    """Pemulihan kepesertaan, and the revocation that it took back."""

    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="reinstatements",
        verbose_name="peserta",
    )
    revoked_at = models.DateTimeField("dicabut")
    revocation_reason = models.CharField(
        "alasan pencabutan", max_length=10, choices=RevocationReason
    )
    purchase_deadline = models.DateField("batas beli baru")
    reason = models.CharField("alasan pemulihan", max_length=200)
    reinstated_at = models.DateTimeField("dipulihkan")
    reinstated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="petugas",
    )

    class Meta:
        verbose_name = "pemulihan"
        verbose_name_plural = "pemulihan"
        ordering = ["-reinstated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "revoked_at"],
                name="reinstatement_once_per_revocation",
                violation_error_message="Pencabutan ini sudah pernah dipulihkan.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="reinstatement_has_reason",
                violation_error_message="Alasan wajib diisi.",
            ),
        ]

    def __str__(self) -> str:
        return f"Pemulihan {self.participant}"
