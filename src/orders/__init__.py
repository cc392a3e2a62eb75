"""An order saga on Temporal that stays consistent whatever fails, whenever it fails."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    # The sandbox imports this package anew for every run; only the workflow itself has to be.
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
    "cancel_order",
    "connect",
    "create_worker",
    "get_order_status",
    "place_order",
    "start_order",
    "workflow_id",
]
