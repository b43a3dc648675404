"""What staff, instead of a report, moved on: with a reason."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trainings", "0002_orders_and_purchases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffStep",
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
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("paid", "Sudah dibayar"),
                            ("redeemed", "Voucher ditukar"),
                            ("in_progress", "Sedang belajar"),
                            ("finished", "Selesai belajar, laporan di lembaga"),
                            ("at_platform", "Laporan di platform"),
                            ("at_office", "Laporan diperiksa Prakerja"),
                            ("completed", "Selesai, sertifikat terbit"),
                            ("cancelled", "Dibatalkan, dana kembali"),
                        ],
                        max_length=12,
                        verbose_name="tahap",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="alasan")),
                (
                    "accepts_name",
                    models.BooleanField(
                        default=False, verbose_name="nama berbeda diterima"
                    ),
                ),
                ("taken_at", models.DateTimeField(verbose_name="waktu")),
                (
                    "purchase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_steps",
                        to="trainings.purchase",
                        verbose_name="pembelian",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="petugas",
                    ),
                ),
            ],
            options={
                "verbose_name": "langkah petugas",
                "verbose_name_plural": "langkah petugas",
                "ordering": ["-taken_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="staff_step_has_reason",
                        violation_error_message="Alasan wajib diisi.",
                    )
                ],
            },
        ),
    ]
