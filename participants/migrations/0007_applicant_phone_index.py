from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0006_name_prefix_index")]

    operations = [
        migrations.AddIndex(
            model_name="applicant",
            index=models.Index(fields=["phone"], name="applicant_phone"),
        ),
    ]
