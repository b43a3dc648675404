"""The help page, where other pages lead to one of its answers."""

import re

import pytest

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def html(client):
    client.force_login(UserFactory())
    return client.get("/bantuan/").text


def test_objection_is_open_to_whoever_was_led_to_it(html):
    folded = "".join(re.findall(r"<details.*?</details>", html, re.DOTALL))

    assert html.count('id="keberatan"') == 1
    assert 'id="keberatan"' not in folded


def test_objection_fits_who_never_bought(html):
    assert "Kalau kamu sudah membeli pelatihan, sebutkan juga kapan" in html


def test_codes_come_by_sms_only(html):
    assert "Kode OTP dikirim lewat SMS ke nomor HP" in html
    assert "SMS atau e-mail" not in html


def test_second_training_waits_for_the_certificate_of_the_first(html):
    assert "setelah sertifikat pelatihan pertama terbit" in html
