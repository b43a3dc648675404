"""Factories: valid and boring by default; a trait is a situation."""

import datetime as dt

import factory
from django.db.models import F
from django.utils import timezone
from factory import LazyAttribute, SelfAttribute, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from jobs.models import Job, JobState
from participants.models import (
    Applicant,
    Application,
    EntryKind,
    OnboardingVideo,
    Outcome,
    Participant,
    RejectionReason,
    RevocationReason,
    User,
    VideoViewing,
    Wave,
)
from participants.models.balance import credit, spend
from participants.models.participant import TRAINING_GRANT
from trainings.models import (
    Category,
    Certificate,
    Mode,
    Order,
    Platform,
    Provider,
    Purchase,
    Review,
    Stage,
    Training,
)
from trainings.models.purchase import STAGE_TIMES

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
    revoked_at = None

    class Params:
        funded = Trait(
            funded_at=LazyAttribute(
                lambda participant: participant.wave.announced_at + dt.timedelta(days=1)
            ),
            training_balance=LazyAttribute(
                lambda participant: 0 if participant.revoked_at else TRAINING_GRANT
            ),
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
    def balance_entries(self: Participant, create: bool, extracted: object) -> None:
        """Book what they were granted, and what the revoked have lost."""
        granted = self.training_balance
        if self.is_funded and self.is_revoked:
            granted = TRAINING_GRANT
            self.balance_entries.create(
                kind=EntryKind.FORFEIT,
                amount=-granted,
                made_at=self.revoked_at,
                reference=f"revoked:{self.revoked_at.isoformat()}",
            )
        if granted:
            self.balance_entries.create(
                kind=EntryKind.GRANT, amount=granted, made_at=self.funded_at
            )

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


class PlatformFactory(DjangoModelFactory[Platform]):
    class Meta:
        model = Platform

    name = Sequence(lambda n: f"Platform Contoh {n}")
    slug = Sequence(lambda n: f"platform-contoh-{n}")
    contact = "bantuan@platform.test"


class ProviderFactory(DjangoModelFactory[Provider]):
    class Meta:
        model = Provider

    name = Sequence(lambda n: f"Lembaga Contoh {n}")
    slug = Sequence(lambda n: f"lembaga-contoh-{n}")
    contact = "halo@lembaga.test"


class TrainingFactory(DjangoModelFactory[Training]):
    """On sale all of 2021 without an end, on one platform of its own."""

    class Meta:
        model = Training
        skip_postgeneration_save = True

    code = Sequence(lambda n: f"LC-{n:04d}")
    slug = Sequence(lambda n: f"pelatihan-contoh-{n}")
    title = Sequence(lambda n: f"Pelatihan Contoh {n}")
    summary = "Belajar dasar-dasarnya dalam seminggu."
    outcomes = "Menyiapkan alat\nMengerjakan pesanan pertama"
    category = Category.OFFICE
    mode = Mode.ONLINE
    hours = 12
    price = 500_000
    schedule = "Kapan saja, dalam 30 hari sejak kode ditukar"
    on_sale_from = dt.date(2021, 1, 1)
    provider = SubFactory(ProviderFactory)

    class Params:
        ended = Trait(on_sale_until=dt.date(2021, 8, 31))
        upcoming = Trait(on_sale_from=dt.date(2022, 1, 1))

    @factory.post_generation
    def platforms(self: Training, create: bool, extracted: list[Platform]) -> None:
        """``TrainingFactory(platforms=[shop])`` is sold there and nowhere else."""
        if create:
            self.platforms.set([PlatformFactory()] if extracted is None else extracted)


class OrderFactory(DjangoModelFactory[Order]):
    """Made by somebody who may buy, just now."""

    class Meta:
        model = Order

    participant = SubFactory(ParticipantFactory, videos_completed=3, funded=True)
    training = SubFactory(TrainingFactory)
    price = LazyAttribute(lambda order: order.training.price)
    idempotency_key = Sequence(lambda n: f"kunci-{n}")
    request_hash = "0" * 64
    ordered_at = NOW


class PurchaseFactory(DjangoModelFactory[Purchase]):
    """Paid, with its order and ledger row: ``PurchaseFactory(at_office=True)``.

    Stages are an hour apart from ``paid_at`` on, unless their instants are given. What
    belongs to the order may be given here: ``participant``, ``training``, ``price``.
    """

    class Meta:
        model = Purchase
        skip_postgeneration_save = True

    class Params:
        redeemed = Trait(stage=Stage.REDEEMED)
        in_progress = Trait(stage=Stage.IN_PROGRESS)
        finished = Trait(stage=Stage.FINISHED)
        at_platform = Trait(stage=Stage.AT_PLATFORM)
        at_office = Trait(stage=Stage.AT_OFFICE)
        completed = Trait(stage=Stage.COMPLETED)
        cancelled = Trait(stage=Stage.CANCELLED)

    stage = Stage.PAID
    paid_at = NOW

    order = SubFactory(OrderFactory, ordered_at=SelfAttribute("..paid_at"))

    @classmethod
    def _generate(cls, strategy, params):
        about_order = ("participant", "training", "price", "platform")
        named = {
            f"order__{key}" if key.split("__")[0] in about_order else key: value
            for key, value in params.items()
        }
        return super()._generate(strategy, named)

    @classmethod
    def _create(cls, model_class, *args, order, **given):
        given |= _times(given) | _name(given, order)
        payment = spend(
            order.participant,
            amount=order.price,
            reference=order.purpose,
            description=order.training.title,
            at=given["paid_at"],
        )
        if given["stage"] == Stage.CANCELLED:
            given |= _cancellation(order, given)
        order.participant.refresh_from_db()
        return super()._create(
            model_class,
            order=order,
            participant=order.participant,
            training=order.training,
            price=order.price,
            payment=payment,
            **given,
        )

    @factory.post_generation
    def certificate(self: Purchase, create: bool, extracted: object) -> None:
        if self.is_completed:
            CertificateFactory(purchase=self)


def _times(given):
    """Return the instants of the stages reached, an hour apart."""
    stages = list(STAGE_TIMES)
    reached = stages.index(given["stage"]) if given["stage"] in stages else 0
    return {
        field: given.get(field) or given["paid_at"] + dt.timedelta(hours=number)
        for number, field in enumerate(STAGE_TIMES.values())
        if number <= reached
    }


def _name(given, order):
    """Return the name that a provider has reported once the learning is finished."""
    has_report = "finished_at" in given or given["stage"] in list(STAGE_TIMES)[3:]
    name = order.participant.user.full_name if has_report else ""
    return {"reported_name": given.get("reported_name", name)}


def _cancellation(order, given):
    at = given["paid_at"] + dt.timedelta(hours=1)
    refund = credit(
        order.participant,
        kind=EntryKind.REFUND,
        amount=order.price,
        reference=order.purpose,
        description=order.training.title,
        by=None,
        at=at,
    )
    defaults = {"cancelled_at": at, "cancel_reason": "Kelas dibatalkan lembaga"}
    return defaults | {"refund": refund}


class CertificateFactory(DjangoModelFactory[Certificate]):
    """``PurchaseFactory(completed=True)`` brings its own."""

    class Meta:
        model = Certificate

    number = Sequence(lambda n: f"PRA-2021-{n:08d}")
    holder_name = LazyAttribute(
        lambda certificate: certificate.purchase.participant.user.full_name
    )
    issued_at = LazyAttribute(lambda certificate: certificate.purchase.completed_at)


class ReviewFactory(DjangoModelFactory[Review]):
    """Five stars for a completed training, counted in the training's mean."""

    class Meta:
        model = Review
        skip_postgeneration_save = True

    class Params:
        hidden = Trait(
            hidden_at=NOW + dt.timedelta(days=2),
            hidden_reason="Memuat nomor telepon",
            hidden_by=SubFactory(UserFactory, staff=True),
        )

    purchase = SubFactory(PurchaseFactory, completed=True)
    training = LazyAttribute(lambda review: review.purchase.training)
    rating = 5
    text = "Materinya jelas dan langsung bisa dipakai."
    created_at = LazyAttribute(
        lambda review: review.purchase.completed_at + dt.timedelta(days=1)
    )

    @factory.post_generation
    def counted(self: Review, create: bool, extracted: object) -> None:
        if self.hidden_at is None:
            Training.objects.filter(pk=self.training_id).update(
                rating_sum=F("rating_sum") + self.rating,
                rating_count=F("rating_count") + 1,
            )


class JobFactory(DjangoModelFactory[Job]):
    class Meta:
        model = Job

    kind = "test"
    requested_at = NOW
    not_before = NOW

    class Params:
        running = Trait(
            state=JobState.RUNNING,
            started_at=NOW,
            lease_token=factory.Faker("uuid4", cast_to=None),
            lease_until=NOW + dt.timedelta(seconds=60),
        )
        is_done = Trait(state=JobState.DONE, total=0, started_at=NOW, finished_at=NOW)
        failed = Trait(
            state=JobState.FAILED,
            started_at=NOW,
            finished_at=NOW,
            failure="Gelombang belum ditutup.",
        )
        cancelled = Trait(state=JobState.CANCELLED, finished_at=NOW)
