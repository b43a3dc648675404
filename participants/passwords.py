"""Which passwords are good enough: length counts, being guessable does not pass.

No rule about kinds of characters, and none about changing them (OWASP ASVS 5.0: 6.2).
"""

import re
from typing import Any

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError

# What somebody who must think of a password on this site thinks of first.
WORDS_OF_THE_PROGRAMME = re.compile(
    "prakerja|prakarya|kartu|pelatihan|insentif|gelombang|peserta|petugas"
    "|kata ?sandi|password|indonesia|merdeka"
)
MINIMUM_LENGTH = 8


class LongEnough(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return f"Terlalu pendek. Pakai minimal {self.min_length} karakter."

    def get_help_text(self) -> str:
        return f"Minimal {self.min_length} karakter."


class NotCommon(CommonPasswordValidator):
    def get_error_message(self) -> str:
        return "Terlalu banyak dipakai orang, jadi mudah ditebak."

    def get_help_text(self) -> str:
        return "Bukan kata sandi yang banyak dipakai orang."


class NotTheName(UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return "Terlalu mirip dengan nama atau e-mailmu."

    def get_help_text(self) -> str:
        return "Tidak mirip dengan nama atau e-mail."


class NotTheProgramme:
    """Refuse ``prakerja2026!``: without such words it must still be long enough."""

    def validate(self, password: str, user: object = None) -> None:
        words = "".join(WORDS_OF_THE_PROGRAMME.findall(password.lower()))
        if words and len(password) - len(words) < MINIMUM_LENGTH:
            raise ValidationError(
                "Kata seperti “prakerja” mudah ditebak di situs ini. Pakai kata lain, "
                "atau tambah panjangnya.",
                code="password_of_the_programme",
            )

    def get_help_text(self) -> str:
        return "Tidak hanya kata seperti “prakerja”."


class NotOwnNumbers:
    """Refuse the person's birth date, NIK, family card or phone number, likewise."""

    def validate(self, password: str, user: Any = None) -> None:
        applicant = getattr(user, "applicant", None)
        digits = re.sub(r"\D", "", password)
        if applicant is None:
            return
        born = applicant.birth_date
        numbers = [
            *(f"{born:{order}}" for order in ("%d%m%Y", "%d%m%y", "%Y%m%d", "%y%m%d")),
            applicant.nik,
            applicant.family_card_number,
            applicant.phone.removeprefix("0"),
        ]
        for number in numbers:
            if number in digits and len(password) - len(number) < MINIMUM_LENGTH:
                raise ValidationError(
                    "Jangan pakai tanggal lahir, NIK, nomor KK, atau nomor HP-mu.",
                    code="password_own_number",
                )

    def get_help_text(self) -> str:
        return "Bukan tanggal lahir, NIK, nomor KK, atau nomor HP."
