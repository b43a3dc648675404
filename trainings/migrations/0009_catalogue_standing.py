"""The catalogue opens with the best, and counts, without reading its long texts."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trainings", "0008_purchase_by_stage"),
    ]

    operations = [
        migrations.AddField(
            model_name="training",
            name="standing",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.CombinedExpression(
                    django.db.models.expressions.CombinedExpression(
                        models.Value(1000),
                        "*",
                        django.db.models.expressions.CombinedExpression(
                            models.F("rating_sum"), "+", models.Value(20)
                        ),
                    ),
                    "/",
                    django.db.models.expressions.CombinedExpression(
                        models.F("rating_count"), "+", models.Value(5)
                    ),
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="training",
            index=models.Index(
                fields=["-standing", "title", "id"], name="training_standing"
            ),
        ),
        migrations.AddIndex(
            model_name="training",
            index=models.Index(
                fields=["on_sale_from", "on_sale_until", "category", "mode", "price"],
                name="training_filters",
            ),
        ),
    ]
