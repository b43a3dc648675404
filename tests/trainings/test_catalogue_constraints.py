"""Constraints of the catalogue: the database refuses, staff read why in Indonesian."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.factories import PlatformFactory, ProviderFactory, TrainingFactory
from trainings.models import Platform, Provider, Training

pytestmark = pytest.mark.django_db

# Constraint: what to change in a valid training so that only this one breaks.
VIOLATIONS = {
    "training_price_is_positive": {"price": 0},
    "training_hours_are_positive": {"hours": 0},
    "training_category_is_known": {"category": "sulap"},
    "training_mode_is_known": {"mode": "radio"},
    "training_sale_ends_after_it_begins": {"on_sale_until": dt.date(2020, 12, 31)},
    "training_rating_is_1_to_5": {"rating_sum": 6, "rating_count": 1},
}
TWINS = {
    "platform_slug_is_unique": (PlatformFactory, "slug"),
    "provider_slug_is_unique": (ProviderFactory, "slug"),
    "training_code_is_unique": (TrainingFactory, "code"),
    "training_slug_is_unique": (TrainingFactory, "slug"),
}
CONSTRAINTS = {
    constraint.name: constraint
    for model in (Platform, Provider, Training)
    for constraint in model._meta.constraints
}


def own_message(name):
    constraint = CONSTRAINTS[name]
    message = str(constraint.violation_error_message)
    assert message != constraint.default_violation_error_message
    return message


def test_no_constraint_of_the_catalogue_is_without_a_test():
    of_the_partner_api = {"platform_may_ask_something", "platform_webhook_is_https"}

    assert set(VIOLATIONS) | set(TWINS) == set(CONSTRAINTS) - of_the_partner_api


@pytest.mark.parametrize("name", VIOLATIONS)
def test_database_refuses_what_breaks(name):
    training = TrainingFactory()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Training.objects.filter(pk=training.pk).update(**VIOLATIONS[name])


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violation_is_explained_in_indonesian(name):
    training = TrainingFactory()
    for field, value in VIOLATIONS[name].items():
        setattr(training, field, value)

    with pytest.raises(ValidationError) as refusal:
        training.validate_constraints()

    assert refusal.value.messages == [own_message(name)]


@pytest.mark.parametrize("name", TWINS)
def test_database_refuses_a_twin(name):
    make, field = TWINS[name]
    first, second = make(), make()

    with (
        pytest.raises(IntegrityError, match=f"(?i){name}|unique.*{field}"),
        transaction.atomic(),
    ):
        type(first).objects.filter(pk=second.pk).update(
            **{field: getattr(first, field)}
        )


@pytest.mark.parametrize("name", TWINS)
def test_twin_is_explained_in_indonesian(name):
    make, field = TWINS[name]
    first, second = make(), make()
    setattr(second, field, getattr(first, field))

    with pytest.raises(ValidationError) as refusal:
        second.full_clean()

    assert refusal.value.message_dict == {field: [own_message(name)]}


def test_address_of_another_page_is_no_address_of_a_training():
    training = TrainingFactory(slug="cara-membeli")

    with pytest.raises(ValidationError, match="dipakai halaman lain"):
        training.full_clean()
