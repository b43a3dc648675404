from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0002_onboarding_videos")]

    operations = [
        migrations.AlterConstraint(
            model_name="wave",
            name="wave_kind_is_known",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["regular", "recovery"])),
                name="wave_kind_is_known",
                violation_error_message="Jenis gelombang: reguler atau pemulihan.",
            ),
        ),
    ]
