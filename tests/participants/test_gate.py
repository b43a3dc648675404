"""The gate: who may see the 16 digits."""

import datetime as dt

import pytest

from participants.models import Participant, RevocationReason
from participants.revoking import revoke
from tests.factories import ANNOUNCED_AT, NOW, ParticipantFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("watched", [0, 1, 2])
def test_number_is_hidden_until_all_three_videos_are_complete(watched):
    participant = ParticipantFactory(videos_completed=watched)

    assert participant.visible_card_number(at=NOW) is None


def test_number_is_visible_after_all_three_videos():
    participant = ParticipantFactory(videos_completed=3)

    assert participant.visible_card_number(at=NOW) == participant.card_number


def test_revoked_participant_never_sees_the_number():
    participant = ParticipantFactory(videos_completed=3, revoked=True)

    assert participant.visible_card_number(at=NOW) is None


def test_number_is_hidden_until_the_very_instant_of_the_announcement():
    participant = ParticipantFactory(videos_completed=3)

    before = ANNOUNCED_AT - dt.timedelta(microseconds=1)
    assert participant.visible_card_number(at=before) is None
    assert participant.visible_card_number(at=ANNOUNCED_AT) is not None


def test_number_of_an_unannounced_wave_is_hidden():
    participant = ParticipantFactory(wave__unannounced=True, videos_completed=3)

    assert participant.visible_card_number(at=NOW) is None


def test_revocation_holds_once_with_its_first_reason():
    participant = ParticipantFactory()

    revoke(participant, reason=RevocationReason.FRAUD, at=NOW)
    later = NOW + dt.timedelta(days=1)
    revoke(participant, reason=RevocationReason.DEADLINE, at=later)

    assert participant.revoked_at == NOW
    assert participant.revocation_reason == RevocationReason.FRAUD


def test_revocation_of_one_person_leaves_all_others():
    other = ParticipantFactory()

    revoke(ParticipantFactory(), reason=RevocationReason.FRAUD, at=NOW)

    other.refresh_from_db()
    assert not other.is_revoked


def test_who_is_revoked_is_not_overdue_again():
    ParticipantFactory(revoked=True)

    overdue = Participant.objects.overdue(today=dt.date(2022, 1, 1))

    assert not overdue.exists()


def test_disclosure_is_named_by_the_person_and_its_minute_in_wib():
    participant = ParticipantFactory()
    participant.disclose_card_number(by=UserFactory(), reason="Laporan 12", at=NOW)

    assert str(participant.disclosures.get()) == f"{participant} · 28-09-2021 10.00"
