"""What partners' shops ask and are told: secrets, ids, answers, orders, events."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0014_money_permissions"),
        ("trainings", "0005_catalogue_staff"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
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
                    "key",
                    models.CharField(max_length=120, verbose_name="kunci idempotensi"),
                ),
                ("request_hash", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Sedang dikerjakan"), ("done", "Selesai")],
                        default="running",
                        max_length=8,
                        verbose_name="keadaan",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="diterima")),
                ("claimed_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="OrderRequest",
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
                ("requested_at", models.DateTimeField(verbose_name="diminta")),
                (
                    "cancelled_at",
                    models.DateTimeField(null=True, verbose_name="dibatalkan"),
                ),
            ],
            options={
                "verbose_name": "permintaan pesanan",
                "verbose_name_plural": "permintaan pesanan",
                "ordering": ["-requested_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="OutgoingEvent",
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
                        default=uuid.uuid4, editable=False, verbose_name="nomor kabar"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("order.paid", "Pesanan lunas"),
                            ("order.cancelled", "Pesanan dibatalkan"),
                            ("certificate.accepted", "Sertifikat diterima"),
                        ],
                        max_length=24,
                        verbose_name="kejadian",
                    ),
                ),
                ("payload", models.JSONField(verbose_name="isi")),
                ("created_at", models.DateTimeField(verbose_name="dibuat")),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="percobaan"
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(null=True, verbose_name="dicoba lagi"),
                ),
                (
                    "delivered_at",
                    models.DateTimeField(null=True, verbose_name="diterima platform"),
                ),
                (
                    "last_status",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="jawaban terakhir"
                    ),
                ),
            ],
            options={
                "verbose_name": "kabar ke platform",
                "verbose_name_plural": "kabar ke platform",
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("resend_event", "Boleh mengirim ulang kabar ke platform")
                ],
            },
        ),
        migrations.CreateModel(
            name="PlatformSecret",
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
                    "place",
                    models.PositiveSmallIntegerField(
                        editable=False, verbose_name="tempat"
                    ),
                ),
                ("value", models.CharField(editable=False, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(editable=False, verbose_name="dibuat"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="dicabut"
                    ),
                ),
            ],
            options={
                "verbose_name": "kunci platform",
                "verbose_name_plural": "kunci platform",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PlatformWarning",
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
                            ("wrong_numbers", "Banyak nomor kartu salah"),
                            ("wrong_codes", "Banyak kode OTP salah"),
                        ],
                        max_length=16,
                        verbose_name="sebab",
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="jam")),
                ("count", models.PositiveIntegerField(verbose_name="jumlah")),
            ],
            options={
                "verbose_name": "peringatan platform",
                "verbose_name_plural": "peringatan platform",
                "ordering": ["-hour", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SeenMessage",
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
                ("message_id", models.CharField(max_length=64)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="historicalplatform",
            name="requests_a_minute",
            field=models.PositiveIntegerField(
                default=600,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="batas permintaan API per menit",
            ),
        ),
        migrations.AddField(
            model_name="historicalplatform",
            name="webhook_url",
            field=models.CharField(
                blank=True,
                help_text="Harus https://. Kosong: kabar pesanan tidak dikirim.",
                max_length=300,
                validators=[django.core.validators.URLValidator(schemes=["https"])],
                verbose_name="alamat webhook",
            ),
        ),
        migrations.AddField(
            model_name="platform",
            name="requests_a_minute",
            field=models.PositiveIntegerField(
                default=600,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="batas permintaan API per menit",
            ),
        ),
        migrations.AddField(
            model_name="platform",
            name="webhook_url",
            field=models.CharField(
                blank=True,
                help_text="Harus https://. Kosong: kabar pesanan tidak dikirim.",
                max_length=300,
                validators=[django.core.validators.URLValidator(schemes=["https"])],
                verbose_name="alamat webhook",
            ),
        ),
        migrations.AddConstraint(
            model_name="platform",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("webhook_url", ""),
                    ("webhook_url__startswith", "https://"),
                    ("webhook_url__startswith", "http://127.0.0.1:"),
                    _connector="OR",
                ),
                name="platform_webhook_is_https",
                violation_error_message="Alamat webhook harus https://.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platform",
            constraint=models.CheckConstraint(
                condition=models.Q(("requests_a_minute__gt", 0)),
                name="platform_may_ask_something",
                violation_error_message="Batas permintaan harus lebih dari 0.",
            ),
        ),
        migrations.AddField(
            model_name="idempotencyrecord",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="trainings.platform",
            ),
        ),
        migrations.AddField(
            model_name="orderrequest",
            name="order",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="request",
                to="trainings.order",
                verbose_name="pesanan",
            ),
        ),
        migrations.AddField(
            model_name="orderrequest",
            name="participant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="participants.participant",
                verbose_name="peserta",
            ),
        ),
        migrations.AddField(
            model_name="orderrequest",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order_requests",
                to="trainings.platform",
                verbose_name="platform",
            ),
        ),
        migrations.AddField(
            model_name="orderrequest",
            name="training",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="trainings.training",
                verbose_name="pelatihan",
            ),
        ),
        migrations.AddField(
            model_name="outgoingevent",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="trainings.platform",
                verbose_name="platform",
            ),
        ),
        migrations.AddField(
            model_name="platformsecret",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="dibuat oleh",
            ),
        ),
        migrations.AddField(
            model_name="platformsecret",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="secrets",
                to="trainings.platform",
                verbose_name="platform",
            ),
        ),
        migrations.AddField(
            model_name="platformsecret",
            name="revoked_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="dicabut oleh",
            ),
        ),
        migrations.AddField(
            model_name="platformwarning",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="warnings",
                to="trainings.platform",
                verbose_name="platform",
            ),
        ),
        migrations.AddField(
            model_name="seenmessage",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="trainings.platform",
            ),
        ),
        migrations.AddIndex(
            model_name="idempotencyrecord",
            index=models.Index(fields=["created_at"], name="idempotency_record_age"),
        ),
        migrations.AddConstraint(
            model_name="idempotencyrecord",
            constraint=models.UniqueConstraint(
                fields=("platform", "key"),
                name="idempotency_key_is_of_one_request",
                violation_error_message="Kunci idempotensi ini sudah dipakai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="idempotencyrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("body", ""), ("state", "running"), ("status", None)),
                    models.Q(
                        ("state", "done"),
                        ("status__isnull", False),
                        models.Q(("body", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="idempotency_answer_iff_done",
                violation_error_message="Jawaban ada bila sudah selesai.",
            ),
        ),
        migrations.AddIndex(
            model_name="orderrequest",
            index=models.Index(
                fields=["platform", "requested_at"], name="order_request_recent"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrequest",
            constraint=models.UniqueConstraint(
                fields=("reference",),
                name="order_request_reference_is_unique",
                violation_error_message="Nomor pesanan ini sudah ada.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("order", None), ("participant__isnull", False), _connector="OR"
                ),
                name="order_request_of_nobody_has_no_order",
                violation_error_message="Pesanan harus punya peserta.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 0)),
                name="order_request_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingevent",
            constraint=models.UniqueConstraint(
                fields=("reference",),
                name="outgoing_event_reference_is_unique",
                violation_error_message="Nomor kabar ini sudah ada.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["order.paid", "order.cancelled", "certificate.accepted"],
                    )
                ),
                name="outgoing_event_kind_is_known",
                violation_error_message="Jenis kabar tidak dikenal.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivered_at", None),
                    models.Q(("attempts__gt", 0), ("next_at", None)),
                    _connector="OR",
                ),
                name="outgoing_event_delivered_is_not_tried_again",
                violation_error_message="Kabar yang sudah diterima tidak dicoba lagi.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformsecret",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("platform", "place"),
                name="platform_secret_place_is_taken_once",
                violation_error_message="Platform ini sudah punya dua kunci.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformsecret",
            constraint=models.CheckConstraint(
                condition=models.Q(("place__in", (1, 2))),
                name="platform_secrets_are_two",
                violation_error_message="Platform ini sudah punya dua kunci.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformsecret",
            constraint=models.CheckConstraint(
                condition=models.Q(("value__startswith", "whsec_")),
                name="platform_secret_is_one",
                violation_error_message="Kunci harus berawalan whsec_.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformwarning",
            constraint=models.UniqueConstraint(
                fields=("platform", "kind", "hour"),
                name="platform_warning_is_one_an_hour",
                violation_error_message="Peringatan jam ini sudah ada.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["wrong_numbers", "wrong_codes"])),
                name="platform_warning_kind_is_known",
                violation_error_message="Sebab peringatan tidak dikenal.",
            ),
        ),
        migrations.AddIndex(
            model_name="seenmessage",
            index=models.Index(
                fields=["platform", "seen_at"], name="seen_message_rate"
            ),
        ),
        migrations.AddIndex(
            model_name="seenmessage",
            index=models.Index(fields=["seen_at"], name="seen_message_age"),
        ),
        migrations.AddConstraint(
            model_name="seenmessage",
            constraint=models.UniqueConstraint(
                fields=("platform", "message_id"),
                name="seen_message_is_seen_once",
                violation_error_message="Permintaan ini sudah pernah diterima.",
            ),
        ),
    ]
