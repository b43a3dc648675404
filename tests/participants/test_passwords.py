"""Setting and changing a password: by the link in the mail, and when logged in."""

import datetime as dt
import re
import smtplib

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from participants.login import AccountAdapter
from tests.factories import (
    PASSWORD,
    ApplicationFactory,
    ParticipantFactory,
    UserFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db

NEW = "sepeda-hujan-mangga"


@pytest.fixture(autouse=True)
def _no_requests_yet(db):
    cache.clear()


def ask(client, email):
    return client.post("/lupa-password/", {"email": email})


def link_in(message):
    return re.search(r"http://testserver(\S+)", message.body)[1]


def set_by_mail(client, email, first=NEW, second=None):
    """Ask for a link, open it, and send the form; return the answer."""
    ask(client, email)
    form = client.get(link_in(mail.outbox[-1]), follow=True)
    address = form.redirect_chain[-1][0]
    return client.post(address, {"password1": first, "password2": second or first})


def log_in(client, email, password):
    return client.post("/masuk/", {"login": email, "password": password})


# --- The link in the mail -------------------------------------------------------


def test_who_never_had_a_password_sets_one_by_mail_and_logs_in(client):
    user = UserFactory(password=None)

    response = set_by_mail(client, user.email)

    assert response.url == "/masuk/"
    assert "sudah tersimpan" in client.get("/masuk/").content.decode()
    assert log_in(client, user.email, NEW).url == "/dashboard/"


def test_mail_says_how_long_and_how_often_the_link_works(client):
    user = UserFactory(full_name="Sari Wulandari")

    ask(client, user.email)

    [message] = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "Tautan untuk membuat kata sandi Kartu Prakerja"
    assert message.body.startswith("Halo Sari,")
    assert "berlaku 24 jam dan hanya bisa dipakai sekali" in message.body
    assert "Bukan kamu yang meminta? Abaikan surat ini." in message.body
    assert message.alternatives == []


def test_mail_holds_neither_card_number_nor_nik(client):
    participant = ParticipantFactory(videos_completed=3)

    ask(client, participant.user.email)

    source = mail.outbox[0].message().as_string()
    assert participant.card_number not in source
    assert participant.user.applicant.nik not in source


def test_link_works_once(client):
    user = UserFactory()
    set_by_mail(client, user.email)

    response = Client().get(link_in(mail.outbox[0]), follow=True)

    assert response.status_code == 410
    assert "tidak berlaku lagi" in response.content.decode()


def test_link_works_for_24_hours(client, time_machine):
    time_machine.move_to("2021-09-28T10:00:00Z", tick=False)
    ask(client, UserFactory().email)

    time_machine.shift(24 * 3600)
    assert client.get(link_in(mail.outbox[0]), follow=True).status_code == 200
    time_machine.shift(1)
    assert client.get(link_in(mail.outbox[0]), follow=True).status_code == 410


def test_address_of_the_form_does_not_hold_the_key(client):
    ask(client, UserFactory().email)
    link = link_in(mail.outbox[0])

    response = client.get(link)

    assert response.url.endswith("-buat/")
    assert link.rsplit("-", 1)[1] not in response.url


def test_forged_link_is_refused(client):
    assert client.get("/password-baru/1-abcdef-0123/").status_code == 410


def test_two_passwords_that_differ_are_refused_beside_the_field(client):
    response = set_by_mail(client, UserFactory().email, NEW, "sepeda-hujan-manggis")

    assert response.status_code == 422
    assert "Belum sama dengan yang di atas." in response.content.decode()


def test_a_new_password_by_mail_opens_an_account_that_guessing_closed(client):
    user = UserFactory()
    for n in range(5):
        log_in(client, user.email, f"salah-{n}")
    assert log_in(client, user.email, PASSWORD).status_code == 429

    set_by_mail(client, user.email)

    assert log_in(client, user.email, NEW).status_code == 302


def test_a_new_password_by_mail_ends_all_sessions(client):
    user = UserFactory()
    phone = Client()
    log_in(phone, user.email, PASSWORD)

    set_by_mail(client, user.email)

    assert phone.get("/akun/").url.startswith("/masuk/")


# --- Nothing tells whether an account exists --------------------------------------


def test_asking_answers_the_same_whoever_asks(client):
    people = [
        UserFactory().email,
        UserFactory(password=None).email,
        UserFactory(is_active=False).email,
        "tidak-ada@contoh.test",
    ]

    answers = {(r.status_code, r.url) for r in (ask(client, e) for e in people)}

    assert answers == {(302, "/lupa-password/terkirim/")}


def test_asking_sends_one_mail_and_costs_the_same_queries_whoever_asks(client):
    ask(client, "pemanasan@contoh.test")
    costs = {}

    for email in (UserFactory().email, "tidak-ada@contoh.test"):
        mail.outbox.clear()
        with CaptureQueriesContext(connection) as queries:
            ask(client, email)
        costs[email] = len(queries)
        assert [message.to for message in mail.outbox] == [[email]]

    assert len(set(costs.values())) == 1, costs


def test_who_has_no_account_is_told_so_by_mail_only(client):
    response = client.post(
        "/lupa-password/", {"email": "tidak-ada@contoh.test"}, follow=True
    )

    assert "tidak ada akun" not in response.content.decode().lower()
    assert "Tidak ada akun" in mail.outbox[0].body
    assert "http://testserver/lupa-password/" in mail.outbox[0].body


def test_sixth_request_within_the_hour_sends_nothing(client):
    for _ in range(5):
        ask(client, "sari@contoh.test")

    response = ask(client, "sari@contoh.test")

    assert response.status_code == 429
    assert "Terlalu banyak" in response.content.decode()
    assert len(mail.outbox) == 5


def test_mail_that_can_not_be_sent_is_admitted(client, monkeypatch):
    def fail(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(AccountAdapter, "send_mail", fail)

    response = ask(client, UserFactory().email)

    assert response.status_code == 503
    assert "Surat belum bisa dikirim." in response.content.decode()


# --- When logged in -----------------------------------------------------------------


def test_changing_the_password_keeps_this_session_and_ends_the_others(client):
    user = UserFactory()
    phone = Client()
    log_in(client, user.email, PASSWORD)
    log_in(phone, user.email, PASSWORD)

    response = client.post(
        "/akun/password/",
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert response.url == "/akun/"
    assert client.get("/akun/").status_code == 200
    assert phone.get("/akun/").url.startswith("/masuk/")


def test_changing_the_password_needs_the_present_one(client):
    user = UserFactory()
    client.force_login(user)

    response = client.post(
        "/akun/password/", {"oldpassword": "salah", "password1": NEW, "password2": NEW}
    )

    assert response.status_code == 422
    assert "Bukan yang kamu pakai sekarang" in response.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_who_has_no_password_is_sent_to_the_mail(client):
    client.force_login(UserFactory(password=None))

    response = client.get("/akun/password/", follow=True)

    assert response.redirect_chain[-1][0] == "/lupa-password/"


def test_confirming_the_password_leads_on(client):
    user = UserFactory()
    client.force_login(user)
    address = "/akun/konfirmasi/?next=/akun/sesi/"

    assert client.post(address, {"password": "salah"}).status_code == 422
    assert client.post(address, {"password": PASSWORD}).url == "/akun/sesi/"


# --- Which passwords are good enough --------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "kucingku",
        "hanya huruf kecil dan spasi",
        "8234719056",
        "a" * 40 + "b" * 24,
        "sepeda 🚲 hujan",
        "prakerja-sepeda-hujan",
    ],
)
def test_password_is_good_enough(password):
    validate_password(password, UserFactory())


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("kucing1", "Terlalu pendek"),
        ("iloveyou", "banyak dipakai orang"),
        ("prakerja2026!", "Kata seperti “prakerja”"),
        ("KartuPrakerja123", "Kata seperti “prakerja”"),
        ("sari.wulandari", "Terlalu mirip dengan nama"),
    ],
)
def test_password_is_refused(password, words):
    user = UserFactory(full_name="Sari Wulandari")

    with pytest.raises(ValidationError, match=words):
        validate_password(password, user)


