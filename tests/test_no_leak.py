"""The card number is seen in two places: the open blue card, and staff's disclosure.

One test goes the whole way and keeps everything that leaves the site: responses, logs,
mail. Then it looks for the 16 digits, however they are grouped.
"""

import logging
import re

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail, serializers
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from jobs.running import run
from participants import sms
from participants.funding import fund
from participants.models import OnboardingVideo, Participant, User
from prakerja import dashboard
from prakerja.logs import JsonFormatter
from tests.factories import (
    ANNOUNCED_AT,
    NOW,
    PASSWORD,
    ParticipantFactory,
    TrainingFactory,
    UserFactory,
    WaveFactory,
)
from tests.participants.people_files import csv_text
from tests.participants.people_files import person as in_file
from trainings.models import Purchase

# Templates of the admin itself name variables that are not always there.
pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

NUMBER, IMPORTED_NUMBER = "8246105733916420", "7031946258140957"
# The digits with anything between them but letters and digits: 8246-1057-3391-6420.
ANYHOW = [re.compile(r"[\W_]*".join(it)) for it in (NUMBER, IMPORTED_NUMBER)]
TAG = re.compile(r"<[^>]*>")
CARD = re.compile(
    r'<section class="number-card number-card--open".*?</section>', re.DOTALL
)
DISCLOSED = re.compile(r'<p class="card-number">.*?</p>', re.DOTALL)
PARTICIPANTS = "/admin/participants/participant/"


def tells(text: str) -> bool:
    """Return whether a text holds a card number, with or without its tags."""
    without_tags = TAG.sub("", text)
    return any(it.search(text) or it.search(without_tags) for it in ANYHOW)


class Witness(Client):
    """A client that keeps every response as text: status, headers, cookies, body."""

    def __init__(self, seen):
        super().__init__(raise_request_exception=False)
        self.seen = seen

    def request(self, **request):
        response = super().request(**request)
        body = b"".join(response) if response.streaming else response.content
        head = "\n".join(f"{name}: {value}" for name, value in response.items())
        text = f"{head}\n{response.cookies.output()}\n{body.decode(errors='replace')}"
        self.seen.append((response.status_code, request["PATH_INFO"], text))
        return response


@pytest.fixture
def logged(caplog, monkeypatch, settings):
    """Everything written with LOG_LEVEL=DEBUG, which leaves Django's own at INFO."""
    for name in [None, *logging.root.manager.loggerDict]:
        logger = logging.getLogger(name)
        level = logging.INFO if name == "django" else logging.NOTSET
        monkeypatch.setattr(logger, "level", level if name else logging.DEBUG)
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "disabled", False)
    logging.root.manager._clear_cache()
    assert settings.LOGGING["loggers"]["django"]["level"] == "INFO"
    caplog.handler.setLevel(logging.DEBUG)
    plain = logging.Formatter("%(name)s %(message)s")

    def written():
        return "\n".join(
            f"{plain.format(record)}\n{vars(record)}\n{JsonFormatter().format(record)}"
            for record in caplog.records
        )

    return written


@pytest.fixture
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def participant():
    return ParticipantFactory(
        wave=WaveFactory(number=21, announced_at=ANNOUNCED_AT), card_number=NUMBER
    )


def test_card_number_is_seen_in_the_card_and_the_disclosure_only(
    clock, logged, participant, data_folder, monkeypatch
):
    seen = []

    person = Witness(seen)
    go_from_the_mail_to_the_number(person, clock, participant)
    code = buy_a_training(person, participant)
    staff_search_disclose_and_import(Witness(seen), participant)
    meet_errors(Witness(seen), participant, monkeypatch)

    bodies = [text for status, path, text in seen]
    showing = [(status, path) for status, path, text in seen if tells(text)]
    disclosure = f"{PARTICIPANTS}{participant.pk}/nomor-kartu/"
    assert showing == [(200, "/dashboard/"), (200, "/dashboard/"), (200, disclosure)]
    assert Purchase.objects.exists()
    assert not re.search(rf"\b{code}\b", logged() + everything_else_in_the_database())
    for text in bodies:
        assert not tells(DISCLOSED.sub("", CARD.sub("", text)))
    assert mail.outbox
    assert not tells("\n".join(f"{it.message()}" for it in mail.outbox))
    assert "/masuk/" in logged()
    assert not tells(logged())
    assert not tells(everything_else_in_the_database())
    assert not any(tells(path.read_text()) for path in data_folder.rglob("*.*"))


