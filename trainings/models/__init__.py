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
from trainings.models.partner import (
    EventKind,
    IdempotencyRecord,
    OrderRequest,
    OutgoingEvent,
    PlatformSecret,
    PlatformWarning,
    RecordState,
    SeenMessage,
    WarningKind,
)
from trainings.models.purchase import Purchase, StaffStep, Stage
from trainings.models.review import Review

__all__ = [
    "Category",
    "Certificate",
    "EventKind",
    "IdempotencyRecord",
    "Mode",
    "Order",
    "OrderRequest",
    "OrderState",
    "OutgoingEvent",
    "Platform",
    "PlatformSecret",
    "PlatformWarning",
    "Provider",
    "Purchase",
    "RecordState",
    "Review",
    "SaleState",
    "SeenMessage",
    "Sorting",
    "StaffStep",
    "Stage",
    "Training",
    "WarningKind",
]
