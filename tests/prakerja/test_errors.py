import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse

from prakerja import dashboard, errors
from tests.factories import UserFactory

REQUEST_ID = "permintaan-1"


@pytest.fixture
def visitor():
    """A browser that sees error pages, with a request id that it can be told by."""
    return Client(raise_request_exception=False, headers={"X-Request-ID": REQUEST_ID})


@pytest.fixture
def break_home(monkeypatch):
    """Make the public home raise what it is given."""

    def break_home(error):
        def broken(*args, **kwargs):
            raise error

        monkeypatch.setattr(dashboard, "render", broken)

    return break_home


def assert_page(response, status, heading):
    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in response.text
    assert 'lang="id"' in response.text
    assert "css/prakerja" in response.text


def test_an_unknown_address_is_a_404_page_with_its_reference(visitor):
    response = visitor.get("/tidak-ada/")

    assert_page(response, 404, "Halaman tidak ditemukan")
    assert REQUEST_ID in response.text


def test_a_foreign_host_name_is_a_400_page(visitor):
    response = visitor.get("/", headers={"host": "jahat.example"})

    assert_page(response, 400, "Permintaan tidak bisa dibaca")
    assert REQUEST_ID in response.text
    assert "jahat" not in response.text


@pytest.mark.django_db
def test_an_oversized_form_is_a_400_page(visitor, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = visitor.post(reverse("account_login"), {"login": "x" * 200})

    assert_page(response, 400, "Permintaan tidak bisa dibaca")


def test_a_forbidden_page_is_a_403_page(visitor, break_home):
    break_home(PermissionDenied())

    response = visitor.get("/")

    assert_page(response, 403, "Kamu tidak boleh membuka halaman ini")
    assert REQUEST_ID in response.text
    assert "/admin/" not in response.text


@pytest.mark.django_db
def test_staff_who_lack_a_right_are_led_back_and_told_whom_to_ask(visitor):
    visitor.force_login(UserFactory(staff=True))

    response = visitor.get("/admin/participants/wave/")

    assert_page(response, 403, "Kamu tidak boleh membuka halaman ini")
    assert "administrator" in response.text
    assert 'href="/admin/"' in response.text


def test_a_form_without_its_token_is_a_403_page_of_its_own():
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(reverse("account_login"), {"login": "x"})

    assert_page(response, 403, "Formulirnya sudah kedaluwarsa")


def test_too_many_tries_are_a_429_page(rf):
    response = errors.too_many_requests(rf.get("/masuk/"))

    assert_page(response, 429, "Terlalu banyak percobaan")


def test_a_mistake_of_ours_is_a_500_page(visitor, break_home):
    break_home(RuntimeError("kata sandi basis data"))

    response = visitor.get("/")

    assert_page(response, 500, "Ada kesalahan di pihak kami")
    assert REQUEST_ID in response.text
    assert "kata sandi" not in response.text


def test_a_mistake_of_ours_is_logged_once_with_the_request_id(
    visitor, break_home, caplog
):
    break_home(RuntimeError("pecah"))

    visitor.get("/")

    [record] = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert record.exc_info[0] is RuntimeError


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_it_is_a_503_page_that_says_when_to_come_back(
    visitor, break_home, error
):
    break_home(error("connection refused: db.internal"))

    response = visitor.get("/")

    assert_page(response, 503, "Situs sedang tidak bisa dibuka")
    assert response.headers["Retry-After"] == "30"
    assert REQUEST_ID in response.text
    assert "db.internal" not in response.text
