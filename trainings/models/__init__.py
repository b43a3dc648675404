"""What trainings knows: the catalogue, orders, purchases, certificates, reviews."""

from trainings.models.catalogue import (
    Category,
    Mode,
    Platform,
    Provider,
    SaleState,
    Sorting,
    Training,
)
from trainings.models.certificate import Certificate
from trainings.models.order import Order, OrderState
from trainings.models.purchase import Purchase, Stage, StaffStep
from trainings.models.review import Review

__all__ = [
    "Category",
    "Certificate",
    "Mode",
    "Order",
    "OrderState",
    "Platform",
    "Provider",
    "Purchase",
    "Review",
    "SaleState",
    "Sorting",
    "StaffStep",
    "Stage",
    "Training",
]
