"""Watches an order until it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError

from orders.client import OrderHandle
from orders.models import OrderResult, OrderStatus
from orders.workflow import OrderSagaWorkflow

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
LONGEST_QUERY_SECONDS = 3.0


class NoWorkerError(Exception):
    """The order waits for a worker, and no worker answers."""


async def watch(
    handle: OrderHandle, on_status: Callable[[OrderStatus], None], *, patience: float
) -> OrderResult:
    """Wait for the end of an order, and report each change of its status.

    Args:
        handle: The order's workflow.
        on_status: Called with each new status.
        patience: Seconds without an answer from any worker after which to stop waiting.

    Raises:
        NoWorkerError: No worker answered for so long. The order is still there.
        temporalio.client.WorkflowFailureError: The workflow did not return a result.
        temporalio.service.RPCError: The server does not answer any more.
    """
    result = asyncio.create_task(handle.result())
    try:
        await _report_statuses(handle, result, on_status, patience)
        ended = await result
    finally:
        result.cancel()
    on_status(ended.status)
    return ended


async def _report_statuses(
    handle: OrderHandle,
    result: asyncio.Task[OrderResult],
    on_status: Callable[[OrderStatus], None],
    patience: float,
) -> None:
    """Query the status again and again, less and less often, until the result is there."""
    pause, seen, last_answer = FIRST_PAUSE_SECONDS, None, time.monotonic()
    limit = timedelta(seconds=min(patience, LONGEST_QUERY_SECONDS))
    while not result.done():
        status = await _status(handle, limit)
        if status is not None:
            last_answer = time.monotonic()
            if status is not seen and not status.is_final:
                on_status(status)
                pause = FIRST_PAUSE_SECONDS
            seen = status
        elif time.monotonic() - last_answer > patience:
            raise NoWorkerError
        await asyncio.wait({result}, timeout=pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _status(handle: OrderHandle, limit: timedelta) -> OrderStatus | None:
    """The status; ``None`` where no worker answers."""
    try:
        return await handle.query(OrderSagaWorkflow.get_status, rpc_timeout=limit)
    except (RPCError, WorkflowQueryFailedError):
        return None
