"""Every named constraint: the database refuses, and staff read why in Indonesian."""

import datetime as dt

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from participants.models import (
    BalanceEntry,
    CardNumberDisclosure,
    Notice,
    OnboardingVideo,
    OneTimeCode,
    Reinstatement,
)
from tests.factories import (
    NOW,
    ApplicantFactory,
    ApplicationFactory,
    ParticipantFactory,
    UserFactory,
    VideoViewingFactory,
    WaveFactory,
    wib,
)

pytestmark = pytest.mark.django_db


def disclosure() -> CardNumberDisclosure:
    return CardNumberDisclosure.objects.create(
        participant=ParticipantFactory(),
        disclosed_to=UserFactory(),
        disclosed_at=NOW,
        reason="Laporan 12",
    )


def first_video() -> OnboardingVideo:
    return OnboardingVideo.objects.get(position=1)


def entry() -> BalanceEntry:
    return ParticipantFactory(funded=True).balance_entries.get()


def notice() -> Notice:
    return Notice.objects.create(
        participant=ParticipantFactory(),
        event="funded",
        title="Saldo sudah masuk",
        body="Pakai untuk membeli pelatihan.",
        made_at=NOW,
    )


def code() -> OneTimeCode:
    return OneTimeCode.objects.create(
        participant=ParticipantFactory(), purpose="order:1", code_hash="0", sent_at=NOW
    )


def reinstatement() -> Reinstatement:
    return Reinstatement.objects.create(
        participant=ParticipantFactory(),
        revoked_at=NOW,
        revocation_reason="deadline",
        purchase_deadline=dt.date(2021, 11, 9),
        reason="Laporan 12",
        reinstated_by=UserFactory(),
        reinstated_at=NOW,
    )


# Constraint: a valid row, and what to change in it so that only this one breaks.
VIOLATIONS = {
    "user_email_is_lowercase": (
        UserFactory,
        # The field itself would write it in lower case.
        {"email": models.Value("Sari@contoh.test", models.CharField())},
    ),
    "wave_number_is_positive": (WaveFactory, {"number": 0}),
    "wave_kind_is_known": (WaveFactory, {"kind": "besar"}),
    "wave_quota_is_positive": (WaveFactory, {"quota": 0}),
    "wave_opens_before_it_closes": (
        lambda: WaveFactory(announced_at=None, unannounced=True),
        {"closes_at": wib(2021, 9, 16, 12)},
    ),
    "wave_closes_before_announcement": (
        WaveFactory,
        {"closes_at": wib(2021, 9, 22, 20)},
    ),
    "wave_opens_before_announcement": (
        WaveFactory,
        {"opens_at": wib(2021, 9, 22, 20), "closes_at": None},
    ),
    "applicant_nik_has_16_digits": (ApplicantFactory, {"nik": "327301129876543"}),
    "applicant_family_card_has_16_digits": (
        ApplicantFactory,
        {"family_card_number": "327301129876543x"},
    ),
    "applicant_phone_is_mobile": (ApplicantFactory, {"phone": "02155512345"}),
    "application_outcome_iff_decided_at": (
        ApplicationFactory,
        {"outcome": "passed", "decided_at": None},
    ),
    "application_reason_iff_not_passed": (
        ApplicationFactory,
        {"outcome": "not_passed", "decided_at": NOW, "rejection_reason": ""},
    ),
    "participant_card_number_has_16_digits": (
        ParticipantFactory,
        {"card_number": "123456789012345"},
    ),
    "participant_balance_not_negative": (
        lambda: ParticipantFactory(funded=True),
        {"training_balance": -1},
    ),
    "participant_balance_only_when_funded": (
        ParticipantFactory,
        {"training_balance": 1},
    ),
    "participant_deadline_not_before_pass_date": (
        ParticipantFactory,
        {"purchase_deadline": dt.date(2021, 9, 21)},
    ),
    "participant_revoked_iff_reason": (ParticipantFactory, {"revoked_at": NOW}),
    "card_number_disclosure_has_reason": (disclosure, {"reason": ""}),
    "balance_entry_sign_follows_kind": (entry, {"amount": -1}),
    "notice_says_something": (notice, {"body": ""}),
    "one_time_code_tries_are_limited": (code, {"tries": 6}),
    "reinstatement_has_reason": (reinstatement, {"reason": ""}),
    "onboarding_video_position_is_1_to_3": (first_video, {"position": 4}),
    "onboarding_video_has_length": (first_video, {"duration": 1.0}),
    "onboarding_video_has_one_source": (
        first_video,
        {"file": "video/a.mp4", "address": "https://contoh.test/a.mp4"},
    ),
    "viewing_credited_within_duration": (VideoViewingFactory, {"credited": -1}),
    "viewing_complete_iff_watched_or_granted": (
        VideoViewingFactory,
        {"completed_at": NOW},
    ),
    "viewing_granted_iff_reason": (VideoViewingFactory, {"grant_reason": "Laporan 12"}),
}

