"""Sertifikat: proof that a training was completed, and its public check."""

import secrets

from django.db import models
from django.db.models import Q

from trainings.models.purchase import VOUCHER_LETTERS, Purchase

CODE_LENGTH = 16


def new_check_code() -> str:
    """Return the random code by which anybody can check a certificate."""
    return "".join(secrets.choice(VOUCHER_LETTERS) for _ in range(CODE_LENGTH))


class Certificate(models.Model):
    """Sertifikat of a completed purchase; the holder's name stays as it was issued."""

    purchase = models.OneToOneField(
        Purchase,
        on_delete=models.PROTECT,
        related_name="certificate",
        verbose_name="pembelian",
    )
    # What people read: PRA-2021-00001234.
    number = models.CharField("nomor sertifikat", max_length=24)
    check_code = models.CharField(
        "kode pemeriksaan", max_length=CODE_LENGTH, default=new_check_code
    )
    holder_name = models.CharField("nama pemegang", max_length=150)
    issued_at = models.DateTimeField("terbit")

    class Meta:
        verbose_name = "sertifikat"
        verbose_name_plural = "sertifikat"
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                name="certificate_number_is_unique",
                violation_error_message="Nomor sertifikat ini sudah ada.",
            ),
            models.UniqueConstraint(
                fields=["check_code"],
                name="certificate_check_code_is_unique",
                violation_error_message="Kode pemeriksaan ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=~Q(holder_name=""),
                name="certificate_has_a_holder",
                violation_error_message="Sertifikat harus punya nama pemegang.",
            ),
        ]

    def __str__(self) -> str:
        return self.number
