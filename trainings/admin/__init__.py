"""The staff side of trainings: catalogue, purchases, reviews, partners."""

from trainings.admin import catalogue, certificates, partner, purchases, reviews

__all__ = ["catalogue", "certificates", "partner", "purchases", "reviews"]
