"""The customers, clerks and operators of a trial, on a Temporal server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from itertools import count

from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.checks import describe_failure
from sagacheck.engines.order_workflow import OrderWorkflow
from sagacheck.language import CancelBy, Event

PATIENCE = timedelta(seconds=30)
"""How long a customer waits for the answer to an update; the product's own client does so, too."""


class EventClient:
    """Does what the events of a trial ask for.

    Args:
        runs: The trial's orders by their ids.
    """

    def __init__(self, runs: Mapping[str, OrderWorkflow]) -> None:
        self._runs = runs
        self._numbers = count(1)

    async def cancel(self, event: Event) -> str:
        """Ask for an order to be cancelled, by the means that its workflow has."""
        run = self._run(event)
        send = {
            CancelBy.SIGNAL: lambda: run.handle.signal("cancel", event.reason),
            CancelBy.UPDATE: lambda: self._request_cancel(run, event.reason),
            CancelBy.WORKFLOW: run.handle.cancel,
        }[self._means(run, event.by)]
        return await _answer_of(send)

    async def _request_cancel(self, run: OrderWorkflow, reason: str) -> object:
        # The id would be random, and part of the history.
        number = f"cancel-{next(self._numbers)}"
        try:
            return await run.handle.execute_update(
                "request_cancel", reason, id=number, rpc_timeout=PATIENCE
            )
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            _go_on_being_cancelled()
            return f"no answer within {PATIENCE.total_seconds():g} s"

    async def submit(self, event: Event) -> str:
        """Place an order again."""
        return await self._run(event).submit()

    async def terminate(self, event: Event) -> str:
        """Terminate an order's workflow."""
        return await _answer_of(lambda: self._run(event).handle.terminate(reason="asked to"))

    async def query(self, event: Event) -> str:
        """Ask an order for its status, if its workflow can tell."""
        run = self._run(event)
        if "get_status" not in run.trial.saga.queries:
            return "the workflow has no query get_status"
        answer = await _answer_of(lambda: run.handle.query("get_status"))
        run.statuses.append(answer)
        run.note_answer(answer)
        return answer

    def _run(self, event: Event) -> OrderWorkflow:
        assert event.order is not None, "all events but heal are about an order"
        return self._runs[event.order]

    def _means(self, run: OrderWorkflow, wanted: CancelBy | None) -> CancelBy:
        """The wanted means, else the first that the workflow has."""
        has = run.trial.saga.means_to_cancel
        return wanted if wanted in has else has[0]


def _go_on_being_cancelled() -> None:
    """Let a cancellation go on that the SDK has put in words of its own."""
    waiting = asyncio.current_task()
    if waiting is not None and waiting.cancelling():
        raise asyncio.CancelledError


_ANSWERS = frozenset(
    {
        RPCStatusCode.NOT_FOUND,  # it has ended
        RPCStatusCode.FAILED_PRECONDITION,  # its workflow task keeps failing
        RPCStatusCode.DEADLINE_EXCEEDED,  # nobody answers for it,
        RPCStatusCode.CANCELLED,  # which the SDK calls so where its own limit has passed
    }
)


async def _answer_of(send: Callable[[], Awaitable[object]]) -> str:
    """Send, and put the answer in words. That an order has ended, or is stuck, is one too."""
    try:
        return str(await send() or "sent")
    except WorkflowUpdateFailedError as error:
        return f"refused: {describe_failure(error.cause)}"
    except WorkflowQueryFailedError as error:
        return f"refused: {error}"
    except RPCError as error:
        if error.status not in _ANSWERS:
            raise
        return f"refused: {error.message}"
