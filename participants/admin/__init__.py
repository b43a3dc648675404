"""The staff side: waves, people and what may be done for them."""

from participants.admin import applicants, people, users, videos, waves

__all__ = ["applicants", "people", "users", "videos", "waves"]
