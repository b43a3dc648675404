"""Pendaftar: the person behind a user, and the waves they joined."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from participants.models.wave import Wave

SIXTEEN_DIGITS = r"^[0-9]{16}$"
# Indonesian mobile numbers are stored as 08…, which is how people write them.
MOBILE_NUMBER = r"^08[0-9]{7,12}$"


class Applicant(models.Model):
    """Pendaftar."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="applicant",
        verbose_name="pengguna",
    )
    nik = models.CharField("NIK", max_length=16)
    family_card_number = models.CharField("nomor KK", max_length=16)
    birth_date = models.DateField("tanggal lahir")
    phone = models.CharField("nomor HP", max_length=14)

    class Meta:
        verbose_name = "pendaftar"
        verbose_name_plural = "pendaftar"
        permissions = [
            ("view_identity_numbers", "Boleh melihat NIK dan nomor KK lengkap")
        ]
        # Staff find people by the phone number they call from; it need not be unique.
        indexes = [models.Index(fields=["phone"], name="applicant_phone")]
        constraints = [
            models.UniqueConstraint(
                fields=["nik"],
                name="applicant_nik_is_unique",
                violation_error_code="unique",  # shown beside the field
                violation_error_message="NIK ini sudah terdaftar.",
            ),
            models.CheckConstraint(
                condition=Q(nik__regex=SIXTEEN_DIGITS),
                name="applicant_nik_has_16_digits",
                violation_error_message="NIK harus 16 angka.",
            ),
            models.CheckConstraint(
                condition=Q(family_card_number__regex=SIXTEEN_DIGITS),
                name="applicant_family_card_has_16_digits",
                violation_error_message="Nomor KK harus 16 angka.",
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=MOBILE_NUMBER),
                name="applicant_phone_is_mobile",
                violation_error_message="Nomor HP harus diawali 08, 9 sampai 14 angka.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def masked_nik(self) -> str:
        """The last four digits, for staff to compare with what a caller says."""
        return f"•••• •••• •••• {self.nik[-4:]}"

    @property
    def masked_phone(self) -> str:
        """First and last four digits: enough to know which phone to look at."""
        return f"{self.phone[:4]}••••{self.phone[-4:]}"

    @property
    def masked_family_card_number(self) -> str:
        return f"•••• •••• •••• {self.family_card_number[-4:]}"


class Outcome(models.TextChoices):
    PASSED = "passed", "Lolos"
    NOT_PASSED = "not_passed", "Belum berhasil"


class RejectionReason(models.TextChoices):
    """Why somebody did not pass; the label is the sentence they read.

    Grounds: Permenko 11/2020 art. 2 and the practice of 2021.
    """

    SOCIAL_AID = (
        "social_aid",
        "NIK kamu terdaftar sebagai penerima bantuan sosial di Kementerian Sosial.",
    )
    WAGE_SUBSIDY = "wage_subsidy", "NIK kamu terdaftar sebagai penerima BSU."
    MICRO_GRANT = "micro_grant", "NIK kamu terdaftar sebagai penerima BPUM."
    FORMER_RECIPIENT = (
        "former_recipient",
        "Kamu sudah pernah menjadi penerima Kartu Prakerja.",
    )
    FAMILY_LIMIT = (
        "family_limit",
        "Sudah ada dua penerima Kartu Prakerja dalam satu Kartu Keluarga (KK).",
    )
    IN_EDUCATION = "in_education", "Kamu tercatat sedang menempuh pendidikan formal."
    OCCUPATION = (
        "occupation",
        (
            "Pekerjaanmu termasuk yang tidak boleh menerima Kartu Prakerja, misalnya "
            "ASN, TNI, Polri, atau perangkat desa."
        ),
    )
    IDENTITY_MISMATCH = (
        "identity_mismatch",
        "NIK, nomor KK, atau tanggal lahirmu tidak cocok dengan data Dukcapil.",
    )
    QUOTA = "quota", "Kuota gelombang ini sudah penuh."


class ApplicationQuerySet(models.QuerySet["Application"]):
    def latest_wave_first(self) -> "ApplicationQuerySet":
        return self.select_related("wave").order_by("-wave__number")


class Application(models.Model):
    """Keikutsertaan dalam seleksi: one applicant in one wave."""

    applicant = models.ForeignKey(
        Applicant,
        on_delete=models.PROTECT,
        db_index=False,  # the unique constraint begins with it
        related_name="applications",
        verbose_name="pendaftar",
    )
    wave = models.ForeignKey(
        Wave,
        on_delete=models.PROTECT,
        related_name="applications",
        verbose_name="gelombang",
    )
    joined_at = models.DateTimeField("bergabung")
    outcome = models.CharField("hasil", max_length=10, choices=Outcome, blank=True)
    rejection_reason = models.CharField(
        "alasan", max_length=20, choices=RejectionReason, blank=True
    )
    decided_at = models.DateTimeField("diputuskan", null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "keikutsertaan"
        verbose_name_plural = "keikutsertaan"
        constraints = [
            models.UniqueConstraint(
                fields=["applicant", "wave"],
                name="application_once_per_wave",
                violation_error_message="Orang ini sudah ikut gelombang tersebut.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None)
                | Q(outcome__in=Outcome.values, decided_at__isnull=False),
                name="application_outcome_iff_decided_at",
                violation_error_message="Hasil dan waktu keputusan harus sama-sama "
                "diisi atau sama-sama kosong.",
            ),
            # Everyone who did not pass is told why.
            models.CheckConstraint(
                condition=Q(
                    outcome=Outcome.NOT_PASSED,
                    rejection_reason__in=RejectionReason.values,
                )
                | (~Q(outcome=Outcome.NOT_PASSED) & Q(rejection_reason="")),
                name="application_reason_iff_not_passed",
                violation_error_message="Alasan wajib diisi untuk yang belum berhasil, "
                "dan hanya untuk mereka.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.applicant} · {self.wave}"

    def has_visible_result(self, *, at: dt.datetime) -> bool:
        """Whether the person may know the outcome: from the announcement on."""
        return bool(self.outcome) and self.wave.is_announced(at=at)
