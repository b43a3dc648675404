"""The shop of the demo: a platform whose secret is published in examples/README.md."""

import datetime as dt

from trainings.models import Platform, PlatformSecret, Training

SLUG = "toko-peraga"
SECRET = "whsec_aGFueWEtdW50dWstcGVyYWdhYW4tcHJha2VyamEtMDA="  # noqa: S105


def open_shop(*, at: dt.datetime) -> Platform:
    """Make the platform that examples/platform_client.py sells for, with its secret."""
    shop = Platform.objects.create(
        name="Toko Peraga", slug=SLUG, contact="bantuan@toko-peraga.test"
    )
    shop.trainings.set(Training.objects.order_by("code")[:20])
    PlatformSecret.objects.create(platform=shop, place=1, value=SECRET, created_at=at)
    return shop
