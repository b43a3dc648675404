"""The demo: loaded once, whole, and only where it belongs."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from participants.models import Participant, User, Wave
from participants.revoking import lost_balance
from prakerja.demo import DEMO_LOGINS, PASSWORD, DemoRefused, load_demo
from trainings.models import Training
from trainings.reconciling import differences

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    load_demo(at=timezone.now())


def test_demo_has_real_waves_three_recent_ones_and_two_thousand_people(demo):
    assert set(range(12, 23)) < set(Wave.objects.values_list("number", flat=True))
    assert Wave.objects.filter(number__gte=100).count() == 3
    assert User.objects.count() == 2_000 + len(DEMO_LOGINS)


def test_demo_is_loaded_once(demo):
    assert load_demo(at=timezone.now()) is False


def test_real_site_takes_no_demo(settings):
    settings.DEMO = settings.DEBUG = False

    with pytest.raises(DemoRefused):
        load_demo(at=timezone.now())
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "landmark"),
    [
        ("baru@demo.test", "0 dari 3 video selesai"),
        ("belajar@demo.test", "Sedang belajar"),
        ("selesai@demo.test", "Beri bintang dan ulasan"),
        ("siap@demo.test", "data-card-number"),
        ("dicabut@demo.test", "Kepesertaan dicabut"),
        ("gagal@demo.test", "Kamu Belum Berhasil"),
        ("pendaftar@demo.test", "Menunggu gelombang ditutup"),
        ("petugas@demo.test", "Akun petugas"),
        ("pemeriksa@demo.test", "Akun petugas"),
        ("admin@demo.test", "Akun petugas"),
    ],
)
def test_each_demo_login_shows_its_state(demo, settings, email, landmark):
    settings.PASSWORD_HASHERS = [
        "participants.login.PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    client = Client()

    client.post("/masuk/", {"login": email, "password": PASSWORD})

    assert landmark in client.get("/dashboard/").text


def test_invented_people_obey_every_rule_of_the_deadline(demo):
    today = timezone.localdate()

    assert not Participant.objects.overdue(today=today).exists()


def test_books_of_a_fresh_demo_agree(demo):
    assert differences() == []


def test_revoked_of_the_demo_read_what_they_have_lost(demo):
    revoked = Participant.objects.get(user__email="dicabut@demo.test")

    assert lost_balance(revoked) == 1_000_000
    assert revoked.notices.filter(title="Kepesertaanmu dicabut").exists()


def test_means_of_the_demo_are_those_of_its_reviews(demo):
    for training in Training.objects.all():
        ratings = list(training.reviews.values_list("rating", flat=True))
        assert (training.rating_sum, training.rating_count) == (
            sum(ratings),
            len(ratings),
        )


@pytest.mark.parametrize("email", ["petugas@demo.test", "pemeriksa@demo.test"])
def test_staff_open_every_page_they_are_led_to(demo, client, email):
    client.force_login(User.objects.get(email=email))
    seen, waiting = set(), {"/admin/"}

    while waiting:
        address = waiting.pop()
        seen.add(address)
        response = client.get(address)
        assert response.status_code in (200, 302), address
        kind = response.headers.get("Content-Type", "")
        html = response.text if kind.startswith("text/html") else ""
        for link in set(_links(html)):
            # One page of each kind is enough: the first row of each list.
            if _shape(link) not in {_shape(other) for other in seen | waiting}:
                waiting.add(link)

    assert any("onboardingvideo" in address for address in seen)


def _shape(address):
    return "".join("#" if c.isdigit() else c for c in address)


def _links(html):
    links = re.findall(r'href="(/admin/[^"?#]*)"', html)
    return [link for link in links if "contoh" not in link]  # a download
