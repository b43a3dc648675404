"""The three videos that come with the site (made by videos/make_videos.py)."""

from typing import Any

from django.db import migrations

VIDEOS = [
    (1, "Mengenal tantangan dunia kerja", 40.0, 800_000, "Transkrip."),
    (2, "Cara kerja dan manfaat Kartu Prakerja", 40.0, 800_000, "Transkrip."),
    (3, "Cara membeli pelatihan dan menyambungkan rekening", 40.0, 800_000, "Transkrip."),
]


def add_videos(apps: Any, schema_editor: Any) -> None:
    OnboardingVideo = apps.get_model("participants", "OnboardingVideo")
    for position, title, duration, size, transcript in VIDEOS:
        OnboardingVideo.objects.create(
            position=position,
            title=title,
            duration=duration,
            size=size,
            transcript=transcript,
        )


class Migration(migrations.Migration):
    dependencies = [("participants", "0001_initial")]
    operations = [migrations.RunPython(add_videos, migrations.RunPython.noop)]
