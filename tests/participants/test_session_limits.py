"""Sessions end when they are not used, and after a while in any case."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from participants.session_limits import COOKIE
from tests.factories import PASSWORD, ParticipantFactory, UserFactory

pytestmark = pytest.mark.django_db

START = dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC)  # 10.00 WIB
IDLE, ABSOLUTE = 3600, 12 * 3600
STAFF_IDLE, STAFF_ABSOLUTE = 900, 8 * 3600


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def person(clock, client):
    """Somebody who logs in at 10.00 WIB."""
    user = ParticipantFactory().user
    log_in(client, user)
    return user


@pytest.fixture
def staff(clock, client):
    user = UserFactory(superuser=True)
    log_in(client, user)
    return user


def log_in(client, user):
    client.post("/masuk/", {"login": user.email, "password": PASSWORD})


def use_until(client, clock, seconds, step):
    """Open a page every ``step`` seconds until ``seconds`` have passed."""
    for _ in range(seconds // step):
        clock.shift(step)
        assert client.get("/akun/").status_code == 200


# --- The two limits ---------------------------------------------------------------


def test_session_that_is_not_used_for_an_hour_ends(client, clock, person):
    clock.shift(IDLE - 1)
    assert client.get("/akun/").status_code == 200

    clock.shift(IDLE)
    assert client.get("/akun/").url == "/masuk/?next=/akun/"


def test_the_login_page_then_says_why(client, clock, person):
    clock.shift(IDLE)

    response = client.get("/akun/", follow=True)

    words = "Sesi berakhir karena 60 menit tidak dipakai."
    assert words in response.content.decode()


def test_use_keeps_a_session_but_not_beyond_twelve_hours(client, clock, person):
    use_until(client, clock, ABSOLUTE - 1800, step=1800)

    clock.shift(1800)
    response = client.get("/akun/", follow=True)

    assert response.redirect_chain[0][0] == "/masuk/?next=/akun/"
    assert "sudah mencapai batas waktunya" in response.content.decode()


def test_staff_sessions_end_sooner(client, clock, staff):
    clock.shift(STAFF_IDLE)

    assert client.get("/admin/").status_code == 302


def test_staff_sessions_last_eight_hours_at_most(client, clock, staff):
    use_until(client, clock, STAFF_ABSOLUTE - 600, step=600)

    clock.shift(600)

    assert client.get("/akun/").url == "/masuk/?next=/akun/"


def test_who_becomes_staff_is_held_to_the_stricter_limit_at_once(client, clock, person):
    person.is_staff = True
    person.save()

    clock.shift(STAFF_IDLE)

    assert client.get("/akun/").status_code == 302


def test_a_session_that_is_over_is_gone_from_the_server(client, clock, person):
    clock.shift(IDLE)

    client.get("/akun/")

    assert not Session.objects.exists()


def test_an_ended_session_leaves_nothing_in_the_browser(client, clock, person):
    clock.shift(IDLE)

    response = client.get("/akun/")

    assert response["Clear-Site-Data"] == '"cache", "storage"'


def test_a_public_page_opens_also_when_the_session_is_over(client, clock, person):
    clock.shift(IDLE)

    assert client.get("/bantuan/").status_code == 200


def test_logging_in_again_from_an_old_page_works(client, clock, person):
    clock.shift(IDLE)

    log_in(client, person)

    assert client.get("/akun/").status_code == 200


# --- What it costs ------------------------------------------------------------------


def test_within_a_minute_a_page_writes_nothing(
    client, clock, person, django_assert_num_queries
):
    clock.shift(59)

    with django_assert_num_queries(2):  # session, user
        client.get("/akun/")


def test_once_a_minute_the_use_is_written_down(client, clock, person):
    clock.shift(60)

    client.get("/akun/")

    assert client.session["seen_at"] == START.timestamp() + 60


# --- Answers in kind ----------------------------------------------------------------


def test_a_form_sent_too_late_is_told_so_and_is_no_next(client, clock, person):
    clock.shift(IDLE)

    response = client.post("/akun/sesi/akhiri/", follow=True)

    assert response.redirect_chain == [("/masuk/", 302)]
    assert "belum tersimpan" in response.content.decode()


@pytest.mark.parametrize(
    "headers", [{"accept": "application/json"}, {"sec-fetch-dest": "empty"}]
)
def test_a_script_gets_401_and_a_sentence(client, clock, person, headers):
    clock.shift(IDLE)

    response = client.post("/video/1/detak/", {"position": "1"}, headers=headers)

    assert response.status_code == 401
    assert response.json()["refused"].startswith("Sesi berakhir.")


def test_a_beat_of_a_video_counts_as_use(client, clock, person):
    client.get("/video/1/")
    for n in range(8):
        clock.shift(600)
        client.post("/video/1/detak/", {"position": str(n)})

    assert client.get("/akun/").status_code == 200


# --- A way to stay --------------------------------------------------------------------


def test_who_asks_to_stay_has_the_whole_time_again(client, clock, person):
    clock.shift(IDLE - 60)

    assert client.post("/sesi/perpanjang/").json() == {"ends_in": IDLE}
    clock.shift(IDLE - 1)
    assert client.get("/akun/").status_code == 200


def test_asking_to_stay_does_not_move_the_last_instant(client, clock, person):
    use_until(client, clock, ABSOLUTE - 1200, step=1200)

    assert client.post("/sesi/perpanjang/").json() == {"ends_in": 1200}


def test_staying_needs_a_post(client, person):
    assert client.get("/sesi/perpanjang/").status_code == 405


def test_nobody_stays_without_a_token_of_the_form(clock, person):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)

    assert strict.post("/sesi/perpanjang/").status_code == 403


def test_page_tells_its_script_when_to_warn(client, clock, person):
    clock.shift(1800)

    html = client.get("/akun/").content.decode()

    now = int(START.timestamp()) + 1800
    assert f'data-now="{now}"' in html
    assert f'data-end="{now + IDLE}"' in html
    assert f'data-last="{int(START.timestamp()) + ABSOLUTE}"' in html
    assert 'data-warn="120"' in html


def test_page_says_without_script_how_long_a_session_lasts(client, person):
    html = client.get("/akun/").content.decode()

    assert "setelah 60 menit tanpa membuka halaman" in html
    assert "paling lama 12 jam" in html


def test_public_page_warns_of_nothing(client):
    assert "data-session" not in client.get("/bantuan/").content.decode()


def test_all_tabs_learn_the_end_from_one_cookie(client, clock, person):
    assert client.cookies[COOKIE].value == str(int(START.timestamp()) + IDLE)
    assert client.cookies[COOKIE]["samesite"] == "Lax"

    clock.shift(600)
    client.get("/akun/")
    assert client.cookies[COOKIE].value == str(int(START.timestamp()) + 600 + IDLE)

    client.post("/keluar/")
    assert client.cookies[COOKIE].value == ""


def test_a_forged_cookie_changes_nothing(client, clock, person):
    client.cookies[COOKIE] = "99999999999"

    clock.shift(IDLE)

    assert client.get("/akun/").status_code == 302
