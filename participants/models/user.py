"""Whoever logs in: participants, applicants and staff."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone

if TYPE_CHECKING:
    from participants.models.participant import Participant


# Titles that people write before their name without a full stop, too.
TITLES = {"dr", "drg", "drs", "dra", "ir", "prof", "hj", "kh", "tgk", "ust", "ustadz"}


class LowercaseEmailField(models.EmailField):  # type: ignore[type-arg]
    """An e-mail address, stored and looked up in lower case."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Pengguna: a login by e-mail. Staff are users too."""

    email = LowercaseEmailField("e-mail")
    full_name = models.CharField("nama lengkap", max_length=150)
    is_staff = models.BooleanField("boleh masuk halaman petugas", default=False)
    is_active = models.BooleanField("aktif", default=True)
    date_joined = models.DateTimeField("terdaftar", default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = "pengguna"
        verbose_name_plural = "pengguna"
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="user_email_is_unique",
                violation_error_code="unique",  # shown beside the field
                violation_error_message="E-mail ini sudah dipakai akun lain.",
            ),
            # With the constraint above, lower(email) is unique.
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="user_email_is_lowercase",
                violation_error_message="E-mail harus ditulis dengan huruf kecil.",
            ),
        ]
        indexes = [
            # The admin searches names by how they begin, in any case. On PostgreSQL its
            # migration gives it varchar_pattern_ops: without that, LIKE can't use it.
            models.Index(Upper("full_name"), name="user_full_name_prefix"),
            # Staff are few among millions.
            models.Index(
                fields=["is_staff"], condition=Q(is_staff=True), name="user_is_staff"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def announced_participant(self, *, at: dt.datetime) -> "Participant | None":
        """Return the person's participant row, or None until it is announced.

        Pages ask here, so that before the announcement who passed is nobody special.
        """
        participant: Participant | None = getattr(self, "participant", None)
        if participant is None or not participant.wave.is_announced(at=at):
            return None
        return participant

    @property
    def first_name(self) -> str:
        """Return the first word of the name that is no title and no initial.

        If there is no such word, the first of all.
        """
        words = self.full_name.split()
        names = (
            word
            for word in words
            if not word.endswith(".")
            and len(word) > 1
            and word.lower().removesuffix(",") not in TITLES
        )
        return next(names, words[0] if words else "").removesuffix(",")
