import datetime as dt

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from prakerja import health
from tests.factories import JobFactory


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


class Broken:
    def __getattr__(self, name):
        raise DatabaseError("password=rahasia")


def test_alive_needs_no_database(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"site": "prakerja", "alive": True}


@pytest.mark.django_db
def test_ready_when_every_part_works(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "database": True,
        "migrations": True,
        "cache": True,
        "queue": True,
    }


@pytest.mark.django_db
def test_not_ready_while_a_job_waits_and_nobody_works(client):
    JobFactory(not_before=timezone.now() - dt.timedelta(minutes=6))

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["queue"] is False


@pytest.mark.django_db
def test_not_ready_before_all_migrations_are_applied(client):
    MigrationRecorder(connection).migration_qs.filter(app="participants").delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["migrations"] is False
    assert response.json()["database"] is True


@pytest.mark.django_db
def test_applied_migrations_are_looked_up_once(client, django_assert_num_queries):
    client.get("/readyz")

    with django_assert_num_queries(0):
        assert health.migrations()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "name"), [("connection", "database"), ("cache", "cache")]
)
def test_not_ready_without(client, monkeypatch, caplog, part, name):
    monkeypatch.setattr(health, part, Broken())

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()[name] is False
    assert "rahasia" not in response.text + caplog.text
    assert f"not ready: {name}: DatabaseError" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_whoever_watches_may_ask_by_address_and_over_http(settings, address):
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get(address, headers={"host": "10.1.2.3"})

    assert response.status_code == 200
