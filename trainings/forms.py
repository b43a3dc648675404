"""What people type when they buy."""

import re
import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator


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
        "Dibaca orang lain bersama nama depanmu: jangan tulis nomor HP, NIK, atau "
        "nomor kartu.",
        error_messages={
            "required": "Belum diisi. Tulis paling sedikit 20 huruf.",
            "min_length": "Terlalu pendek. Tulis paling sedikit 20 huruf.",
            "max_length": "Terlalu panjang. Tulis paling banyak 2.000 huruf.",
        },
    )


class CheckCodeForm(forms.Form):
    kode = forms.CharField(
        label="Kode pemeriksaan",
        max_length=40,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        help_text="16 huruf dan angka di bawah kode QR sertifikat. Huruf besar atau "
        "kecil sama saja.",
        error_messages={"required": "Belum diisi. Kodenya ada di sertifikat."},
    )

    def clean_kode(self) -> str:
        """Return the code as it is stored; people type spaces and small letters."""
        code = re.sub(r"[^0-9A-Z]", "", self.cleaned_data["kode"].upper())
        if not code:
            raise ValidationError(self.fields["kode"].error_messages["required"])
        return code
