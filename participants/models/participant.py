"""Peserta: who passed, their card number, and the one gate in front of it."""

import datetime as dt
import re
import secrets

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.db.models import Case, Count, F, FilteredRelation, Func, Q, Value, When
from django.db.models.functions import Cast, Greatest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import cached_property

from participants.models.applicant import SIXTEEN_DIGITS
from participants.models.user import User
from participants.models.wave import DAYS_TO_BUY, Wave
from prakerja.refusal import Refusal

# Rp1.000.000 training balance: Permenko 11/2020; never cash.
TRAINING_GRANT = 1_000_000
ONBOARDING_VIDEOS = 3
# "Paling lama 7x24 jam": the programme's own words to who passed, 2021.
DAYS_TO_FUND = dt.timedelta(days=7)


class NotACardNumber(Refusal):
    message = "Nomor Kartu Prakerja terdiri dari 16 angka. Salin dari dashboard."


class IdentityNumberTyped(Refusal):
    message = (
        "Itu NIK atau nomor KK, bukan nomor kartu. Salin 16 angka nomor kartu dari "
        "kartu biru di dashboard."
    )


class WrongCardNumber(Refusal):
    message = (
        "Nomor kartu tidak cocok. Salin 16 angkanya dari kartu biru di dashboard, lalu "
        "tempel di sini."
    )


def new_card_number() -> str:
    """Return 16 random digits; any 16 digits are a valid number, nothing is encoded."""
    return f"{secrets.randbelow(10**16):016d}"


