"""Login: one door, one answer for everybody who is refused, limits on guessing."""

import datetime as dt
import os
import re
import subprocess
import sys

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from participants.login import PasswordHasher
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_failures_yet(db):
    cache.clear()


def log_in(client, email, password=PASSWORD, **extra):
    return client.post("/masuk/", {"login": email, "password": password}, **extra)


def guess(client, email, times=1, **extra):
    for n in range(times):
        response = log_in(client, email, f"salah-{n}", **extra)
    return response


def is_logged_in(client):
    return "_auth_user_id" in client.session


# --- Getting in ---------------------------------------------------------------


def test_right_password_leads_to_the_dashboard(client):
    user = UserFactory()

    response = log_in(client, user.email)

    assert response.status_code == 302
    assert response.url == "/dashboard/"
    assert is_logged_in(client)


def test_email_is_the_same_in_capitals_and_with_spaces_around(client):
    user = UserFactory(email="sari@contoh.test")

    log_in(client, "  Sari@Contoh.TEST ")

    assert client.session["_auth_user_id"] == str(user.pk)


def test_who_is_logged_in_is_led_past_the_login_page(client):
    client.force_login(UserFactory())

    assert client.get("/masuk/?next=/akun/").url == "/akun/"


def test_wrong_password_keeps_the_email_and_nothing_of_the_password(client):
    user = UserFactory()

    response = log_in(client, user.email, "salah-sekali")

    assert response.status_code == 422
    html = response.content.decode()
    assert f'value="{user.email}"' in html
    assert "salah-sekali" not in html


def test_refusal_stands_beside_the_field_and_in_the_summary(client):
    html = log_in(client, UserFactory().email, "salah").content.decode()

    words = "Tidak cocok dengan e-mail ini."
    summary, _, form = html.partition("<form method")
    assert words in summary[summary.index("error-summary") :]
    assert "#id_password" in summary
    assert words in form[form.index("id_password_error") :]
    assert 'aria-invalid="true"' in form


def test_an_empty_form_names_each_missing_field(client):
    html = client.post("/masuk/").content.decode()

    assert "E-mail: Belum diisi." in html
    assert "Kata sandi: Belum diisi." in html


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "https:evil.example",
        "https://evil.example/dashboard/",
        "http://localhost:9999/",
        "http://testserver/dashboard/",
        "\\\\evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "http:///evil.example",
    ],
)
def test_next_never_leaves_the_site(client, target):
    user = UserFactory()

    response = client.post(
        "/masuk/", {"login": user.email, "password": PASSWORD, "next": target}
    )

    assert response.url == "/dashboard/"


def test_next_leads_to_the_page_that_was_asked_for(client):
    user = UserFactory()
    target = client.get("/akun/sesi/").url

    response = client.post(target, {"login": user.email, "password": PASSWORD})

    assert response.url == "/akun/sesi/"


# --- Getting out --------------------------------------------------------------


def test_opening_the_logout_page_logs_nobody_out(client):
    client.force_login(UserFactory())

    response = client.get("/keluar/")

    assert "Keluar dari akunmu?" in response.content.decode()
    assert is_logged_in(client)


def test_logging_out_leaves_nothing_behind(client):
    client.force_login(UserFactory())

    response = client.post("/keluar/")

    assert response.url == "/"
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_logged_in(client)


def test_after_logging_out_next_does_not_leave_the_site(client):
    client.force_login(UserFactory())

    assert client.post("/keluar/", {"next": "//evil.example"}).url == "/"


# --- Nothing tells whether an account exists ----------------------------------


def everybody_who_is_refused():
    return {
        "unknown": "tidak-ada@contoh.test",
        "wrong password": UserFactory().email,
        "no password": UserFactory(password=None).email,
        "inactive": UserFactory(is_active=False).email,
    }


def test_everybody_who_is_refused_reads_the_same(client):
    answers = set()

    for email in everybody_who_is_refused().values():
        response = log_in(client, email, "salah-sekali")
        html = response.content.decode().replace(email, "")
        html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)
        answers.add((response.status_code, html))

    assert len(answers) == 1


def test_everybody_who_is_refused_costs_one_password_hash(client, settings, mocker_log):
    settings.PASSWORD_HASHERS = ["participants.login.PasswordHasher"]
    people = everybody_who_is_refused()
    hashes = mocker_log(PasswordHasher, "encode", "verify")

    for who, email in people.items():
        hashes.clear()
        log_in(client, email, "salah-sekali")
        assert len(hashes) == 1, who