def go_from_the_mail_to_the_number(client, clock, participant):
    email = participant.user.email
    client.post("/lupa-password/", {"email": email})
    [link] = re.findall(r"http://testserver(\S+)", mail.outbox[-1].body)
    form = client.get(link, follow=True).request["PATH_INFO"]
    password = {"password1": PASSWORD, "password2": PASSWORD}
    client.post(form, password, follow=True)
    client.post("/masuk/", {"login": email, "password": "salah"})
    client.post("/masuk/", {"login": email, "password": PASSWORD})
    client.get("/dashboard/")
    for video in OnboardingVideo.objects.all():
        client.get(f"/video/{video.position}/")
        client.post(f"/video/{video.position}/detak/", {"position": "1"})
        client.post(f"/video/{video.position}/selesai/")
        client.post(f"/video/{video.position}/mulai/")
        clock.shift(video.duration)
        client.post(f"/video/{video.position}/selesai/", follow=True)
    assert "data-card-number" in client.get("/dashboard/").text
    for path in (
        "/",
        "/pelatihan/",
        "/insentif/",
        "/akun/",
        "/akun/sesi/",
        "/video/3/",
    ):
        assert client.get(path).status_code == 200


def buy_a_training(client, participant):
    """Buy with the number and the code; return the code."""
    fund(Participant.objects.filter(pk=participant.pk), at=timezone.now())
    training = TrainingFactory(price=400_000)
    address = f"/pelatihan/{training.slug}/beli/"
    form = {"card_number": NUMBER, "idempotency_key": "kunci"}
    client.post("/pelatihan/tidak-ada/beli/", form)
    order = client.post(address, form).url
    client.get(order)
    client.post(f"{order}kode/", follow=True)
    [(_, text)] = sms.sent_to(participant.user.applicant.phone, newest=1)
    code = re.search(r"\d{6}", text)[0]
    client.post(f"{order}bayar/", {"code": code}, follow=True)
    for path in (order, "/pembelian/", "/saldo/", "/notifikasi/", "/dashboard/"):
        assert client.get(path).status_code == 200
    client.post("/keluar/", follow=True)
    return code


def staff_search_disclose_and_import(client, participant):
    client.force_login(UserFactory(superuser=True))
    own = f"{PARTICIPANTS}{participant.pk}/"
    found = client.post(f"{PARTICIPANTS}cari/", {"q": f"{NUMBER[:8]} {NUMBER[8:]}"})
    assert found.url == f"{own}change/"
    assert client.post(f"{PARTICIPANTS}cari/", {"q": "1234567890123456"}).url
    assert "6420" in client.get(PARTICIPANTS).text
    client.get(f"{own}nomor-kartu/")
    client.post(f"{own}nomor-kartu/", {"reason": ""})
    shown = client.post(f"{own}nomor-kartu/", {"reason": "Laporan 12"})
    assert "card-number" in shown.text
    people = (
        f"/admin/participants/user/{participant.user_id}/change/",
        f"/admin/participants/applicant/{participant.user.applicant.pk}/change/",
        f"/admin/participants/wave/{participant.wave_id}/change/",
    )
    for path in (f"{own}change/", f"{own}history/", "/admin/", *people):
        assert client.get(path).status_code == 200, path

    rows = [
        in_file(1, card_number=IMPORTED_NUMBER),
        in_file(2, card_number=NUMBER),  # somebody else's
        in_file(3, card_number=IMPORTED_NUMBER),  # twice in the file
        in_file(4, card_number=f"{NUMBER}0"),
    ]
    file = SimpleUploadedFile("lolos.csv", csv_text(*rows).encode(), "text/csv")
    report = client.post(f"{PARTICIPANTS}impor/", {"file": file}).url
    client.get(report)
    client.get(f"{report}baris-yang-salah.csv")
    client.post(report, {"good_rows_only": "on"}, follow=True)
    job = Job.objects.get()
    run(job.pk, clock=timezone.now)
    for address in (report, f"{report}baris-yang-salah.csv"):
        client.get(address)
    for address in ("change/", "kesalahan.csv"):
        assert client.get(f"/admin/jobs/job/{job.pk}/{address}").status_code == 200
    imported = Participant.objects.get(card_number=IMPORTED_NUMBER)
    assert client.get(f"{PARTICIPANTS}{imported.pk}/change/").status_code == 200
    assert client.get(f"{PARTICIPANTS}{imported.pk}/history/").status_code == 200


def meet_errors(client, participant, monkeypatch):
    client.force_login(User.objects.get(participant=participant))
    assert client.get("/tidak-ada/").status_code == 404
    assert client.get("/admin/", follow=True).status_code == 403
    monkeypatch.setattr(dashboard, "next_step", lambda *args, **options: 1 / 0)
    assert client.get("/dashboard/").status_code == 500


def everything_else_in_the_database():
    """Return what all tables hold but the column itself, sessions decoded."""
    rows = [
        row
        for app in ("admin", "jobs", "participants", "trainings")
        for model in apps.get_app_config(app).get_models()
        for row in serializers.serialize("python", model.objects.all())
    ]
    for row in rows:
        row["fields"].pop("card_number", None)
    sessions = [session.get_decoded() for session in Session.objects.all()]
    return f"{rows}\n{sessions}"
