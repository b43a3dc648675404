"""What people type when they buy."""

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from prakerja.refusal import Refusal


def _new_key() -> str:
    return uuid.uuid4().hex


class CardNumberForm(forms.Form):
    card_number = forms.CharField(
        label="Nomor Kartu Prakerja",
        max_length=40,
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text="16 angka dari kartu biru di dashboard; boleh ditempel dengan spasi. "
        "Bukan NIK dan bukan nomor KK.",
        error_messages={"required": "Belum diisi. Salin nomornya dari dashboard."},
    )
    # Sent twice, the form makes one order.
    idempotency_key = forms.CharField(
        max_length=64, widget=forms.HiddenInput, initial=_new_key
    )


class CodeField(forms.CharField):
    def to_python(self, value: object) -> str:
        """Take the digits; people type and paste spaces and dashes between them."""
        return re.sub(r"[\s-]", "", super().to_python(value) or "")


class CodeForm(forms.Form):
    code = CodeField(
        label="Kode OTP",
        max_length=12,
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "one-time-code"}
        ),
        help_text="6 angka dari SMS terakhir.",
        validators=[RegexValidator(r"^[0-9]{6}$", "Kode OTP terdiri dari 6 angka.")],
        error_messages={"required": "Belum diisi. Kodenya ada di SMS terakhir."},
    )

    def __init__(self, *args: Any, last_try: Refusal | None = None) -> None:
        """Begin empty, or with what was wrong with the code typed in before."""
        super().__init__(*args)
        if last_try is not None:
            self.errors["code"] = self.error_class([last_try.message])


# A phone number or NIK, also if written in groups; and an e-mail address.
LONG_NUMBER = r"[0-9](?:[\s.()/-]{0,3}[0-9]){8}"
EMAIL_ADDRESS = r"[^\s@]@[^\s@]+\.[^\s@]"

STARS = [
    (5, "5 – sangat baik"),
    (4, "4 – baik"),
    (3, "3 – cukup"),
    (2, "2 – buruk"),
    (1, "1 – sangat buruk"),
]


class ReviewForm(forms.Form):
    rating = forms.TypedChoiceField(
        label="Berapa bintang untuk pelatihan ini?",
        choices=STARS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Belum dipilih. Pilih 1 sampai 5 bintang."},
    )
    text = forms.CharField(
        label="Ulasanmu",
        min_length=20,
        max_length=2000,
        widget=forms.Textarea({"rows": 6}),
        help_text="20 sampai 2.000 huruf. Apa yang kamu pelajari, dan apa yang kurang? "
        "Dibaca orang lain bersama nama depanmu: jangan tulis nomor HP, NIK, nomor "
        "kartu, atau e-mail.",
        error_messages={
            "required": "Belum diisi. Tulis paling sedikit 20 huruf.",
            "min_length": "Terlalu pendek. Tulis paling sedikit 20 huruf.",
            "max_length": "Terlalu panjang. Tulis paling banyak 2.000 huruf.",
        },
        validators=[
            RegexValidator(
                LONG_NUMBER,
                "Ulasan dibaca semua orang. Hapus nomor HP, NIK, nomor kartu, atau "
                "nomor panjang lain, lalu kirim lagi.",
                inverse_match=True,
            ),
            RegexValidator(
                EMAIL_ADDRESS,
                "Ulasan dibaca semua orang. Hapus alamat e-mailnya, lalu kirim lagi.",
                inverse_match=True,
            ),
        ],
    )


# No code is like it: codes have no 0.
CERTIFICATE_NUMBER = re.compile(r"PRA20[0-9]+$")


class CheckCodeForm(forms.Form):
    kode = forms.CharField(
        label="Kode pemeriksaan",
        max_length=200,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        help_text="16 huruf dan angka di bawah kode QR sertifikat. Huruf besar atau "
        "kecil sama saja; alamat lengkapnya juga boleh ditempel.",
        error_messages={"required": "Belum diisi. Kodenya ada di sertifikat."},
    )

    def clean_kode(self) -> str:
        """Return the code as it is stored.

        People type spaces and small letters, paste the whole address, or take the
        certificate's number for its code.
        """
        typed = self.cleaned_data["kode"].upper()
        typed = re.split(r"[/?#]", typed.partition("/SERTIFIKAT/")[2] or typed)[0]
        code = re.sub(r"[^0-9A-Z]", "", typed)
        if not code:
            raise ValidationError(self.fields["kode"].error_messages["required"])
        if CERTIFICATE_NUMBER.match(code):
            raise ValidationError(
                "Itu nomor sertifikat. Kode pemeriksaannya ada di bawah kode QR."
            )
        return code