class RevocationReason(models.TextChoices):
    """Why a membership was revoked; the label is the sentence the person reads."""

    DEADLINE = (
        "deadline",
        "Kamu tidak membeli pelatihan pertama sampai batas waktunya.",
    )
    FRAUD = "fraud", "Ditemukan penyalahgunaan atau pelanggaran aturan program."


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def unfunded(self) -> "ParticipantQuerySet":
        """Not revoked, and the balance has not come."""
        return self.filter(funded_at=None, revoked_at=None)

    def overdue(self, *, today: dt.date) -> "ParticipantQuerySet":
        """Not revoked, nothing bought, and the deadline day (WIB) is over."""
        return self.filter(
            revoked_at=None, first_purchased_at=None, purchase_deadline__lt=today
        )

    def count_for_funding(self) -> dict[str, int]:
        """Count who waits for the balance, who has it, who was revoked without it."""
        return self.order_by().aggregate(
            waiting=Count("pk", filter=Q(funded_at=None, revoked_at=None)),
            funded=Count("funded_at"),
            revoked=Count("revoked_at", filter=Q(funded_at=None)),
        )

    def with_secret_account(self, *, at: dt.datetime) -> "ParticipantQuerySet":
        """Whose account exists only because they passed an unannounced wave.

        Nobody has set a password for it, and nothing else of theirs is announced. That
        it exists would tell the result early.
        """
        return (
            self.exclude(wave__announced_at__lte=at)
            .filter(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
            .exclude(user__applicant__applications__wave__announced_at__lte=at)
        )

    def with_card_number(self, number: str) -> "Participant | None":
        """Return whose number these 16 digits are, at the same cost if nobody's.

        For partners that were given a number; whether its holder may use it is theirs
        to ask the gate.
        """
        return self.filter(card_number=number).first()

    def count_by_wave(self) -> dict[int, int]:
        """Count who passed, by the wave's primary key; waves without anybody lack."""
        waves = self.order_by().values_list("wave_id")
        # COUNT(*), unlike COUNT(id), is answered by the index on wave_id alone.
        return dict(waves.annotate(people=Count("*")))

    def for_funnel(self) -> dict[str, int]:
        """Count who passed, watched each video, sees the number, bought, was revoked.

        One query: each video is one outer join, which the unique viewing per video
        keeps from multiplying rows.
        """
        videos = range(1, ONBOARDING_VIDEOS + 1)
        finished = {
            f"finished_{n}": FilteredRelation(
                "viewings",
                condition=Q(viewings__video=n, viewings__completed_at__isnull=False),
            )
            for n in videos
        }
        all_finished = Q(*[(f"finished_{n}__isnull", False) for n in videos])
        people = self.order_by().alias(**finished)
        return people.aggregate(
            passed=Count("pk"),
            **{f"video_{n}": Count(f"finished_{n}") for n in videos},
            number_visible=Count("pk", filter=all_finished & Q(revoked_at=None)),
            bought=Count("first_purchased_at"),
            revoked=Count("revoked_at"),
        )

    def follow(self, wave: Wave, *, from_day: dt.date | None) -> int:
        """Let pass dates and deadlines follow a wave's dates, in one UPDATE.

        Who passed on ``from_day``, the former day of the announcement, passes on the
        new one; so does everybody if there was none. Nobody passes before it, and who
        passed later (a late SMS) keeps their own day. The deadline is the wave's
        ``deadline_for`` the pass date. Who was reinstated has a deadline of their own.
        Return how many rows changed.
        """
        day = wave.announced_on
        if day is None:
            return 0
        moves = Q(pass_date__lt=day)
        moves |= Q(pass_date=from_day) if from_day else Q(pass_date__gt=day)
        pass_date = Case(When(moves, then=Value(day)), default=F("pass_date"))
        # On PostgreSQL a date plus an interval is a timestamp, hence the cast.
        usual = pass_date + dt.timedelta(days=DAYS_TO_BUY - 1)
        deadline: Func = Cast(usual, models.DateField())
        if wave.purchase_deadline:
            deadline = Greatest(deadline, Value(wave.purchase_deadline))
        followers = self.exclude(reinstatements__isnull=False)
        return followers.exclude(
            pass_date=pass_date, purchase_deadline=deadline
        ).update(pass_date=pass_date, purchase_deadline=deadline)


class Participant(models.Model):
    """Peserta: somebody who passed a wave, once in a lifetime."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="participant",
        verbose_name="pengguna",
    )
    wave = models.ForeignKey(
        Wave,
        on_delete=models.PROTECT,
        related_name="participants",
        verbose_name="gelombang",
    )
    pass_date = models.DateField("tanggal lolos")
    purchase_deadline = models.DateField("batas beli pelatihan pertama")
    card_number = models.CharField(
        "nomor kartu", max_length=16, default=new_card_number
    )
    funded_at = models.DateTimeField("saldo masuk", null=True, blank=True)
    training_balance = models.PositiveBigIntegerField("saldo pelatihan", default=0)
    first_purchased_at = models.DateTimeField(
        "pembelian pertama", null=True, blank=True
    )
    revoked_at = models.DateTimeField("dicabut", null=True, blank=True)
    revocation_reason = models.CharField(
        "alasan pencabutan", max_length=10, choices=RevocationReason, blank=True
    )
    # The video whose beats count: the page opened last. Joined into the query for the
    # logged-in user, it spares the beat a query of its own.
    current_viewing = models.OneToOneField(
        "VideoViewing",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="video yang sedang ditonton",
    )

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = "peserta"
        verbose_name_plural = "peserta"
        permissions = [
            ("view_card_number", "Boleh melihat nomor kartu peserta"),
            ("import_participants", "Boleh mengimpor peserta"),
            ("fund_wave", "Boleh mengirim saldo pelatihan"),
            ("revoke_overdue", "Boleh mencabut yang lewat batas beli"),
            ("reinstate", "Boleh memulihkan kepesertaan"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["card_number"],
                name="participant_card_number_is_unique",
                violation_error_code="unique",  # shown beside the field
                violation_error_message="Nomor kartu ini sudah dipakai.",
            ),
            models.CheckConstraint(
                condition=Q(card_number__regex=SIXTEEN_DIGITS),
                name="participant_card_number_has_16_digits",
                violation_error_message="Nomor kartu harus 16 angka.",
            ),
            models.CheckConstraint(
                condition=Q(training_balance__gte=0),
                name="participant_balance_not_negative",
                violation_error_message="Saldo tidak boleh kurang dari nol.",
            ),
            models.CheckConstraint(
                condition=Q(training_balance=0) | Q(funded_at__isnull=False),
                name="participant_balance_only_when_funded",
                violation_error_message="Saldo baru ada setelah dana dikirim.",
            ),
            models.CheckConstraint(
                condition=Q(purchase_deadline__gte=F("pass_date")),
                name="participant_deadline_not_before_pass_date",
                violation_error_message="Batas beli tidak boleh sebelum tanggal lolos.",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revocation_reason="")
                | Q(
                    revoked_at__isnull=False,
                    revocation_reason__in=RevocationReason.values,
                ),
                name="participant_revoked_iff_reason",
                violation_error_message="Pencabutan harus disertai alasan.",
            ),
        ]
        indexes = [
            # Who is overdue: few rows out of millions once a wave is over.
            models.Index(
                fields=["purchase_deadline"],
                condition=Q(revoked_at=None, first_purchased_at=None),
                name="participant_not_yet_bought",
            ),
            models.Index(
                fields=["wave"],
                condition=Q(revoked_at__isnull=False),
                name="participant_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.wave}"

    def visible_card_number(self, *, at: dt.datetime) -> str | None:
        """Return the 16 digits if the person may see them, else None.

        The only door to the number for the person's own pages: the wave is announced,
        all three videos are complete, the membership is not revoked.
        """
        is_open = (
            self.wave.is_announced(at=at)
            and not self.is_revoked
            and self.videos_completed == ONBOARDING_VIDEOS
        )
        return self.card_number if is_open else None

    @property
    def masked_card_number(self) -> str:
        """The last four digits, for staff to compare with what a caller says."""
        return f"•••• •••• •••• {self.card_number[-4:]}"

    def check_card_number(self, typed: str) -> None:
        """Raise unless ``typed`` is this person's number, spaces and dashes aside.

        NotACardNumber for what is not 16 digits; IdentityNumberTyped for the person's
        own NIK or family card number, which have 16 too; else WrongCardNumber, which
        tells nothing about anybody else's.
        """
        digits = re.sub(r"[\s\u2010-\u2015.-]", "", typed)
        if not re.fullmatch(SIXTEEN_DIGITS, digits):
            raise NotACardNumber
        if constant_time_compare(digits, self.card_number):
            return
        applicant = self.user.applicant
        if digits in {applicant.nik, applicant.family_card_number}:
            raise IdentityNumberTyped
        raise WrongCardNumber

    def disclose_card_number(self, *, by: User, reason: str, at: dt.datetime) -> str:
        """Return the number to staff and record who asked, when and why."""
        CardNumberDisclosure.objects.create(
            participant=self, disclosed_to=by, reason=reason, disclosed_at=at
        )
        return self.card_number

    @cached_property
    def completed_videos(self) -> frozenset[int]:
        """Positions of the videos that are complete, read once per instance."""
        complete = self.viewings.filter(completed_at__isnull=False)
        return frozenset(complete.values_list("video_id", flat=True))

    @property
    def videos_completed(self) -> int:
        return len(self.completed_videos)

    @property
    def next_video(self) -> int | None:
        """The position of the first video that is not complete."""
        every = range(1, ONBOARDING_VIDEOS + 1)
        return next((n for n in every if n not in self.completed_videos), None)

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def is_funded(self) -> bool:
        return self.funded_at is not None

    @property
    def funding_promised_on(self) -> dt.date:
        """The WIB day by which the balance is promised: 7x24 hours after passing."""
        return self.pass_date + DAYS_TO_FUND

    @property
    def deadline_at(self) -> dt.datetime:
        """The last second to buy the first training, 23.59.59 WIB."""
        return timezone.make_aware(
            dt.datetime.combine(self.purchase_deadline, dt.time(23, 59, 59))
        )

    def days_left(self, *, today: dt.date) -> int:
        """Return days until the deadline; 0 on the last day, negative after it."""
        return (self.purchase_deadline - today).days

    def is_funding_late(self, *, today: dt.date) -> bool:
        """Whether the promised day is over and the balance has not come."""
        return not self.is_funded and today > self.funding_promised_on

    def is_overdue(self, *, today: dt.date) -> bool:
        """Whether the deadline day is over and nothing was bought."""
        return self.first_purchased_at is None and self.days_left(today=today) < 0


class CardNumberDisclosure(models.Model):
    """Pembukaan nomor kartu: one row each time staff saw a full number."""

    participant = models.ForeignKey(
        Participant,
        on_delete=models.PROTECT,
        related_name="disclosures",
        verbose_name="peserta",
    )
    disclosed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="petugas",
    )
    disclosed_at = models.DateTimeField("waktu")
    reason = models.CharField("alasan", max_length=200)

    class Meta:
        verbose_name = "pembukaan nomor kartu"
        verbose_name_plural = "pembukaan nomor kartu"
        ordering = ["-disclosed_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="card_number_disclosure_has_reason",
                violation_error_message="Alasan wajib diisi.",
            ),
        ]

    def __str__(self) -> str:
        at = timezone.localtime(self.disclosed_at)
        return f"{self.participant} · {at:%d-%m-%Y %H.%M}"
