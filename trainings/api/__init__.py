"""The platforms' API, ``/api/v1/``: signed, once, and about a platform's own only."""

from trainings.api.mount import urls

__all__ = ["urls"]
