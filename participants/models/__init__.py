"""Who takes part: people, waves, applications, participants and their videos."""

from participants.models.applicant import (
    Applicant,
    Application,
    Outcome,
    RejectionReason,
)
from participants.models.participant import (
    CardNumberDisclosure,
    Participant,
    RevocationReason,
)
from participants.models.user import User
from participants.models.video import OnboardingVideo, VideoViewing
from participants.models.wave import Wave, WaveKind, WaveState

__all__ = [
    "Applicant",
    "Application",
    "CardNumberDisclosure",
    "OnboardingVideo",
    "Outcome",
    "Participant",
    "RejectionReason",
    "RevocationReason",
    "User",
    "VideoViewing",
    "Wave",
    "WaveKind",
    "WaveState",
]