# Unique constraints: two valid rows, and the fields that make the second a twin.
TWINS = {
    "user_email_is_unique": (UserFactory, ["email"]),
    "wave_number_is_unique": (WaveFactory, ["number"]),
    "applicant_nik_is_unique": (ApplicantFactory, ["nik"]),
    "participant_card_number_is_unique": (ParticipantFactory, ["card_number"]),
    "application_once_per_wave": (ApplicationFactory, ["applicant", "wave"]),
    "viewing_once_per_video": (VideoViewingFactory, ["participant", "video"]),
    "balance_entry_is_booked_once": (entry, ["participant", "kind", "reference"]),
    "notice_is_told_once": (notice, ["participant", "event"]),
    "reinstatement_once_per_revocation": (reinstatement, ["participant", "revoked_at"]),
}

CONSTRAINTS = {
    constraint.name: (model, constraint)
    for model in apps.get_app_config("participants").get_models()
    for constraint in model._meta.constraints
}


def test_no_constraint_is_without_a_test():
    assert set(VIOLATIONS) | set(TWINS) == set(CONSTRAINTS)


@pytest.mark.parametrize("name", VIOLATIONS)
def test_database_refuses_what_breaks(name):
    make, change = VIOLATIONS[name]
    row = make()

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write(row, change)

    # A positive column has a CHECK of its own, which the database may name instead.
    column = next(iter(change))
    assert name in str(refusal.value) or column in str(refusal.value)
    assert name in constraints_in_database(type(row))


def write(row: models.Model, change: dict[str, object]) -> None:
    """Write unsaved and uncleaned, so that the database alone stands in the way."""
    rows = type(row).objects
    if not isinstance(row, BalanceEntry):
        rows.filter(pk=row.pk).update(**change)
        return
    # The ledger refuses every change, so it is asked by a new row.
    row.pk = None
    for field, value in change.items():
        setattr(row, field, value)
    rows.bulk_create([row])


def constraints_in_database(model: type[models.Model]) -> set[str]:
    with connection.cursor() as cursor:
        table = model._meta.db_table
        return set(connection.introspection.get_constraints(cursor, table))


# User.clean() writes it in lower case, so nobody is ever told.
EXPLAINED = [name for name in VIOLATIONS if name != "user_email_is_lowercase"]


@pytest.mark.parametrize("name", EXPLAINED)
def test_violation_is_explained_in_indonesian(name):
    make, change = VIOLATIONS[name]
    row = make()
    for field, value in change.items():
        setattr(row, field, value)

    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(ValidationError) as refusal:
        row.validate_constraints()

    assert own_message(name) in refusal.value.messages


@pytest.mark.parametrize("name", TWINS)
def test_database_refuses_a_twin(name):
    make, fields = TWINS[name]
    first, second = make(), make()
    twin = {field: getattr(first, field) for field in fields}
    columns = [type(first)._meta.get_field(field).column for field in fields]

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write(second, twin)

    message = str(refusal.value)
    assert name in message or all(f".{column}" in message for column in columns)


@pytest.mark.parametrize("name", TWINS)
def test_twin_is_explained_in_indonesian(name):
    make, fields = TWINS[name]
    first, second = make(), make()
    for field in fields:
        setattr(second, field, getattr(first, field))

    with pytest.raises(ValidationError) as refusal:
        second.full_clean()

    assert own_message(name) in refusal.value.messages


def own_message(name: str) -> str:
    """Return the message written for this constraint; Django's own does not count."""
    _, constraint = CONSTRAINTS[name]
    message = str(constraint.violation_error_message)
    assert message != constraint.default_violation_error_message
    return message


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (ApplicantFactory, "user"),
        (ParticipantFactory, "user"),
    ],
)
def test_database_refuses_a_second_row_with_the_same(make, field):
    first, second = make(), make()

    with (
        pytest.raises(IntegrityError, match=f"(?i)unique.*{field}"),
        transaction.atomic(),
    ):
        type(first).objects.filter(pk=second.pk).update(
            **{field: getattr(first, field)}
        )