@pytest.mark.parametrize(
    "password",
    ["17041998", "sari170498", "1998-04-17", "081200000007", "+6281200000007"],
)
def test_own_birth_date_and_phone_are_refused(password):
    applicant = ParticipantFactory().user.applicant
    applicant.phone = "081200000007"

    with pytest.raises(ValidationError, match="Jangan pakai tanggal lahir"):
        validate_password(password, applicant.user)


# --- A result that is not announced yet makes nobody known --------------------------


def mail_for(client, user):
    mail.outbox.clear()
    ask(client, user.email)
    return mail.outbox[0].body


@pytest.mark.parametrize("planned", [None, timezone.now() + dt.timedelta(days=1)])
def test_an_account_made_by_an_unannounced_result_is_no_account_yet(client, planned):
    wave = WaveFactory(unannounced=True, announced_at=planned)
    user = ParticipantFactory(wave=wave, user__password=None).user
    stranger = "tidak-ada@contoh.test"

    told = mail_for(client, user)

    mail.outbox.clear()
    ask(client, stranger)
    assert told == mail.outbox[0].body.replace(stranger, user.email)


def test_from_the_announcement_on_who_passed_gets_the_link(client):
    user = ParticipantFactory(user__password=None).user

    assert "/password-baru/" in mail_for(client, user)


def test_who_passed_without_having_applied_here_gets_the_link(client):
    participant = ParticipantFactory(user__password=None)
    participant.user.applicant.applications.all().delete()

    assert "/password-baru/" in mail_for(client, participant.user)


def test_who_had_an_account_before_the_result_gets_the_link(client):
    user = ParticipantFactory(wave__unannounced=True).user

    assert "/password-baru/" in mail_for(client, user)


def test_who_was_told_an_earlier_result_gets_the_link(client):
    participant = ParticipantFactory(wave__unannounced=True, user__password=None)
    ApplicationFactory(applicant=participant.user.applicant, not_passed=True)

    assert "/password-baru/" in mail_for(client, participant.user)
