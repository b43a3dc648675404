"""Factories: valid and boring by default; a trait is a situation."""

import datetime as dt

import factory
from django.utils import timezone
from factory import LazyAttribute, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from participants.models import (
    Applicant,
    Application,
    OnboardingVideo,
    Outcome,
    Participant,
    RejectionReason,
    RevocationReason,
    User,
    VideoViewing,
    Wave,
)
from participants.models.participant import TRAINING_GRANT

PASSWORD = "kata-sandi-uji"
WIB = timezone.get_default_timezone()


def wib(*args: int) -> dt.datetime:
    """Return an instant given in WIB: ``wib(2021, 9, 22, 20)``."""
    return dt.datetime(*args, tzinfo=WIB)


# When the default wave is announced and what "now" is in most tests.
ANNOUNCED_AT = wib(2021, 9, 22, 20)
NOW = wib(2021, 9, 28, 10)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"orang{n}@contoh.test")
    full_name = Sequence(lambda n: f"Sari Contoh {n}")
    password = factory.django.Password(PASSWORD)

    class Params:
        staff = Trait(is_staff=True)
        superuser = Trait(is_staff=True, is_superuser=True)


class WaveFactory(DjangoModelFactory[Wave]):
    """Wave 21 and later numbers, with the dates of wave 21 of 2021."""

    class Meta:
        model = Wave

    number = Sequence(lambda n: n + 21)
    opens_at = LazyAttribute(
        lambda wave: (wave.announced_at or ANNOUNCED_AT) - dt.timedelta(days=6)
    )
    closes_at = LazyAttribute(lambda wave: wave.opens_at + dt.timedelta(days=3))
    announced_at = ANNOUNCED_AT
    quota = 800_000

    class Params:
        unannounced = Trait(
            opens_at=wib(2021, 9, 16, 12),
            closes_at=wib(2021, 9, 19, 23, 59),
            announced_at=None,
        )


class ApplicantFactory(DjangoModelFactory[Applicant]):
    class Meta:
        model = Applicant

    user = SubFactory(UserFactory)
    nik = Sequence(lambda n: f"32730112{n:08d}")
    family_card_number = Sequence(lambda n: f"32730199{n:08d}")
    birth_date = dt.date(1998, 4, 17)
    phone = Sequence(lambda n: f"0812{n:08d}")


class ApplicationFactory(DjangoModelFactory[Application]):
    class Meta:
        model = Application

    applicant = SubFactory(ApplicantFactory)
    wave = SubFactory(WaveFactory)
    joined_at = LazyAttribute(lambda application: application.wave.opens_at)

    class Params:
        passed = Trait(
            outcome=Outcome.PASSED,
            decided_at=LazyAttribute(lambda application: application.wave.closes_at),
        )
        not_passed = Trait(
            outcome=Outcome.NOT_PASSED,
            rejection_reason=RejectionReason.SOCIAL_AID,
            decided_at=LazyAttribute(lambda application: application.wave.closes_at),
        )


class ParticipantFactory(DjangoModelFactory[Participant]):
    """Somebody who passed, with the applicant and application behind them."""

    class Meta:
        model = Participant
        skip_postgeneration_save = True

    user = SubFactory(UserFactory)
    wave = SubFactory(WaveFactory)
    pass_date = LazyAttribute(
        lambda participant: participant.wave.announced_on or dt.date(2021, 9, 22)
    )
    purchase_deadline = LazyAttribute(
        lambda participant: participant.wave.deadline_for(participant.pass_date)
    )

    class Params:
        funded = Trait(
            funded_at=LazyAttribute(
                lambda participant: participant.wave.announced_at + dt.timedelta(days=1)
            ),
            training_balance=TRAINING_GRANT,
        )
        revoked = Trait(
            revoked_at=LazyAttribute(
                lambda participant: timezone.make_aware(
                    dt.datetime.combine(
                        participant.purchase_deadline + dt.timedelta(days=1), dt.time(1)
                    )
                )
            ),
            revocation_reason=RevocationReason.DEADLINE,
        )

    @factory.post_generation
    def application(self: Participant, create: bool, extracted: object) -> None:
        ApplicationFactory(applicant__user=self.user, wave=self.wave, passed=True)

    @factory.post_generation
    def videos_completed(self: Participant, create: bool, extracted: int) -> None:
        """``ParticipantFactory(videos_completed=3)`` has watched all three."""
        for position in range(1, (extracted or 0) + 1):
            video = OnboardingVideo.objects.get(position=position)
            VideoViewingFactory(participant=self, video=video, complete=True)


class VideoViewingFactory(DjangoModelFactory[VideoViewing]):
    class Meta:
        model = VideoViewing

    participant = SubFactory(ParticipantFactory)
    video = LazyAttribute(lambda viewing: OnboardingVideo.objects.get(position=1))
    version = LazyAttribute(lambda viewing: viewing.video.version)
    duration = LazyAttribute(lambda viewing: viewing.video.duration)

    class Params:
        complete = Trait(
            credited=LazyAttribute(lambda viewing: viewing.duration),
            completed_at=ANNOUNCED_AT + dt.timedelta(days=1),
        )
