"""The ledger of the training balance."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0008_staff_list_indexes")]

    operations = [
        migrations.CreateModel(
            name="BalanceEntry",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("grant", "Saldo masuk"),
                            ("purchase", "Beli pelatihan"),
                            ("refund", "Dana dikembalikan"),
                            ("forfeit", "Saldo hangus"),
                            ("restore", "Saldo dipulihkan"),
                        ],
                        max_length=8,
                        verbose_name="jenis",
                    ),
                ),
                ("amount", models.BigIntegerField(verbose_name="jumlah (rupiah)")),
                ("made_at", models.DateTimeField(verbose_name="waktu")),
                (
                    "reference",
                    models.CharField(blank=True, max_length=64, verbose_name="rujukan"),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="keterangan"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="petugas",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balance_entries",
                        to="participants.participant",
                        verbose_name="peserta",
                    ),
                ),
            ],
            options={
                "verbose_name": "mutasi saldo",
                "verbose_name_plural": "mutasi saldo",
                "ordering": ["-made_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("participant", "kind", "reference"),
                        name="balance_entry_is_booked_once",
                        violation_error_message="Mutasi ini sudah dicatat.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount__lt", 0), ("kind__in", ("purchase", "forfeit"))
                            ),
                            models.Q(
                                ("amount__gt", 0),
                                ("kind__in", ("grant", "refund", "restore")),
                            ),
                            _connector="OR",
                        ),
                        name="balance_entry_sign_follows_kind",
                        violation_error_message="Tanda jumlah tidak sesuai jenis mutasinya.",
                    ),
                ],
            },
        ),
    ]
