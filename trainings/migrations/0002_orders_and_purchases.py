"""Orders, purchases, certificates and reviews."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import trainings.models.certificate
import trainings.models.purchase


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0011_one_time_codes"),
        ("trainings", "0001_catalogue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
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
                    "reference",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, verbose_name="nomor pesanan"
                    ),
                ),
                (
                    "price",
                    models.PositiveBigIntegerField(verbose_name="harga (rupiah)"),
                ),
                (
                    "idempotency_key",
                    models.CharField(max_length=64, verbose_name="kunci idempotensi"),
                ),
                (
                    "request_hash",
                    models.CharField(max_length=64, verbose_name="sidik permintaan"),
                ),
                ("ordered_at", models.DateTimeField(verbose_name="dipesan")),
                (
                    "cancelled_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="dibatalkan"
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="participants.participant",
                        verbose_name="peserta",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="trainings.platform",
                        verbose_name="platform",
                    ),
                ),
                (
                    "training",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="trainings.training",
                        verbose_name="pelatihan",
                    ),
                ),
            ],
            options={
                "verbose_name": "pesanan",
                "verbose_name_plural": "pesanan",
                "ordering": ["-ordered_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Purchase",
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
                    "price",
                    models.PositiveBigIntegerField(verbose_name="harga (rupiah)"),
                ),
                (
                    "voucher",
                    models.CharField(
                        default=trainings.models.purchase.new_voucher,
                        max_length=16,
                        verbose_name="voucher",
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
                        default="paid",
                        max_length=12,
                        verbose_name="tahap",
                    ),
                ),
                ("paid_at", models.DateTimeField(verbose_name="dibayar")),
                (
                    "redeemed_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="voucher ditukar"
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="mulai belajar"
                    ),
                ),
                (
                    "finished_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="selesai belajar"
                    ),
                ),
                (
                    "at_platform_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="laporan di platform"
                    ),
                ),
                (
                    "at_office_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="laporan di Prakerja"
                    ),
                ),
                (
                    "completed_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="sertifikat terbit"
                    ),
                ),
                (
                    "reported_name",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="nama di sertifikat"
                    ),
                ),
                (
                    "cancelled_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="dibatalkan"
                    ),
                ),
                (
                    "cancel_reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="alasan pembatalan"
                    ),
                ),
                (
                    "cancelled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dibatalkan oleh",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchase",
                        to="trainings.order",
                        verbose_name="pesanan",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="participants.participant",
                        verbose_name="peserta",
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchase",
                        to="participants.balanceentry",
                        verbose_name="mutasi pembelian",
                    ),
                ),
                (
                    "refund",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunded_purchase",
                        to="participants.balanceentry",
                        verbose_name="mutasi pengembalian",
                    ),
                ),
                (
                    "training",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="trainings.training",
                        verbose_name="pelatihan",
                    ),
                ),
            ],
            options={
                "verbose_name": "pembelian",
                "verbose_name_plural": "pembelian",
                "ordering": ["-paid_at", "-pk"],
                "permissions": [
                    ("refund_purchase", "Boleh membatalkan dan mengembalikan dana")
                ],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
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
                    "number",
                    models.CharField(max_length=24, verbose_name="nomor sertifikat"),
                ),
                (
                    "check_code",
                    models.CharField(
                        default=trainings.models.certificate.new_check_code,
                        max_length=16,
                        verbose_name="kode pemeriksaan",
                    ),
                ),
                (
                    "holder_name",
                    models.CharField(max_length=150, verbose_name="nama pemegang"),
                ),
                ("issued_at", models.DateTimeField(verbose_name="terbit")),
                (
                    "purchase",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate",
                        to="trainings.purchase",
                        verbose_name="pembelian",
                    ),
                ),
            ],
            options={
                "verbose_name": "sertifikat",
                "verbose_name_plural": "sertifikat",
                "ordering": ["-issued_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Review",
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
                    "rating",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="bintang",
                    ),
                ),
                ("text", models.TextField(max_length=2000, verbose_name="ulasan")),
                ("created_at", models.DateTimeField(verbose_name="ditulis")),
                (
                    "hidden_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="disembunyikan"
                    ),
                ),
                (
                    "hidden_reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="alasan disembunyikan"
                    ),
                ),
                (
                    "hidden_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="disembunyikan oleh",
                    ),
                ),
                (
                    "purchase",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review",
                        to="trainings.purchase",
                        verbose_name="pembelian",
                    ),
                ),
                (
                    "training",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="trainings.training",
                        verbose_name="pelatihan",
                    ),
                ),
            ],
            options={
                "verbose_name": "ulasan",
                "verbose_name_plural": "ulasan",
                "ordering": ["-created_at", "-pk"],
                "permissions": [("hide_review", "Boleh menyembunyikan ulasan")],
            },
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("reference",),
                name="order_reference_is_unique",
                violation_error_message="Nomor pesanan ini sudah ada.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("participant", "idempotency_key"),
                name="order_idempotency_key_is_unique",
                violation_error_message="Formulir ini sudah pernah dikirim.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 0)),
                name="order_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("idempotency_key", ""), _negated=True),
                name="order_has_idempotency_key",
                violation_error_message="Pesanan harus punya kunci idempotensi.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.UniqueConstraint(
                fields=("voucher",),
                name="purchase_voucher_is_unique",
                violation_error_message="Voucher ini sudah dipakai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "cancelled"), _negated=True),
                fields=("participant", "training"),
                name="purchase_of_a_training_is_live_once",
                violation_error_message="Pelatihan ini sudah dibeli.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at", None), ("completed_at", None)),
                fields=("participant",),
                name="purchase_under_way_is_only_one",
                violation_error_message="Pelatihan sebelumnya belum selesai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 0)),
                name="purchase_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("at_office_at__isnull", True),
                        ("at_platform_at__isnull", True),
                        ("cancelled_at", None),
                        ("completed_at__isnull", True),
                        ("finished_at__isnull", True),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", True),
                        ("stage", "paid"),
                        ("started_at__isnull", True),
                    ),
                    models.Q(
                        ("at_office_at__isnull", True),
                        ("at_platform_at__isnull", True),
                        ("cancelled_at", None),
                        ("completed_at__isnull", True),
                        ("finished_at__isnull", True),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", False),
                        ("stage", "redeemed"),
                        ("started_at__isnull", True),
                    ),
                    models.Q(
                        ("at_office_at__isnull", True),
                        ("at_platform_at__isnull", True),
                        ("cancelled_at", None),
                        ("completed_at__isnull", True),
                        ("finished_at__isnull", True),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", False),
                        ("stage", "in_progress"),
                        ("started_at__isnull", False),
                    ),
                    models.Q(
                        ("at_office_at__isnull", True),
                        ("at_platform_at__isnull", True),
                        ("cancelled_at", None),
                        ("completed_at__isnull", True),
                        ("finished_at__isnull", False),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", False),
                        ("stage", "finished"),
                        ("started_at__isnull", False),
                    ),
                    models.Q(
                        ("at_office_at__isnull", True),
                        ("at_platform_at__isnull", False),
                        ("cancelled_at", None),
                        ("completed_at__isnull", True),
                        ("finished_at__isnull", False),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", False),
                        ("stage", "at_platform"),
                        ("started_at__isnull", False),
                    ),
                    models.Q(
                        ("at_office_at__isnull", False),
                        ("at_platform_at__isnull", False),
                        ("cancelled_at", None),
                        ("completed_at__isnull", True),
                        ("finished_at__isnull", False),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", False),
                        ("stage", "at_office"),
                        ("started_at__isnull", False),
                    ),
                    models.Q(
                        ("at_office_at__isnull", False),
                        ("at_platform_at__isnull", False),
                        ("cancelled_at", None),
                        ("completed_at__isnull", False),
                        ("finished_at__isnull", False),
                        ("paid_at__isnull", False),
                        ("redeemed_at__isnull", False),
                        ("stage", "completed"),
                        ("started_at__isnull", False),
                    ),
                    models.Q(
                        ("cancelled_at__isnull", False),
                        ("completed_at", None),
                        ("paid_at__isnull", False),
                        ("stage", "cancelled"),
                    ),
                    _connector="OR",
                ),
                name="purchase_times_follow_stage",
                violation_error_message="Waktu tahap tidak sesuai tahapnya.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cancel_reason", ""), ("cancelled_at", None), ("refund", None)
                    ),
                    models.Q(
                        ("cancelled_at__isnull", False),
                        ("refund__isnull", False),
                        models.Q(("cancel_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="purchase_cancelled_iff_refunded_with_reason",
                violation_error_message="Pembatalan harus disertai alasan dan dana.",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("number",),
                name="certificate_number_is_unique",
                violation_error_message="Nomor sertifikat ini sudah ada.",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("check_code",),
                name="certificate_check_code_is_unique",
                violation_error_message="Kode pemeriksaan ini sudah ada.",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("holder_name", ""), _negated=True),
                name="certificate_has_a_holder",
                violation_error_message="Sertifikat harus punya nama pemegang.",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("hidden_at", None)),
                fields=["training", "-created_at"],
                name="review_shown_newest_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating__range", (1, 5))),
                name="review_rating_is_1_to_5",
                violation_error_message="Bintang harus 1 sampai 5.",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True),
                name="review_has_words",
                violation_error_message="Ulasan wajib ditulis.",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("hidden_at", None), ("hidden_by", None), ("hidden_reason", "")
                    ),
                    models.Q(
                        ("hidden_at__isnull", False),
                        ("hidden_by__isnull", False),
                        models.Q(("hidden_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="review_hidden_iff_reason",
                violation_error_message="Menyembunyikan ulasan harus dengan alasan.",
            ),
        ),
    ]
