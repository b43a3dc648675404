"""allauth's forms in our words, and without placeholders: those vanish while typing."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from participants.models import Participant, User

HOW_TO_CHOOSE = (
    "Minimal 8 karakter. Beberapa kata yang tidak berhubungan mudah kamu ingat dan "
    "sulit ditebak orang."
)


def _say(field: forms.Field, label: str, help_text: str = "") -> None:
    field.label, field.help_text = label, help_text
    field.error_messages["required"] = "Belum diisi."
    field.error_messages["invalid"] = "Tulis lengkap, misalnya nama@contoh.com."
    field.widget.attrs.pop("placeholder", None)


class LoginForm(allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["login"], "E-mail")
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        _say(self.fields["password"], "Kata sandi")

    def clean(self) -> dict[str, Any]:
        """Put the refusal beside a field; which of the two was wrong stays untold."""
        try:
            super().clean()
        except ValidationError as refused:
            self.add_error("password", refused)
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned


class LinkForm(allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["email"], "E-mail")

    def clean_email(self) -> str:
        """Find the account, unless only a result not yet announced has made it."""
        email: str = super().clean_email()
        secret = Participant.objects.with_secret_account(at=timezone.now())
        if secret.filter(user__email=email).exists():
            self.users: list[User] = []
        return email


class ReauthenticateForm(allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["password"], "Kata sandi")


class NewPasswordForm(allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["password1"], "Kata sandi baru", HOW_TO_CHOOSE)
        _say(self.fields["password2"], "Ulangi kata sandi baru")

    def clean(self) -> dict[str, Any]:
        return _clean_repetition(self)


class ChangePasswordForm(allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["oldpassword"], "Kata sandi sekarang")
        _say(self.fields["password1"], "Kata sandi baru", HOW_TO_CHOOSE)
        _say(self.fields["password2"], "Ulangi kata sandi baru")

    def clean(self) -> dict[str, Any]:
        return _clean_repetition(self)


def _clean_repetition(form: forms.Form) -> dict[str, Any]:
    first, second = map(form.cleaned_data.get, ("password1", "password2"))
    if first and second and first != second:
        form.add_error("password2", "Belum sama dengan yang di atas. Ketik ulang.")
    return form.cleaned_data
