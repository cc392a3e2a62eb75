"""How orders are placed, watched and cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from orders.countries import COUNTRIES, COUNTRY_RULE
from orders.models import CancelAnswer, OrderInput, OrderResult, OrderStatus
from orders.workflow import OrderSagaWorkflow

TASK_QUEUE = "orders"
"""The task queue that order workers poll."""

INVALID = "invalid"
"""The status of an invalid order: its workflow refused it before the first step."""

OrderHandle = WorkflowHandle[OrderSagaWorkflow, OrderResult]


REMEMBERED = timedelta(days=1)
"""How long the services remember an order's idempotency keys, at least. Temporal knows its id for
the retention of the namespace."""


class OrderTooOldError(ValueError):
    """An order was placed so long ago that it may have been carried out, and forgotten."""


class OrderConflictError(ValueError):
    """An order id is in use already, for an order with other content."""


def workflow_id(order_id: str) -> str:
    """The id of the workflow that runs the order."""
    return f"order-{order_id}"


def connection_config(
    *, address: str | None = None, namespace: str | None = None, profile: str | None = None
) -> ClientConnectConfig:
    """The Temporal server that the environment and the profile file name, and its connection.

    The address, namespace, TLS and API key come from `temporalio.envconfig` (``TEMPORAL_ADDRESS``,
    ``TEMPORAL_PROFILE`` and so on); without any, the address is ``localhost:7233``.

    Args:
        address: ``host:port``, instead of what is configured.
        namespace: The namespace, instead of what is configured.
        profile: The profile to read, instead of ``TEMPORAL_PROFILE``.

    Raises:
        RuntimeError: The profile file cannot be read, or it has no such profile.
        OSError: A file that the configuration names cannot be read.
        ValueError: The configuration contradicts itself.
    """
    config = ClientConfig.load_client_connect_config(profile)
    config.setdefault("target_host", "localhost:7233")
    if address is not None:
        config["target_host"] = address
    if namespace is not None:
        config["namespace"] = namespace
    return config


async def connect(
    *,
    address: str | None = None,
    namespace: str | None = None,
    profile: str | None = None,
    runtime: Runtime | None = None,
) -> Client:
    """Connect to the Temporal that is configured, or given; see `connection_config`.

    `runtime` is where the SDK's core runs and logs; the default one, which logs to standard output,
    where there is none.

    Raises:
        RuntimeError: The configuration is wrong, or no server answers at the address.
    """
    config = connection_config(address=address, namespace=namespace, profile=profile)
    return await Client.connect(**config, data_converter=pydantic_data_converter, runtime=runtime)


async def start_order(
    order: OrderInput,
    *,
    client: Client,
    task_queue: str = TASK_QUEUE,
    placed_at: datetime | None = None,
) -> OrderHandle:
    """Start the order, or find it running or ended already: the same id is the same order.

    That holds as long as Temporal knows the id, which is for the retention of its namespace after
    the order's end. After that the same id is a new order, and is charged and shipped once more.

    Args:
        order: The order.
        client: The connection.
        task_queue: The queue of the workers.
        placed_at: When the customer placed it, with its time zone, where that was not now. It is
            how an order that was forgotten can be told from a new one.

    Raises:
        OrderConflictError: The id belongs to an order with other content.
        OrderTooOldError: It was placed longer than `REMEMBERED` ago, and Temporal does not know it.
        ValueError: Its address names a country by something else than its code.
    """
    country = order.shipping_address.country
    if country not in COUNTRIES:
        msg = f"shipping_address.country: {country!r}: {COUNTRY_RULE}"
        raise ValueError(msg)
    await _check_not_forgotten(order.order_id, placed_at, client)
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
        # USE_EXISTING would attach to any order with this id; compare their content instead.
        handle = order_handle(order.order_id, client)
        await _check_same_order(handle, order, client)
        return handle


async def place_order(
    order: OrderInput,
    *,
    client: Client | None = None,
    task_queue: str = TASK_QUEUE,
    placed_at: datetime | None = None,
) -> OrderResult:
    """Place the order and wait for its end. Placing it again gives the same result.

    For how long, `start_order` says.

    Args:
        order: The order. It was checked when it was made.
        client: The connection; a new one by `connect` where there is none.
        task_queue: The queue of the workers.
        placed_at: When the customer placed it, where that was not now.

    Raises:
        OrderConflictError: The id belongs to an order with other content.
        OrderTooOldError: It is too old to be placed, and Temporal does not know it.
        temporalio.client.WorkflowFailureError: The workflow was cancelled or terminated.
    """
    client = client or await connect()
    handle = await start_order(order, client=client, task_queue=task_queue, placed_at=placed_at)
    return await handle.result()


def order_handle(order_id: str, client: Client) -> OrderHandle:
    """The handle of the workflow that runs the order, whether there is one or not."""
    return client.get_workflow_handle_for(OrderSagaWorkflow.run, workflow_id(order_id))


async def get_order_status(
    order_id: str,
    *,
    client: Client | None = None,
    timeout: timedelta = timedelta(seconds=10),  # noqa: ASYNC109 - the server keeps it too
) -> OrderStatus:
    """The status of the order.

    Args:
        order_id: The order.
        client: The connection; a new one by `connect` where there is none.
        timeout: How long to wait for a worker to answer.

    Raises:
        temporalio.service.RPCError: There is no such order, or no worker answers.
    """
    handle = order_handle(order_id, client or await connect())
    return await handle.query(OrderSagaWorkflow.get_status, rpc_timeout=timeout)


async def cancel_order(
    order_id: str,
    reason: str,
    *,
    client: Client | None = None,
    timeout: timedelta = timedelta(seconds=30),  # noqa: ASYNC109 - the server keeps it too
) -> CancelAnswer:
    """Ask for the order to be cancelled.

    Args:
        order_id: The order.
        reason: The error in the result of the order.
        client: The connection; a new one by `connect` where there is none.
        timeout: How long to wait for a worker to answer.

    Returns:
        Accepted, or why not. Accepted means that the order will be undone, unless it turns out that
        its parcel has left.

    Raises:
        temporalio.service.RPCError: There is no such order.
        temporalio.client.WorkflowUpdateRPCTimeoutOrCancelledError: No worker answered in time.
    """
    handle = order_handle(order_id, client or await connect())
    try:
        return await handle.execute_update(
            OrderSagaWorkflow.request_cancel, reason, rpc_timeout=timeout
        )
    except WorkflowUpdateFailedError as error:
        return CancelAnswer(accepted=False, why_not=_message_of(error.cause))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        # Not found either, if there is no such order; else it is there, but has ended.
        why_not = f"order {order_id} has ended: {await how_it_ended(handle)}"
        return CancelAnswer(accepted=False, why_not=why_not)


async def how_it_ended(handle: OrderHandle) -> str | None:
    """The status with which an order ended, ``None`` if it has not; this needs no worker.

    Besides those of `OrderStatus` it may be ``invalid``, if no step was taken, or ``terminated``
    or ``timed_out``, if no step was undone.

    Raises:
        temporalio.service.RPCError: There is no such order.
    """
    description = await handle.describe()
    match description.status:
        case WorkflowExecutionStatus.RUNNING:
            return None
        case WorkflowExecutionStatus.COMPLETED:
            return (await handle.result()).status
        case WorkflowExecutionStatus.CANCELED:
            return OrderStatus.CANCELLED
        case WorkflowExecutionStatus.FAILED:
            return INVALID
        case other:
            return other.name.lower() if other else None


def _message_of(error: BaseException) -> str:
    return error.message if isinstance(error, ApplicationError) else str(error)


async def _check_not_forgotten(order_id: str, placed_at: datetime | None, client: Client) -> None:
    """Refuse an old order that Temporal does not know: it may have been carried out."""
    if placed_at is None or datetime.now(UTC) - placed_at < REMEMBERED:
        return
    try:
        await order_handle(order_id, client).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        msg = (
            f"order {order_id} was placed at {placed_at.isoformat()}, and Temporal does not know "
            "it; it may have been carried out and forgotten, and would be charged again: check "
            "the services, and place it with a new id"
        )
        raise OrderTooOldError(msg) from None


async def _check_same_order(handle: OrderHandle, order: OrderInput, client: Client) -> None:
    """Compare with what the other workflow was started with; its first event has it for ever."""
    async for event in handle.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        try:
            placed = await client.data_converter.decode(payloads, [OrderInput])
        except ValidationError:  # another client started it with something that is no order
            placed = []
        if placed != [order]:
            msg = f"order {order.order_id} was placed before with other content"
            raise OrderConflictError(msg)
        return