def test_everybody_who_is_refused_costs_the_same_queries(client):
    people = everybody_who_is_refused()
    log_in(client, "pemanasan@contoh.test", "salah-sekali")
    costs = {}

    for who, email in people.items():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            log_in(client, email, "salah-sekali")
        costs[who] = len(queries)

    assert len(set(costs.values())) == 1, costs


@pytest.fixture
def mocker_log(monkeypatch):
    """Return a function that lists the calls of some methods, which still work."""

    def log(owner, *names):
        calls = []
        for name in names:
            real = getattr(owner, name)

            def wrapper(*args, _real=real, _name=name, **kwargs):
                calls.append(_name)
                return _real(*args, **kwargs)

            monkeypatch.setattr(owner, name, wrapper)
        return calls

    return log


def test_an_inactive_person_learns_it_only_with_the_right_password(client):
    user = UserFactory(is_active=False)

    response = log_in(client, user.email)

    assert response.url == "/akun/nonaktif/"
    assert "tidak aktif" in client.get(response.url).content.decode()
    assert not is_logged_in(client)


# --- Limits on guessing ---------------------------------------------------------


def test_sixth_wrong_password_is_refused_with_the_time_to_come_back(
    client, time_machine
):
    time_machine.move_to(dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC), tick=False)
    user = UserFactory()

    fifth = guess(client, user.email, times=5)
    sixth = guess(client, user.email)

    assert fifth.status_code == 422
    assert sixth.status_code == 429
    assert sixth["Retry-After"] == "300"
    assert "Coba lagi setelah pukul 10.05 WIB" in sixth.content.decode()
    assert user.email in sixth.content.decode()


def test_after_too_many_failures_the_right_password_has_to_wait(client, time_machine):
    time_machine.move_to(dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC), tick=False)
    user = UserFactory()
    guess(client, user.email, times=5)

    assert log_in(client, user.email).status_code == 429
    time_machine.shift(301)
    assert log_in(client, user.email).status_code == 302


def test_a_success_between_failures_resets_nothing(client):
    user = UserFactory()
    guess(client, user.email, times=4)
    log_in(client, user.email)
    client.logout()

    guess(client, user.email)

    assert log_in(client, user.email).status_code == 429


def test_an_unknown_email_is_limited_alike(client):
    response = guess(client, "tidak-ada@contoh.test", times=6)

    assert response.status_code == 429


def test_guessing_does_not_lock_the_owner_out_at_another_address(client):
    user = UserFactory()
    guess(client, user.email, times=6, REMOTE_ADDR="203.0.113.9")

    response = log_in(client, user.email, REMOTE_ADDR="198.51.100.1")

    assert response.status_code == 302


def test_thirty_failures_an_hour_close_an_account_everywhere(client, time_machine):
    time_machine.move_to(dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC), tick=False)
    user = UserFactory()
    for n in range(6):
        guess(client, user.email, times=5, REMOTE_ADDR=f"203.0.113.{n}")
        time_machine.shift(540)

    response = log_in(client, user.email, REMOTE_ADDR="198.51.100.1")
    assert response.status_code == 429
    assert "setelah pukul 11.00 WIB" in response.content.decode()
    time_machine.shift(360)
    response = log_in(client, user.email, REMOTE_ADDR="198.51.100.1")
    assert response.status_code == 302


