from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("participants", "0003_wave_kind_message")]

    operations = [
        migrations.AlterModelOptions(
            name="participant",
            options={
                "permissions": [
                    ("view_card_number", "Boleh melihat nomor kartu peserta"),
                    ("import_participants", "Boleh mengimpor peserta"),
                ],
                "verbose_name": "peserta",
                "verbose_name_plural": "peserta",
            },
        ),
        migrations.AlterModelOptions(
            name="applicant",
            options={
                "permissions": [
                    ("view_identity_numbers", "Boleh melihat NIK dan nomor KK lengkap")
                ],
                "verbose_name": "pendaftar",
                "verbose_name_plural": "pendaftar",
            },
        ),
    ]
