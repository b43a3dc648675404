"""Revocations that staff took back, with their reason."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0012_ledger_is_append_only")]

    operations = [
        migrations.CreateModel(
            name="Reinstatement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("revoked_at", models.DateTimeField(verbose_name="dicabut")),
                (
                    "revocation_reason",
                    models.CharField(
                        choices=[
                            (
                                "deadline",
                                "Kamu tidak membeli pelatihan pertama sampai batas waktunya.",
                            ),
                            (
                                "fraud",
                                "Ditemukan penyalahgunaan atau pelanggaran aturan program.",
                            ),
                        ],
                        max_length=10,
                        verbose_name="alasan pencabutan",
                    ),
                ),
                ("purchase_deadline", models.DateField(verbose_name="batas beli baru")),
                (
                    "reason",
                    models.CharField(max_length=200, verbose_name="alasan pemulihan"),
                ),
                ("reinstated_at", models.DateTimeField(verbose_name="dipulihkan")),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reinstatements",
                        to="participants.participant",
                        verbose_name="peserta",
                    ),
                ),
                (
                    "reinstated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="petugas",
                    ),
                ),
            ],
            options={
                "verbose_name": "pemulihan",
                "verbose_name_plural": "pemulihan",
                "ordering": ["-reinstated_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("participant", "revoked_at"),
                        name="reinstatement_once_per_revocation",
                        violation_error_message="Pencabutan ini sudah pernah dipulihkan.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="reinstatement_has_reason",
                        violation_error_message="Alasan wajib diisi.",
                    ),
                ],
            },
        ),
    ]
