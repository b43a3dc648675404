"""The account's pages: who I am here, and where I am logged in."""

import datetime as dt

import pytest
from django.test import Client

from participants.devices import device_words
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"  # noqa: E501
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def user():
    return UserFactory()


def logged_in(user, user_agent=ANDROID, address="127.0.0.1"):
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)
    client.post("/masuk/", {"login": user.email, "password": PASSWORD})
    return client


def is_logged_in(client):
    return client.get("/akun/").status_code == 200


def end_addresses(client):
    """Return the addresses of the forms that end one session each."""
    sessions = client.get("/akun/sesi/").context["sessions"]
    return [f"/akun/sesi/{one.pk}/akhiri/" for one in sessions if not one.is_current]


def test_overview_shows_name_and_email(client, user):
    client.force_login(user)

    html = client.get("/akun/").content.decode()

    assert user.full_name in html
    assert user.email in html


def test_sessions_are_named_in_words_with_address_and_time(user, time_machine):
    time_machine.move_to(dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC), tick=False)
    phone = logged_in(user, ANDROID, "203.0.113.9")
    time_machine.shift(600)
    phone.get("/akun/")
    time_machine.shift(600)

    html = logged_in(user, WINDOWS).get("/akun/sesi/").content.decode()
    html = html.replace("&nbsp;", " ")

    assert "Chrome di Android" in html
    assert "Masuk 28 September 2021, 10.00 WIB dari 203.0.113.9" in html
    assert "Terakhir dipakai 28 September 2021, 10.10 WIB" in html


def test_this_session_comes_first_and_has_no_end_button(user):
    here = logged_in(user, WINDOWS)
    logged_in(user, ANDROID)

    sessions = here.get("/akun/sesi/").context["sessions"]

    assert [one.device for one in sessions] == [
        "Firefox di Windows",
        "Chrome di Android",
    ]
    assert here.get("/akun/sesi/").content.decode().count("Keluarkan<") == 1


def test_one_other_session_can_be_ended(user):
    here, phone, office = logged_in(user), logged_in(user), logged_in(user)
    sessions = here.get("/akun/sesi/").context["sessions"]
    key = phone.session.session_key
    [pk] = user.usersession_set.filter(session_key=key).values_list("pk", flat=True)

    here.post(f"/akun/sesi/{pk}/akhiri/")

    assert len(sessions) == 3
    assert not is_logged_in(phone)
    assert is_logged_in(office)
    assert is_logged_in(here)


def test_all_other_sessions_can_be_ended_at_once(user):
    here, phone, office = logged_in(user), logged_in(user), logged_in(user)

    here.post("/akun/sesi/akhiri/")

    assert not is_logged_in(phone)
    assert not is_logged_in(office)
    assert is_logged_in(here)


def test_somebody_elses_session_is_not_there(user):
    here, stranger = logged_in(user), logged_in(UserFactory())
    logged_in(UserFactory())
    [pk] = [one.pk for one in stranger.get("/akun/sesi/").context["sessions"]]

    response = here.post(f"/akun/sesi/{pk}/akhiri/")

    assert response.status_code == 404
    assert is_logged_in(stranger)


def test_sessions_are_ended_by_post_only(user):
    here = logged_in(user)
    logged_in(user)

    [address] = end_addresses(here)

    assert here.get(address).status_code == 405
    assert here.get("/akun/sesi/akhiri/").status_code == 405


def test_a_session_that_was_not_used_for_too_long_is_not_listed(user, time_machine):
    time_machine.move_to(dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC), tick=False)
    logged_in(user)

    time_machine.shift(3601)

    assert end_addresses(logged_in(user)) == []


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (ANDROID, "Chrome di Android"),
        (WINDOWS, "Firefox di Windows"),
        (f"{ANDROID} SamsungBrowser/28", "Samsung Internet di Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604",
            "Safari di iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140",
            "Edge di Windows",
        ),
        ("curl/8", "Browser lain"),
        ("", "Browser lain"),
    ],
)
def test_device_is_named_in_words(user_agent, words):
    assert device_words(user_agent) == words
