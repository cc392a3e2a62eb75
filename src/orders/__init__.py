"""An order saga on Temporal that stays consistent whatever fails, whenever it fails."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orders.activities import OrderActivities
    from orders.client import (
        OrderConflictError,
        OrderTooOldError,
        cancel_order,
        connect,
        get_order_status,
        place_order,
        start_order,
        workflow_id,
    )
    from orders.models import (
        Address,
        CancelAnswer,
        Leftover,
        OnConfirmationFailure,
        OrderInput,
        OrderItem,
        OrderResult,
        OrderStatus,
    )
    from orders.services import Services
    from orders.settings import ServiceSettings
    from orders.worker import create_worker
    from orders.workflow import OrderSagaWorkflow

__all__ = [
    "Address",
    "CancelAnswer",
    "Leftover",
    "OnConfirmationFailure",
    "OrderActivities",
    "OrderConflictError",
    "OrderInput",
    "OrderItem",
    "OrderResult",
    "OrderSagaWorkflow",
    "OrderStatus",
    "OrderTooOldError",
    "ServiceSettings",
    "Services",
    "cancel_order",
    "connect",
    "create_worker",
    "get_order_status",
    "place_order",
    "start_order",
    "workflow_id",
]

_MODULES = {
    "activities": ("OrderActivities",),
    "client": (
        *("OrderConflictError", "OrderTooOldError", "cancel_order", "connect"),
        *("get_order_status", "place_order", "start_order", "workflow_id"),
    ),
    "models": (
        *("Address", "CancelAnswer", "Leftover", "OnConfirmationFailure"),
        *("OrderInput", "OrderItem", "OrderResult", "OrderStatus"),
    ),
    "services": ("Services",),
    "settings": ("ServiceSettings",),
    "worker": ("create_worker",),
    "workflow": ("OrderSagaWorkflow",),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for.

    The sandbox imports this package anew for every run, of which only the workflow has to be; and
    a command that needs the workflow alone starts without client, worker and settings.
    """
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
