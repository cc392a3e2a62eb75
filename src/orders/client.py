"""How orders are placed, watched and cancelled."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from orders.models import CancelAnswer, OrderInput, OrderResult, OrderStatus
from orders.workflow import OrderSagaWorkflow

TASK_QUEUE = "orders"
"""The task queue that order workers poll."""

OrderHandle = WorkflowHandle[OrderSagaWorkflow, OrderResult]


class OrderConflictError(ValueError):
    """An order id is in use already, for an order with other content."""


def workflow_id(order_id: str) -> str:
    """The id of the workflow that runs the order."""
    return f"order-{order_id}"


async def connect() -> Client:
    """Connect to the Temporal that the environment and the profile file name.

    The address, namespace, TLS and API key come from `temporalio.envconfig` (``TEMPORAL_ADDRESS``,
    ``TEMPORAL_PROFILE`` and so on); without any, from ``localhost:7233``.

    Raises:
        RuntimeError: Nobody answers at the address.
    """
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    return await Client.connect(**config, data_converter=pydantic_data_converter)


async def start_order(
    order: OrderInput, *, client: Client, task_queue: str = TASK_QUEUE
) -> OrderHandle:
    """Start the order, or find it running or ended already: the same id is the same order.

    Raises:
        OrderConflictError: The id belongs to an order with other content.
    """
    try:
        return await client.start_workflow(
            OrderSagaWorkflow.run,
            order,
            id=workflow_id(order.order_id),
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )
    except WorkflowAlreadyStartedError:
        # Rather than attach unseen (USE_EXISTING), be told of the other one and compare.
        handle = _handle(client, order.order_id)
        await _check_same_order(handle, order, client)
        return handle


async def place_order(
    order: OrderInput, *, client: Client | None = None, task_queue: str = TASK_QUEUE
) -> OrderResult:
    """Place the order and wait for its end. Placing it again gives the same result.

    Args:
        order: The order. It was checked when it was made.
        client: The connection; a new one by `connect` where there is none.
        task_queue: The queue of the workers.

    Raises:
        OrderConflictError: The id belongs to an order with other content.
        temporalio.client.WorkflowFailureError: The workflow was cancelled or terminated.
    """
    handle = await start_order(order, client=client or await connect(), task_queue=task_queue)
    return await handle.result()


async def get_order_status(order_id: str, *, client: Client | None = None) -> OrderStatus:
    """Where the order is.

    Raises:
        temporalio.service.RPCError: There is no such order.
    """
    handle = _handle(client or await connect(), order_id)
    return await handle.query(OrderSagaWorkflow.get_status)


async def cancel_order(
    order_id: str,
    reason: str,
    *,
    client: Client | None = None,
    timeout: timedelta = timedelta(seconds=30),
) -> CancelAnswer:
    """Ask for the order to be cancelled.

    Args:
        order_id: The order.
        reason: What the result of the order will give as its error.
        client: The connection; a new one by `connect` where there is none.
        timeout: How long to wait for a worker to answer.

    Returns:
        Accepted, or why not. Accepted means that the order will be undone, unless it turns out that
        its parcel has left.

    Raises:
        temporalio.service.RPCError: There is no such order.
        temporalio.client.WorkflowUpdateRPCTimeoutOrCancelledError: No worker answered in time.
    """
    handle = _handle(client or await connect(), order_id)
    try:
        return await handle.execute_update(
            OrderSagaWorkflow.request_cancel, reason, rpc_timeout=timeout
        )
    except WorkflowUpdateFailedError as error:
        return CancelAnswer(accepted=False, why_not=str(error.cause))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        description = await handle.describe()  # not found either, if there is no such order
        ended = description.status.name.lower() if description.status else "gone"
        return CancelAnswer(accepted=False, why_not=f"the order has ended: {ended}")


def _handle(client: Client, order_id: str) -> OrderHandle:
    return client.get_workflow_handle_for(OrderSagaWorkflow.run, workflow_id(order_id))


async def _check_same_order(handle: OrderHandle, order: OrderInput, client: Client) -> None:
    """Compare with what the other workflow was started with; its first event has it for ever."""
    async for event in handle.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        (placed,) = await client.data_converter.decode(payloads, [OrderInput])
        if placed != order:
            msg = f"order {order.order_id} was placed before with other content"
            raise OrderConflictError(msg)
        return
