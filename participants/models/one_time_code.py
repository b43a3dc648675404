"""Kode OTP: six digits sent to the registered phone, for one act and once."""

import datetime as dt
import secrets

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.crypto import constant_time_compare, salted_hmac

from participants.models.participant import Participant
from prakerja.refusal import Refusal

# OWASP ASVS 5.0: 6.5.5 asks for at most 10 minutes; so many tries at one in a million.
CODE_VALID_FOR = dt.timedelta(minutes=5)
TRIES = 5
RESEND_AFTER = dt.timedelta(seconds=60)
CODES_AN_HOUR = 5
HOUR = dt.timedelta(hours=1)


class CodeRefusal(Refusal):
    """The code can't be sent, or is not accepted."""


class TooSoonForCode(CodeRefusal):
    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            f"Kode baru saja dikirim. Minta lagi setelah {seconds} detik kalau SMS-nya "
            "belum masuk."
        )


class TooManyCodes(CodeRefusal):
    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"Sudah {CODES_AN_HOUR} kode dikirim dalam satu jam. Coba lagi "
            f"{minutes} menit lagi. Saldomu belum berkurang."
        )


class WrongCode(CodeRefusal):
    def __init__(self, tries_left: int) -> None:
        super().__init__(
            f"Kode OTP salah. Periksa SMS terakhir; masih bisa {tries_left} kali lagi."
        )


class CodeExpired(CodeRefusal):
    message = (
        "Kode OTP sudah tidak berlaku (hanya 5 menit). Minta kode baru, lalu masukkan "
        "kode dari SMS terakhir."
    )


class TooManyTries(CodeRefusal):
    message = (
        "Kode OTP salah 5 kali, jadi kode ini tidak bisa dipakai lagi. Minta kode baru."
    )


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def newest_for(self, purpose: str) -> "OneTimeCode | None":
        """Return the one code of a purpose that counts, if any was sent."""
        return self.filter(purpose=purpose).order_by("-sent_at", "-pk").first()

    def is_right(self, purpose: str, typed: str, *, at: dt.datetime) -> bool:
        """Say whether ``typed`` would be accepted; a wrong try is counted.

        Whether a code was sent at all can't be told from the answer, nor from the
        statements it takes. What the purpose belongs to must be locked.
        """
        newest = self.newest_for(purpose)
        is_equal = constant_time_compare(
            _hash(purpose, typed), newest.code_hash if newest else ""
        )
        if newest and is_equal and newest.is_open(at=at):
            return True
        counted = self.filter(pk=newest.pk if newest else 0, tries__lt=TRIES)
        counted.update(tries=F("tries") + 1)
        return False


class OneTimeCode(models.Model):
    """One code that was sent; only its hash is kept. The newest of a purpose counts."""

    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="one_time_codes"
    )
    # The one act it allows, like "order:4f0c…".
    purpose = models.CharField("untuk", max_length=64)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField("dikirim")
    tries = models.PositiveSmallIntegerField("salah", default=0)
    used_at = models.DateTimeField("dipakai", null=True, blank=True)
    # Whether the gateway took it; what it did not take uses up nobody's hour.
    was_sent = models.BooleanField("terkirim", default=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        verbose_name = "kode OTP"
        verbose_name_plural = "kode OTP"
        constraints = [
            models.CheckConstraint(
                condition=Q(tries__lte=TRIES),
                name="one_time_code_tries_are_limited",
                violation_error_message="Terlalu banyak percobaan kode OTP.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["participant", "sent_at"], name="one_time_code_recent"
            ),
            models.Index(fields=["purpose", "sent_at"], name="one_time_code_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} · {self.sent_at:%d-%m-%Y %H.%M}"

    @property
    def expires_at(self) -> dt.datetime:
        return self.sent_at + CODE_VALID_FOR

    @property
    def resend_at(self) -> dt.datetime:
        return self.sent_at + RESEND_AFTER

    def is_open(self, *, at: dt.datetime) -> bool:
        """Whether the right digits would still be accepted."""
        return self.used_at is None and at < self.expires_at and self.tries < TRIES

    def why_not(self, *, at: dt.datetime) -> CodeRefusal | None:
        """Say why it is accepted no more, or that the last try was wrong."""
        if self.used_at is not None or at >= self.expires_at:
            return CodeExpired()
        left = TRIES - self.tries
        if not left:
            return TooManyTries()
        return WrongCode(left) if self.tries else None

    def accept(self, typed: str, *, at: dt.datetime) -> CodeRefusal | None:
        """Use the code up if ``typed`` is right, else count the try and say why not.

        The row must be locked. Returns the refusal instead of raising it, so that the
        try is committed with the transaction it happens in.
        """
        if not self.is_open(at=at):
            return self.why_not(at=at)
        if not constant_time_compare(_hash(self.purpose, typed), self.code_hash):
            self.tries += 1
            self.save(update_fields=["tries"])
            return self.why_not(at=at)
        self.used_at = at
        self.save(update_fields=["used_at"])
        return None


@transaction.atomic
def new_code(
    participant: Participant,
    *,
    purpose: str,
    at: dt.datetime,
    an_hour: int = CODES_AN_HOUR,
) -> str:
    """Return six fresh digits for one purpose; earlier ones of it count no more.

    Raises TooSoonForCode within 60 s of the last for this purpose, TooManyCodes beyond
    ``an_hour`` for one person, whatever they are for.
    """
    # Two requests at once must not both find that there is room.
    Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    recent = OneTimeCode.objects.filter(
        participant=participant, sent_at__gt=at - HOUR
    ).order_by("sent_at")
    made = list(recent.values_list("purpose", "sent_at", "was_sent"))
    last = max((when for what, when, _ in made if what == purpose), default=None)
    if last and at < last + RESEND_AFTER:
        raise TooSoonForCode(_seconds(last + RESEND_AFTER - at))
    sent = [when for _, when, was_sent in made if was_sent]
    if len(sent) >= an_hour:
        free_at = sent[-an_hour] + HOUR
        raise TooManyCodes(_seconds(free_at - at) // 60 + 1)
    code = f"{secrets.randbelow(10**6):06d}"
    OneTimeCode.objects.create(
        participant=participant,
        purpose=purpose,
        code_hash=_hash(purpose, code),
        sent_at=at,
    )
    return code


def _hash(purpose: str, code: str) -> str:
    # Keyed: a million codes are tried in a moment by whoever reads the table alone.
    return salted_hmac(f"one-time-code:{purpose}", code, algorithm="sha256").hexdigest()


def _seconds(left: dt.timedelta) -> int:
    return max(1, -(-left // dt.timedelta(seconds=1)))
