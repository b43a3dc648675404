from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("participants", "0013_reinstatements")]

    operations = [
        migrations.AlterModelOptions(
            name="participant",
            options={
                "permissions": [
                    ("view_card_number", "Boleh melihat nomor kartu peserta"),
                    ("import_participants", "Boleh mengimpor peserta"),
                    ("fund_wave", "Boleh mengirim saldo pelatihan"),
                    ("revoke_overdue", "Boleh mencabut yang lewat batas beli"),
                    ("reinstate", "Boleh memulihkan kepesertaan"),
                ],
                "verbose_name": "peserta",
                "verbose_name_plural": "peserta",
            },
        ),
    ]
