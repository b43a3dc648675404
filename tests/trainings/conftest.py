"""A shop, a training that it sells, and somebody who may buy it."""

import pytest

from tests.factories import NOW, ParticipantFactory, PlatformFactory, TrainingFactory
from tests.trainings.shops import Shop


@pytest.fixture
def shop(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    return Shop(client, PlatformFactory(slug="toko"))


@pytest.fixture
def sold(shop):
    return TrainingFactory(code="LC-1", price=400_000, platforms=[shop.platform])


@pytest.fixture
def buyer():
    return ParticipantFactory(funded=True, videos_completed=3)
