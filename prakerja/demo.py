"""Demo data: the real waves of 2021, two invented current ones, invented people.

Nobody here is real: names come from Faker, and the numbers begin with 99, which no
region of Indonesia has.
"""

import datetime as dt
import random
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants import sms
from participants.models import (
    Applicant,
    Application,
    OnboardingVideo,
    Outcome,
    Participant,
    RejectionReason,
    User,
    VideoViewing,
    Wave,
)
from participants.models.participant import ONBOARDING_VIDEOS
from prakerja import demo_money, demo_shop
from prakerja.refusal import Refusal
from trainings.models import Order

PASSWORD = "prakerja-demo"
INVENTED_PEOPLE = 2_000
SEED = 2021
PAST_WAVE, ANNOUNCED_WAVE, OPEN_WAVE = 100, 101, 102


@dataclass(frozen=True)
class DemoLogin:
    email: str
    words: str
    name: str


PARTICIPANTS = [
    DemoLogin("baru@demo.test", "baru lolos, belum menonton video", "Sari Wulandari"),
    DemoLogin("siap@demo.test", "tiga video selesai, belum membeli", "Budi Santoso"),
    DemoLogin("belajar@demo.test", "pelatihan pertama dibeli", "Putri Ayu"),
    DemoLogin("selesai@demo.test", "sertifikat terbit, belum mengulas", "Joko Susilo"),
    DemoLogin("dicabut@demo.test", "lewat batas beli, dicabut", "Rina Kusuma"),
    DemoLogin("gagal@demo.test", "belum berhasil lolos", "Agus Pratama"),
    DemoLogin("pendaftar@demo.test", "menunggu gelombang ditutup", "Dewi Lestari"),
]
STAFF = [
    DemoLogin("petugas@demo.test", "petugas (pembuat)", "Tono Petugas"),
    DemoLogin("pemeriksa@demo.test", "petugas (pemeriksa)", "Maya Pemeriksa"),
    DemoLogin("admin@demo.test", "admin penuh", "Admin Peragaan"),
]
DEMO_LOGINS = PARTICIPANTS + STAFF


class DemoRefused(Refusal):
    """Demo data has no place among real people."""

    message = "Data peragaan hanya dimuat bila DEMO=1 atau DEBUG menyala."


def demo(request: HttpRequest) -> dict[str, object]:
    """Context processor: whether this site shows invented people, and who logs in."""
    if not settings.DEMO:
        return {"demo": False}
    return {"demo": True, "demo_logins": DEMO_LOGINS, "demo_password": PASSWORD}


@require_safe
def sms_inbox(request: HttpRequest) -> HttpResponse:
    """Show the messages that a real site would have sent to this person's phone."""
    applicant = getattr(request.user, "applicant", None)
    if not settings.DEMO:
        raise Http404
    inbox = sms.sent_to(applicant.phone, newest=10) if applicant else []
    participant = cast(User, request.user).announced_participant(at=timezone.now())
    open_orders = Order.objects.open(at=timezone.now())
    order = open_orders.filter(participant=participant).first()
    return render(request, "prakerja/demo_sms.html", {"inbox": inbox, "order": order})


def is_loaded() -> bool:
    return User.objects.filter(email=DEMO_LOGINS[0].email).exists()


@transaction.atomic
def load_demo(*, at: dt.datetime) -> bool:
    """Load the demo once, whole or not at all; return whether there was need to.

    Raises DemoRefused on a site that is neither a demo nor a developer's.
    """
    if not (settings.DEMO or settings.DEBUG):
        raise DemoRefused
    if is_loaded():
        return False
    call_command("load_waves", verbosity=0)
    call_command("load_trainings", verbosity=0)
    demo_shop.open_shop(at=at)
    waves = {wave.number: wave for wave in [*_invented_waves(at), *Wave.objects.all()]}
    people = _Crowd(waves, at)
    people.add_logins()
    people.add_invented(INVENTED_PEOPLE)
    people.save()
    _add_staff()
    return True


def _invented_waves(at: dt.datetime) -> list[Wave]:
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)

    def moment(days: int, hour: int, minute: int = 0) -> dt.datetime:
        return today + dt.timedelta(days=days, hours=hour, minutes=minute)

    past = Wave.objects.create(
        number=PAST_WAVE,
        opens_at=moment(-53, 12),
        closes_at=moment(-50, 23, 59),
        announced_at=moment(-45, 15),
        quota=1_000,
        balance_expires_on=(today + dt.timedelta(days=60)).date(),
    )
    announced = Wave.objects.create(
        number=ANNOUNCED_WAVE,
        opens_at=moment(-12, 12),
        closes_at=moment(-9, 23, 59),
        announced_at=moment(-4, 15),
        quota=1_000,
        balance_expires_on=(today + dt.timedelta(days=90)).date(),
    )
    opened = Wave.objects.create(
        number=OPEN_WAVE,
        opens_at=moment(-1, 12),
        closes_at=moment(2, 23, 59),
        announced_at=moment(5, 15),
        quota=1_000,
        balance_expires_on=(today + dt.timedelta(days=120)).date(),
    )
    return [past, announced, opened]