def test_an_invented_forwarded_address_does_not_help(client):
    user = UserFactory()

    for n in range(6):
        response = guess(client, user.email, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")

    assert response.status_code == 429


def test_behind_the_own_proxy_only_the_address_it_saw_counts(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    user = UserFactory()
    for n in range(6):
        forged = f"203.0.113.{n}, 192.0.2.7"
        response = guess(client, user.email, HTTP_X_FORWARDED_FOR=forged)

    elsewhere = log_in(client, user.email, HTTP_X_FORWARDED_FOR="198.51.100.1")

    assert response.status_code == 429
    assert elsewhere.status_code == 302


def test_one_network_may_fail_sixty_times_a_minute(client, time_machine):
    time_machine.move_to(dt.datetime(2021, 9, 28, 3, 0, tzinfo=dt.UTC), tick=False)
    address = {"REMOTE_ADDR": "2001:db8:1:2::1"}
    for n in range(60):
        response = guess(client, f"orang-{n}@contoh.test", **address)
        assert response.status_code == 422

    same_network = {"REMOTE_ADDR": "2001:db8:1:2:ffff::9"}
    user = UserFactory()
    assert log_in(client, user.email, **same_network).status_code == 429
    assert log_in(client, user.email, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def test_cache_keeps_the_failures_of_a_busy_hour():
    assert cache._max_entries == 20_000


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_failures_count_across_processes(client):
    user = UserFactory()

    other_process_guesses(user.email, times=3)
    guess(client, user.email, times=2)

    assert log_in(client, user.email).status_code == 429


def other_process_guesses(email, times):
    """Try wrong passwords in a process of its own, with the tests' database."""
    script = f"""
import django; django.setup()
from django.test import Client
client = Client(SERVER_NAME="localhost")
for n in range({times}):
    wrong = {{"login": {email!r}, "password": f"lain-{{n}}"}}
    assert client.post("/masuk/", wrong).status_code == 422
"""
    environment = os.environ | {"DATABASE_URL": database_url(), "DEBUG": "1"}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)


def database_url():
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    folder = database["HOST"] or database["OPTIONS"]["host"]
    return f"postgres://{database['USER']}:@/{database['NAME']}?host={folder}"


# --- Passwords at rest ----------------------------------------------------------


def test_password_costs_19_mib_and_two_passes_in_one_lane(settings):
    settings.PASSWORD_HASHERS = ["participants.login.PasswordHasher"]

    assert make_password("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_older_hash_is_renewed_at_login(client, settings):
    older = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [older]
    user = UserFactory()
    settings.PASSWORD_HASHERS = ["participants.login.PasswordHasher", older]

    log_in(client, user.email)

    user.refresh_from_db()
    assert isinstance(identify_hasher(user.password), PasswordHasher)
    assert is_logged_in(client)


# --- Staff ----------------------------------------------------------------------


def test_admin_login_is_the_same_login(client):
    staff = UserFactory(superuser=True)
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/masuk/?next=")

    target = response.redirect_chain[-1][0]
    response = client.post(target, {"login": staff.email, "password": PASSWORD})

    assert response.url == "/admin/"


def test_who_is_not_staff_gets_a_403_and_no_loop(client):
    client.force_login(UserFactory())

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert "Akunmu tidak punya izin" in response.content.decode()


def test_djangos_own_login_form_takes_no_password(client):
    staff, other = UserFactory(superuser=True), UserFactory(superuser=True)
    client.force_login(staff)

    response = client.post(
        "/admin/login/", {"username": other.email, "password": PASSWORD}
    )

    assert response.url == "/admin/"
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_staff_change_their_password_where_everybody_does(client):
    client.force_login(UserFactory(superuser=True))

    assert client.get("/admin/password_change/").url == "/akun/password/"


# --- Every page -----------------------------------------------------------------

OPEN_TO_ALL = [
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
    "account_signup",
]
BEHIND_LOGIN = [
    "account_overview",
    "account_logout",
    "account_change_password",
    "account_reauthenticate",
    "usersessions_list",
]


@pytest.mark.parametrize("name", OPEN_TO_ALL)
def test_page_is_open_to_who_is_not_logged_in(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 200
    assert "<h1>" in response.content.decode()


@pytest.mark.parametrize("name", BEHIND_LOGIN)
def test_page_is_behind_the_login_and_never_stored(client, name):
    client.force_login(UserFactory())

    response = client.get(reverse(name))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("name", [*OPEN_TO_ALL, *BEHIND_LOGIN])
def test_no_page_has_words_of_allauth(client, name):
    if name in BEHIND_LOGIN:
        client.force_login(UserFactory())

    html = client.get(reverse(name)).content.decode()

    text = re.sub(r"<[^>]+>", " ", html)
    assert not re.search(r"\b(the|your|sign|please|password|Anda|Silakan)\b", text)
    assert "placeholder" not in html


def test_signing_up_is_closed_also_for_a_forged_form(client):
    form = {"email": "baru@contoh.test", "password1": PASSWORD, "password2": PASSWORD}

    response = client.post("/daftar/", form)

    assert "Pendaftaran belum dibuka" in response.content.decode()
    assert not is_logged_in(client)


def test_there_is_no_second_way_in_by_json(client):
    user = UserFactory()

    response = client.post(
        "/masuk/",
        {"login": user.email, "password": "salah"},
        headers={"accept": "application/json"},
    )

    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/html")


def test_demo_logins_are_shown_on_a_demo_site_only(client, settings):
    assert "@demo.test" not in client.get("/masuk/").content.decode()

    settings.DEMO = True

    assert "baru@demo.test" in client.get("/masuk/").content.decode()
