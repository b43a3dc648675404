"""Login by e-mail: the backend, the password hash and what allauth may do here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest

from participants.models import User


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id at the OWASP ASVS 5.0 minimum: 25 ms and 19 MiB a password.

    Django's own figures cost 100 MiB each, which an announcement's hour of logins would
    not survive.
    """

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1


class Backend(AuthenticationBackend):
    """allauth's login by e-mail, loading all that every page needs in one query."""

    def get_user(self, user_id: Any) -> User | None:
        user = (
            User.objects.select_related(
                "participant__wave", "participant__current_viewing"
            )
            .filter(pk=user_id)
            .first()
        )
        return user if user and self.user_can_authenticate(user) else None


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
