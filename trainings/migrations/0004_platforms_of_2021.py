"""The seven platforms that sold trainings in 2021; who to ask is for staff to enter."""

from typing import Any

from django.db import migrations

PLATFORMS = {
    "tokopedia": "Tokopedia",
    "bukalapak": "Bukalapak",
    "pintaria": "Pintaria",
    "pijar-mahir": "Pijar Mahir",
    "mau-belajar-apa": "MauBelajarApa",
    "sisnaker": "Sisnaker (Kemnaker)",
    "karier-mu": "Karier.mu (Sekolah.mu)",
}


def add_platforms(apps: Any, schema_editor: Any) -> None:
    Platform = apps.get_model("trainings", "Platform")
    for slug, name in PLATFORMS.items():
        contact = f"Layanan pelanggan {name}"
        Platform.objects.get_or_create(
            slug=slug, defaults={"name": name, "contact": contact}
        )


def remove_platforms(apps: Any, schema_editor: Any) -> None:
    Platform = apps.get_model("trainings", "Platform")
    Platform.objects.filter(slug__in=PLATFORMS, trainings=None).delete()


class Migration(migrations.Migration):
    dependencies = [("trainings", "0003_staff_steps")]

    operations = [migrations.RunPython(add_platforms, remove_platforms)]
