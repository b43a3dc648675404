"""Partners in the admin: secrets shown once, events sent again, warnings."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from tests.factories import NOW, OrderFactory, PlatformFactory, UserFactory
from trainings import events
from trainings.models import (
    EventKind,
    OutgoingEvent,
    PlatformSecret,
    PlatformWarning,
    WarningKind,
)

pytestmark = pytest.mark.django_db
ADD = reverse("admin:trainings_platformsecret_add")
MADE = reverse("admin:trainings_platformsecret_made")
LIST = reverse("admin:trainings_platformsecret_changelist")
EVENTS = reverse("admin:trainings_outgoingevent_changelist")


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def platform():
    return PlatformFactory(slug="toko", webhook_url="https://toko.example/kabar")


def staff_of(client, group):
    user = UserFactory(staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


@pytest.fixture
def checker(client):
    return staff_of(client, "Pemeriksa")


@pytest.fixture
def event(platform):
    events.record(EventKind.ORDER_PAID, OrderFactory(platform=platform), at=NOW)
    return OutgoingEvent.objects.get()


def test_a_new_secret_is_shown_once_and_on_record(client, checker, platform):
    client.get(ADD)
    made = client.post(ADD, {"platform": "toko"}, follow=True)

    secret = PlatformSecret.objects.get()
    assert secret.value in made.text
    assert secret.created_by == checker
    assert "no-store" in made.headers["Cache-Control"]
    change = reverse("admin:trainings_platformsecret_change", args=[secret.pk])
    for address in (LIST, change, ADD):
        assert secret.value not in client.get(address).text
    history = reverse("admin:trainings_platformsecret_history", args=[secret.pk])
    assert "Membuat kunci." in client.get(history).text


def test_reloading_the_page_of_a_new_secret_makes_none_and_shows_none(
    client, checker, platform
):
    page = client.post(ADD, {"platform": "toko"}).url
    client.get(page)

    again = client.get(page, follow=True)

    secret = PlatformSecret.objects.get()
    assert secret.value not in again.text
    assert "Kunci hanya tampil sekali." in again.text


def test_a_third_secret_is_refused_with_a_sentence(client, checker, platform):
    for _ in range(2):
        client.post(ADD, {"platform": "toko"})

    refused = client.post(ADD, {"platform": "toko"}, follow=True)

    assert "sudah punya dua kunci" in refused.text
    assert PlatformSecret.objects.count() == 2


def test_a_secret_of_no_platform_is_not_made(client, checker):
    assert client.post(ADD, {"platform": ""}).status_code == 404


def test_a_secret_is_revoked_after_a_question_and_on_record(client, checker, platform):
    secret = PlatformSecret.objects.issue(platform, by=None, at=NOW)
    address = reverse("admin:trainings_platformsecret_revoke", args=[secret.pk])

    assert address in client.get(LIST).text
    asked = client.get(address)
    secret.refresh_from_db()
    assert secret.revoked_at is None
    assert secret.value not in asked.text

    client.post(address)
    secret.refresh_from_db()
    assert (secret.revoked_at, secret.revoked_by) == (NOW, checker)
    assert "Dicabut" in client.get(LIST).text


def test_petugas_see_secrets_but_make_and_revoke_none(client, platform):
    staff_of(client, "Petugas")
    secret = PlatformSecret.objects.issue(platform, by=None, at=NOW)
    revoke = reverse("admin:trainings_platformsecret_revoke", args=[secret.pk])

    assert revoke not in client.get(LIST).text
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"platform": "toko"}).status_code == 403
    assert client.get(MADE).status_code == 403
    assert client.post(revoke).status_code == 403


def test_an_event_is_shown_with_its_attempts_and_sent_again(client, checker, event):
    OutgoingEvent.objects.update(attempts=10, next_at=None, last_status="HTTP 500")
    assert "Berhenti dicoba" in client.get(EVENTS).text

    client.post(EVENTS, {"action": "resend", "_selected_action": [event.pk]})

    event.refresh_from_db()
    assert (event.attempts, event.next_at) == (0, NOW)
    assert "Menunggu dikirim" in client.get(EVENTS).text
    page = reverse("admin:trainings_outgoingevent_change", args=[event.pk])
    assert "order.paid" in client.get(page).text


def test_an_event_that_waits_is_not_sent_again(client, checker, event):
    answer = client.post(
        EVENTS, {"action": "resend", "_selected_action": [event.pk]}, follow=True
    )

    assert "masih akan dikirim sendiri" in answer.text


def test_a_delivered_event_says_so(client, checker, event):
    OutgoingEvent.objects.update(attempts=1, next_at=None, delivered_at=NOW)

    assert "Diterima platform" in client.get(EVENTS).text


def test_a_warning_is_shown_to_staff(client, platform):
    staff_of(client, "Petugas")
    PlatformWarning.objects.create(
        platform=platform, kind=WarningKind.WRONG_NUMBERS, hour=NOW, count=27
    )

    page = client.get(reverse("admin:trainings_platformwarning_changelist"))

    assert "Banyak nomor kartu salah" in page.text
    assert "27" in page.text
