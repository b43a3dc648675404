"""Who takes part: people, waves, applications, participants and their videos."""

from participants.models.applicant import (
    Applicant,
    Application,
    Outcome,
    RejectionReason,
)
from participants.models.balance import BalanceEntry, EntryKind
from participants.models.notice import Notice
from participants.models.one_time_code import OneTimeCode
from participants.models.participant import (
    CardNumberDisclosure,
    Participant,
    RevocationReason,
)
from participants.models.reinstatement import Reinstatement
from participants.models.user import User
from participants.models.video import OnboardingVideo, VideoViewing
from participants.models.wave import Wave, WaveKind, WaveState

__all__ = [
    "Applicant",
    "Application",
    "BalanceEntry",
    "CardNumberDisclosure",
    "EntryKind",
    "Notice",
    "OnboardingVideo",
    "OneTimeCode",
    "Outcome",
    "Participant",
    "Reinstatement",
    "RejectionReason",
    "RevocationReason",
    "User",
    "VideoViewing",
    "Wave",
    "WaveKind",
    "WaveState",
]
