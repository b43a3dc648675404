"""What staff look for among millions: their colleagues, and who was revoked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0007_applicant_phone_index")]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_staff", True)),
                fields=["is_staff"],
                name="user_is_staff",
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", False)),
                fields=["wave"],
                name="participant_revoked",
            ),
        ),
    ]
