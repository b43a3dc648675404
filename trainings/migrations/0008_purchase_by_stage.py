"""What staff work through among millions: purchases of one stage."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trainings", "0007_staff_permissions")]

    operations = [
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["stage", "-id"], name="purchase_by_stage"),
        ),
    ]
