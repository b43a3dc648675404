"""Login by e-mail: the password hash, who is loaded, and the limits on guessing.

Nothing tells whether an account exists. An unknown e-mail, a wrong password, and a
person who never set one cost the same queries and one password hash, and read the same
sentence; asking for a link sends one mail in any case (see ``AccountAdapter``).
"""

import datetime as dt
import hashlib
from ipaddress import ip_network
from typing import Any, NamedTuple

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from participants.models import User

# Seconds after which a failure no longer counts, as in ACCOUNT_RATE_LIMITS.
ACCOUNT_CLOSED_HERE = 5 * 60


class FailureLimit(NamedTuple):
    """At most so many failures in each stretch of so many seconds.

    Read without a lock, since a whole network shares one counter: parallel tries may
    exceed it by their number. The limit on one account from one address is exact.
    """

    failures: int
    seconds: int

    def key(self, whose: str, *, at: dt.datetime) -> str:
        stretch = int(at.timestamp()) // self.seconds
        hashed = hashlib.sha256(whose.encode()).hexdigest()
        return f"login-failed:{self.seconds}:{stretch}:{hashed}"

    def seconds_left(self, *, at: dt.datetime) -> int:
        """Return how long it is to the next stretch."""
        return self.seconds - int(at.timestamp()) % self.seconds


ACCOUNT_ANYWHERE = FailureLimit(failures=30, seconds=60 * 60)
NETWORK = FailureLimit(failures=60, seconds=60)


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
    """What allauth may do here, and in which words.

    Five failures in five minutes close an account for the address they came from, so
    that guessing does not lock its owner out elsewhere; thirty an hour from anywhere
    close it for all addresses, and a new password by mail opens it at once. Networks
    are limited as a whole, generously: mobile carriers put many people behind one.

    A link asked for an unknown e-mail sends a mail there too, saying so: answering at
    once would tell, and people with two addresses learn that they took the wrong one.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "Tidak cocok dengan e-mail ini. Periksa keduanya, "
        "lalu coba lagi.",
        "enter_current_password": "Bukan yang kamu pakai sekarang. Coba lagi.",
        "incorrect_password": "Tidak cocok. Coba lagi.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Return no: these are pages, and allauth's JSON would be a second way in."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Return whether ``next=`` is a path, without scheme or host."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_overview")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count one try; raise ValidationError when there were too many failures."""
        now = timezone.now()
        limits = self._slow_limits(request, credentials["email"], at=now)
        failures = cache.get_many(limits)
        for key, limit in limits.items():
            if failures.get(key, 0) >= limit.failures:
                raise too_many_failures(wait=limit.seconds_left(at=now), at=now)
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refused:
            raise too_many_failures(wait=ACCOUNT_CLOSED_HERE, at=now) from refused

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        limits = self._slow_limits(request, credentials["email"], at=timezone.now())
        for key, limit in limits.items():
            cache.set(key, cache.get(key, 0) + 1, limit.seconds)

    def _slow_limits(
        self, request: HttpRequest, email: str, *, at: dt.datetime
    ) -> dict[str, FailureLimit]:
        return {
            ACCOUNT_ANYWHERE.key(email.lower(), at=at): ACCOUNT_ANYWHERE,
            NETWORK.key(network_of(request), at=at): NETWORK,
        }

    def _get_login_attempts_cache_key(
        self, request: HttpRequest, **credentials: Any
    ) -> str:
        return f"{credentials['email'].lower()} {self.get_client_ip(request)}"

    def set_password(self, user: User, password: str) -> None:
        """Set it and forget the failures: whoever reads the mail is the owner."""
        super().set_password(user, password)
        key = self._get_login_attempts_cache_key(self.request, email=user.email)
        ratelimit.clear(self.request, action="login_failed", key=key)
        cache.delete(ACCOUNT_ANYWHERE.key(user.email, at=timezone.now()))

    def send_password_reset_mail(
        self, user: User, email: str, context: dict[str, Any]
    ) -> None:
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        super().send_password_reset_mail(user, email, context | {"hours": hours})


def network_of(request: HttpRequest) -> str:
    """Return the address that a request came from, or its household's network."""
    address: str = AccountAdapter(request).get_client_ip(request)
    if ":" in address:  # one household has 2^64 addresses of IPv6
        return f"{ip_network(f'{address}/64', strict=False)}"
    return address


def too_many_failures(*, wait: int, at: dt.datetime) -> ValidationError:
    """Return the refusal that names the minute (WIB) in which ``wait`` s are over."""
    until = timezone.localtime(at) + dt.timedelta(seconds=wait + 59)
    return ValidationError(
        f"Terlalu banyak percobaan yang gagal. Coba lagi setelah pukul {until:%H.%M} "
        "WIB, atau buat kata sandi baru lewat “Lupa kata sandi?”.",
        code="too_many_login_attempts",
        params={"wait": wait},
    )
