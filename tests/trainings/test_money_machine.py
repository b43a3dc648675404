"""Funding, buying, refunds, revocation and reinstatement, in any order."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from participants.funding import fund_next
from participants.models import Participant, RevocationReason
from participants.models.participant import TRAINING_GRANT
from participants.revoking import reinstate, revoke
from prakerja.refusal import Refusal
from tests.factories import (
    NOW,
    ParticipantFactory,
    TrainingFactory,
    UserFactory,
    WaveFactory,
)
from tests.trainings.buyers import CODE, WRONG_CODE, give_code
from tests.trainings.money import wrong_books
from trainings import learning, purchasing
from trainings.models import Order, Purchase

PEOPLE, PRICES = 3, (250_000, 400_000, 600_000, 1_000_000)
STEP = dt.timedelta(seconds=20)

numbers = st.integers(0, 3)


class Money(RuleBasedStateMachine):
    """What staff and people may do; ``held`` says what each should have after it."""

    @initialize()
    def begin(self):
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now = NOW
        self.staff = UserFactory(staff=True)
        self.wave = WaveFactory()
        self.people = [self.passed() for _ in range(PEOPLE - 1)]
        self.funded = fund_next(self.wave, after=0, at=self.now)
        self.people.append(self.passed())
        self.trainings = [TrainingFactory(price=price) for price in PRICES]
        self.lost = {person.pk: 0 for person in self.people}
        self.held = self.lost | dict.fromkeys(self.funded, TRAINING_GRANT)
        self.placed = []  # orders

    def passed(self):
        return ParticipantFactory(wave=self.wave, videos_completed=3)

    def teardown(self):
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def does(self, verb, *args, **options):
        """Let somebody try something; say whether no rule refused it."""
        self.now += STEP
        try:
            verb(*args, **options, at=self.now)
        except Refusal:
            return False
        return True

    def person(self, number):
        return Participant.objects.get(pk=self.people[number % PEOPLE].pk)

    def purchase(self, number):
        """Return the purchase that one of the orders became, if it did."""
        order = self.placed[number % len(self.placed)]
        return Purchase.objects.filter(order=order).first()

    @precondition(lambda self: len(self.funded) < PEOPLE)
    @rule()
    def fund(self):
        for pk in fund_next(self.wave, after=0, at=self.now):
            self.held[pk] = TRAINING_GRANT
            self.funded.append(pk)

    @rule(person=numbers, training=numbers, is_paid=st.booleans())
    def order(self, person, training, is_paid):
        person, training = self.person(person), self.trainings[training % len(PRICES)]
        key = f"kunci-{self.now}"
        if not self.does(purchasing.place_order, person, training, idempotency_key=key):
            return
        # An order of the same training that is still open is gone on with.
        unpaid = Order.objects.filter(cancelled_at=None, purchase=None)
        self.placed.append(
            unpaid.filter(participant=person, training=training).latest("ordered_at")
        )
        if is_paid:
            self.confirm(-1, is_right=True)

    @precondition(lambda self: self.placed)
    @rule(order=numbers, is_right=st.booleans())
    def confirm(self, order, is_right):
        order = self.placed[order % len(self.placed)]
        was_paid = Purchase.objects.filter(order=order).exists()
        give_code(order, at=self.now)
        code = CODE if is_right else WRONG_CODE
        if self.does(purchasing.confirm, order, code=code) and not was_paid:
            assert is_right
            self.held[order.participant_id] -= order.price

    @precondition(lambda self: self.placed)
    @rule(order=numbers)
    def cancel(self, order):
        self.does(purchasing.cancel_order, self.placed[order % len(self.placed)])

    @precondition(lambda self: self.placed)
    @rule(order=numbers)
    def complete(self, order):
        if purchase := self.purchase(order):
            name = purchase.participant.user.full_name
            self.does(learning.finish, purchase, reported_name=name)
            self.does(learning.verify, purchase)

    @precondition(lambda self: self.placed)
    @rule(order=numbers)
    def refund(self, order):
        purchase = self.purchase(order)
        if purchase and self.does(
            purchasing.refund, purchase, reason="Batal", by=self.staff
        ):
            kept = self.lost if purchase.participant.is_revoked else self.held
            kept[purchase.participant_id] += purchase.price

    @precondition(lambda self: len(self.placed) > 1)
    @rule(person=numbers, reason=numbers)
    def revoke(self, person, reason):
        person = self.person(person)
        if not person.is_revoked:
            self.lost[person.pk] = self.held[person.pk]
            self.held[person.pk] = 0
        reason = RevocationReason.DEADLINE if reason else RevocationReason.FRAUD
        assert self.does(revoke, person, reason=reason)

    @precondition(lambda self: any(self.lost.values()))
    @rule(person=numbers)
    def reinstate(self, person):
        person, today = self.person(person), timezone.localdate(self.now + STEP)
        if self.does(reinstate, person, deadline=today, reason="Keliru", by=self.staff):
            self.held[person.pk], self.lost[person.pk] = self.lost[person.pk], 0

    @invariant()
    def everybody_holds_what_they_should(self):
        held = Participant.objects.values_list("pk", "training_balance")
        assert dict(held) == self.held

    @invariant()
    def books_are_right(self):
        assert wrong_books() == []


@pytest.mark.django_db
def test_money_is_right_after_whatever_is_done_in_whatever_order():
    run_state_machine_as_test(
        Money, settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
    )
