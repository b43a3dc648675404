"""Kinds of work that only tests know, and a clock that they wind."""

import datetime as dt

import pytest

from jobs import work
from jobs.work import Kind
from tests.factories import NOW


@pytest.fixture
def the_work(monkeypatch):
    """Make a generator function the work of the kind named ``test``."""

    def register(function):
        monkeypatch.setitem(work.KINDS, "test", Kind("Pekerjaan uji", function))
        return function

    return register


class Clock:
    """Stands still until told: ``clock.pass_by(seconds=5)``."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def pass_by(self, **length):
        self.now += dt.timedelta(**length)


@pytest.fixture
def clock():
    return Clock()
