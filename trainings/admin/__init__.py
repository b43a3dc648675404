"""The staff side of trainings: catalogue, purchases, certificates, reviews."""

from trainings.admin import catalogue, certificates, purchases, reviews

__all__ = ["catalogue", "certificates", "purchases", "reviews"]