class _Crowd:
    """People on their way into the database, a few statements for all of them."""

    def __init__(self, waves: dict[int, Wave], at: dt.datetime) -> None:
        self.waves = waves
        self.at = at
        self.random = random.Random(SEED)
        # Only who loads the demo pays for it, not every site that is none.
        from faker import Faker  # noqa: PLC0415

        self.fake = Faker("id_ID")
        self.fake.seed_instance(SEED)
        self.videos = list(OnboardingVideo.objects.all())
        self.users: list[User] = []
        self.applicants: list[Applicant] = []
        self.applications: list[Application] = []
        self.participants: list[Participant] = []
        self.viewings: list[VideoViewing] = []
        self.funded: list[Participant] = []
        self.buyers: list[Participant] = []

    def add_logins(self) -> None:
        password = make_password(PASSWORD)
        new, ready, learning, finished, revoked, failed, waiting = (
            self._applicant(login.email, login.name, password) for login in PARTICIPANTS
        )
        self._passed(new, ANNOUNCED_WAVE)
        self._passed(ready, ANNOUNCED_WAVE, videos=3, is_funded=True)
        self.learner = self._passed(learning, ANNOUNCED_WAVE, videos=3, is_funded=True)
        self.graduate = self._passed(finished, PAST_WAVE, videos=3, is_funded=True)
        self._passed(revoked, PAST_WAVE, videos=1, is_funded=True)
        self._apply(failed, ANNOUNCED_WAVE, RejectionReason.SOCIAL_AID)
        self._apply(waiting, OPEN_WAVE)

    def add_invented(self, count: int) -> None:
        past = [
            number
            for number, wave in self.waves.items()
            if number == PAST_WAVE
            or (wave.announced_at and wave.announced_at.year == 2021)
        ]
        for index in range(count):
            name = self.fake.name()
            applicant = self._applicant(f"orang{index}@contoh.test", name, "!")
            fate = index % 10
            if fate < 4:
                videos = self.random.choice([0, 0, 1, 2, 3, 3, 3])
                self._passed(
                    applicant,
                    ANNOUNCED_WAVE,
                    videos=videos,
                    is_funded=self.random.random() < 0.8,
                )
            elif fate < 7:
                self._passed(
                    applicant,
                    self.random.choice(past),
                    videos=3,
                    is_funded=True,
                    has_bought=self.random.random() < 0.95,
                )
            elif fate < 8:
                reason = self.random.choice(RejectionReason.values)
                self._apply(applicant, ANNOUNCED_WAVE, RejectionReason(reason))
            else:
                self._apply(applicant, OPEN_WAVE)

    def save(self) -> None:
        User.objects.bulk_create(self.users, batch_size=500)
        Applicant.objects.bulk_create(self.applicants, batch_size=500)
        Application.objects.bulk_create(self.applications, batch_size=500)
        Participant.objects.bulk_create(self.participants, batch_size=500)
        VideoViewing.objects.bulk_create(self.viewings, batch_size=500)
        demo_money.fund_people(self.funded)
        demo_money.buy_and_complete(self.buyers, self.random)
        demo_money.begin_to_learn(self.learner)
        demo_money.finish_learning(self.graduate)
        demo_money.revoke_overdue(self.waves.values(), at=self.at)

    def _applicant(self, email: str, name: str, password: str) -> Applicant:
        user = User(email=email, full_name=name, password=password)
        number = len(self.applicants)
        applicant = Applicant(
            user=user,
            nik=f"99{number:014d}",
            family_card_number=f"98{number:014d}",
            birth_date=self.fake.date_of_birth(minimum_age=18, maximum_age=60),
            phone=f"0800{number:08d}",
        )
        self.users.append(user)
        self.applicants.append(applicant)
        return applicant

    def _apply(
        self,
        applicant: Applicant,
        wave_number: int,
        rejection: RejectionReason | None = None,
        *,
        has_passed: bool = False,
    ) -> None:
        wave = self.waves[wave_number]
        is_decided = has_passed or rejection is not None
        outcome = Outcome.PASSED if has_passed else Outcome.NOT_PASSED
        self.applications.append(
            Application(
                applicant=applicant,
                wave=wave,
                joined_at=wave.opens_at or self.at,
                outcome=outcome if is_decided else "",
                rejection_reason=rejection or "",
                decided_at=wave.announced_at if is_decided else None,
            )
        )

    def _passed(
        self,
        applicant: Applicant,
        wave_number: int,
        *,
        videos: int = 0,
        is_funded: bool = False,
        has_bought: bool = False,
    ) -> Participant:
        self._apply(applicant, wave_number, has_passed=True)
        wave = self.waves[wave_number]
        announced_at = wave.announced_at or self.at
        pass_date = timezone.localdate(announced_at)
        participant = Participant(
            user=applicant.user,
            wave=wave,
            pass_date=pass_date,
            purchase_deadline=wave.deadline_for(pass_date),
        )
        self.participants.append(participant)
        if is_funded:
            self.funded.append(participant)
        if has_bought:
            self.buyers.append(participant)
        for video in self.videos[: min(videos, ONBOARDING_VIDEOS)]:
            watched_at = announced_at + dt.timedelta(hours=5, minutes=video.pk)
            self.viewings.append(
                VideoViewing(
                    participant=participant,
                    video=video,
                    version=video.version,
                    duration=video.duration,
                    credited=video.duration,
                    last_beat_at=watched_at,
                    completed_at=watched_at,
                )
            )
        return participant


def _add_staff() -> None:
    maker, checker, superuser = STAFF
    for login, group in ((maker, "Petugas"), (checker, "Pemeriksa")):
        user = User.objects.create_user(
            login.email, PASSWORD, full_name=login.name, is_staff=True
        )
        user.groups.add(Group.objects.get(name=group))
    User.objects.create_superuser(superuser.email, PASSWORD, full_name=superuser.name)
