"""How an order ended, for its clients and for Temporal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHistory
from temporalio.exceptions import (
    CancelledError,
    TerminatedError,
    TimeoutError,  # noqa: A004 - Temporal's word for it
)

from sagacheck.checks.failures import describe_failure
from sagacheck.errors import UnplayableError


class OrderStatus(StrEnum):
    """The end of an order. The first three come from the saga's result, the rest from Temporal."""

    COMPLETED = "completed"
    FAILED = "failed"
    NEEDS_ATTENTION = "needs_attention"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    TIMED_OUT = "timed_out"
    RUNNING = "running"
    """The order has not ended: it is stuck."""
    UNKNOWN = "unknown"
    """It has ended, and what its workflow returned is not understood."""

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more can come."""
        return self is not OrderStatus.RUNNING

    @property
    def promises_undone(self) -> bool:
        """Whether everything must have been undone."""
        return self in (OrderStatus.FAILED, OrderStatus.CANCELLED, OrderStatus.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an order as a client gets it that waits for its result.

    Attributes:
        status: How it ended.
        error: Why it did not complete, as the saga words it.
        result: What the workflow returned, as JSON.
    """

    status: OrderStatus
    error: str = ""
    result: Any = None

    @property
    def is_understood(self) -> bool:
        """Whether it is known what the end promises."""
        return self.status is not OrderStatus.UNKNOWN

    @property
    def says_nothing(self) -> bool:
        """Whether it counts as completed only because its workflow returned nothing."""
        return self.result is None and self.status is OrderStatus.COMPLETED

    @classmethod
    def of_result(cls, result: Any, translate: Translate | None = None) -> Ending:
        """The ending that a workflow's return value stands for.

        Args:
            result: What the workflow returned. By default an object is read by its fields `status`
                and `error`, a text as a status, and nothing stands for a success. All else is
                `OrderStatus.UNKNOWN`.
            translate: How the results of this saga read.

        Raises:
            UnplayableError: `translate` fails.
        """
        said = result if translate is None else _said(translate, result, f"the result {result!r}")
        if translate is not None and said is None:
            return cls(OrderStatus.UNKNOWN, result=result)
        return _ending_of(said, result)

    @classmethod
    def of_failure(
        cls, failure: WorkflowFailureError, translate: Translate | None = None
    ) -> Ending:
        """The ending of a workflow that did not return anything.

        Args:
            failure: Its failure, whose cause is translated.
            translate: How the failures of this saga read. Where that is ``None``, the order was
                cancelled, terminated, timed out or failed, as its workflow did.

        Raises:
            UnplayableError: `translate` fails.
        """
        cause = failure.cause
        said = translate and _said(translate, cause, f"the failure {describe_failure(cause)}")
        if said is not None:
            return _ending_of(said, None)
        return cls(_status_of(failure.cause), describe_failure(failure.cause))


NOT_UNDERSTOOD = Ending(OrderStatus.UNKNOWN)
"""The end of an order whose workflow returned nothing, and what that means is not known."""
Translate = Callable[[Any], Any]
"""Reads a result or a failure as a status, as a status with an error and what is left, or as an
object with `status`, `error` and `left`; ``None`` where it does not understand it."""


def _said(translate: Translate, end: Any, what: str) -> Any:
    """What the saga under test says of an end."""
    try:
        return translate(end)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        msg = f"`ending=` fails for {what}, say None for what it does not understand: {why}"
        raise UnplayableError(msg) from error


def _ending_of(said: Any, result: Any) -> Ending:
    """The ending that is said, of a workflow that returned `result`."""
    if isinstance(said, Ending):
        return said
    if isinstance(said, tuple):
        said = dict(zip(("status", "error", "left"), said, strict=False))
    if said is None:
        return Ending(OrderStatus.COMPLETED, result=result)
    fields = said if isinstance(said, Mapping) else {"status": said}
    status = _status_named(fields.get("status"))
    return Ending(status, str(fields.get("error") or ""), said if fields is said else result)


def _status_named(word: Any) -> OrderStatus:
    name = word if isinstance(word, str) else ""
    try:
        status = OrderStatus(name.lower())
    except ValueError:
        return OrderStatus.UNKNOWN
    return status if status.is_terminal else OrderStatus.UNKNOWN


@dataclass(slots=True)
class OrderOutcome:
    """All that is known about how an order ended.

    Attributes:
        order: The order's id.
        ending: The end that it came to, as the last client gets it.
        ended_at: When the workflow closed, in seconds of the world's clock.
        waits_for: For an order that got stuck, what it waits for.
        endings: The end that each client which placed it got, in the order of placing.
        statuses: Each status that a query saw, in order.
        workflow_id: The id of its workflow.
        recorded: Its event history, where it was fetched.
        replays: How often its workflow was evicted and rebuilt by a replay.
        broken_replay: Where and how a replay first did something else than the history says, empty
            if each did the same.
    """

    order: str
    ending: Ending
    ended_at: float | None = None
    waits_for: str = ""
    endings: list[Ending] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    workflow_id: str = ""
    recorded: WorkflowHistory | None = None
    replays: int = 0
    broken_replay: str = ""

    @property
    def status(self) -> OrderStatus:
        """How it ended."""
        return self.ending.status

    @property
    def run_id(self) -> str:
        """The id of its workflow's first run, empty where its history was not fetched."""
        first = self.recorded.events[0] if self.recorded and self.recorded.events else None
        if first is None:
            return ""
        return first.workflow_execution_started_event_attributes.original_execution_run_id

    @property
    def history(self) -> str:
        """Its event history as Temporal's JSON, empty where there is none.

        Made on each access: it takes longer than to play a scenario in virtual time.
        """
        return self.recorded.to_json() if self.recorded else ""


def _status_of(cause: BaseException) -> OrderStatus:
    match cause:
        case CancelledError():
            return OrderStatus.CANCELLED
        case TerminatedError():
            return OrderStatus.TERMINATED
        case TimeoutError():
            return OrderStatus.TIMED_OUT
        case _:
            return OrderStatus.FAILED
