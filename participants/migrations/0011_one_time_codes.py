"""Codes sent by SMS, as hashes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0010_notices")]

    operations = [
        migrations.CreateModel(
            name="OneTimeCode",
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
                ("purpose", models.CharField(max_length=64, verbose_name="untuk")),
                ("code_hash", models.CharField(max_length=64)),
                ("sent_at", models.DateTimeField(verbose_name="dikirim")),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, verbose_name="salah"),
                ),
                (
                    "used_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="dipakai"),
                ),
                (
                    "was_sent",
                    models.BooleanField(default=True, verbose_name="terkirim"),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="one_time_codes",
                        to="participants.participant",
                    ),
                ),
            ],
            options={
                "verbose_name": "kode OTP",
                "verbose_name_plural": "kode OTP",
                "indexes": [
                    models.Index(
                        fields=["participant", "sent_at"], name="one_time_code_recent"
                    ),
                    models.Index(
                        fields=["purpose", "sent_at"], name="one_time_code_purpose"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tries__lte", 5)),
                        name="one_time_code_tries_are_limited",
                        violation_error_message="Terlalu banyak percobaan kode OTP.",
                    )
                ],
            },
        ),
    ]
