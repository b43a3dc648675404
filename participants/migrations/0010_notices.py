"""What participants are told, once for each event."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0009_balance_entries")]

    operations = [
        migrations.CreateModel(
            name="Notice",
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
                ("event", models.CharField(max_length=64, verbose_name="kejadian")),
                ("title", models.CharField(max_length=120, verbose_name="judul")),
                ("body", models.TextField(verbose_name="isi")),
                (
                    "address",
                    models.CharField(blank=True, max_length=200, verbose_name="alamat"),
                ),
                ("made_at", models.DateTimeField(verbose_name="waktu")),
                (
                    "read_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="dibaca"),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="participants.participant",
                        verbose_name="peserta",
                    ),
                ),
            ],
            options={
                "verbose_name": "kabar",
                "verbose_name_plural": "kabar",
                "ordering": ["-made_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("participant", "event"),
                        name="notice_is_told_once",
                        violation_error_message="Kabar ini sudah pernah dikirim.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title", ""), _negated=True),
                            models.Q(("body", ""), _negated=True),
                        ),
                        name="notice_says_something",
                        violation_error_message="Kabar harus punya judul dan isi.",
                    ),
                ],
            },
        ),
    ]
