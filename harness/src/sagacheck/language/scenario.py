"""A scenario as the harness plays it: plain values, complete and checked, defaults filled in.

All times and durations are seconds; times count from the moment at which the world begins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import msgspec

from sagacheck.network import Calls, Fault, FaultRule
from sagacheck.world import Settings

STATUSES = ("completed", "failed", "needs_attention", "cancelled", "terminated", "timed_out")
"""How an order may end."""

ANY_STATUS = "any"
"""The order ends, however that is: the invariants alone judge."""


class Place(msgspec.Struct, frozen=True):
    """Where something was written; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How Temporal runs a workflow again that has failed or timed out. Intervals are seconds.

    Attributes:
        initial_interval: Before the second run.
        backoff_coefficient: How many times longer each interval is than the one before.
        maximum_interval: The longest; ``None`` for a hundred times the first.
        maximum_attempts: The most runs, the first included; 0 for no limit.
        non_retryable_error_types: After these errors there is no other run.
    """

    initial_interval: float = 1.0
    backoff_coefficient: float = 2.0
    maximum_interval: float | None = None
    maximum_attempts: int = 0
    non_retryable_error_types: tuple[str, ...] = ()


class StartOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a client gives to Temporal beside an order when it starts the workflow.

    Attributes:
        execution_timeout: Seconds that all runs of the workflow may take together.
        run_timeout: Seconds that one run may take.
        retry_policy: Whether it runs again after it has failed.
    """

    execution_timeout: float | None = None
    run_timeout: float | None = None
    retry_policy: Retries | None = None

    @property
    def has_deadline(self) -> bool:
        """Whether Temporal ends the workflow at a moment that the client has chosen."""
        return self.execution_timeout is not None or self.run_timeout is not None


NO_OPTIONS = StartOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOrder(ABC):
    """Something that is placed with a saga.

    Attributes:
        id: Its id.
        place: Where the scenario defines it.
        start: How its workflow is started.
    """

    id: str
    place: Place
    start: StartOptions = NO_OPTIONS

    @property
    @abstractmethod
    def total(self) -> Decimal:
        """What the customer owes."""

    @property
    def currency(self) -> str:
        """The currency of `total`, by its ISO 4217 code; empty, by default, for any."""
        return ""

    @property
    def data(self) -> Mapping[str, Any]:
        """What requests for it may carry, by the names in `Operation.carries`; nothing by default.

        Its id, price and currency need not be there.
        """
        return {}

    @property
    @abstractmethod
    def lines(self) -> Mapping[str, int]:
        """The pieces of stock that it is for, by SKU."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """What it is for, in a few words."""

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """The order as it goes into a saga."""


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault that is planned.

    Attributes:
        on: The operation or service, as written.
        operations: The operations that are meant.
        fault: What happens to them.
        calls: Which of their calls, counted for each order.
        order: Only for this order; ``None`` for each.
        place: Where the scenario plans it.
    """

    on: str
    operations: frozenset[str]
    fault: Fault
    calls: Calls
    order: str | None
    place: Place

    def rule(self) -> FaultRule:
        """A fresh rule for a network, which has not fired yet."""
        return FaultRule(self.operations, self.fault, self.calls, self.order)


class EventKind(StrEnum):
    """An action of a client or an operator."""

    CANCEL = "cancel"
    SUBMIT = "submit"
    TERMINATE = "terminate"
    QUERY = "query"
    SIGNAL = "signal"
    UPDATE = "update"
    HEAL = "heal"


class CancelBy(StrEnum):
    """The means by which a cancellation reaches a workflow."""

    SIGNAL = "signal"
    UPDATE = "update"
    WORKFLOW = "workflow"


class When(msgspec.Struct, frozen=True):
    """The moment of an event.

    Attributes:
        moment: ``before``, ``during`` or ``after`` a call of an operation, ``at`` a time, or
            ``waiting``: while the order waits for a message and nothing of it is under way.
        operation: The operation whose call is meant; ``None`` with ``at`` and ``waiting``.
        call: Which of its calls, from 1, counted for each order.
        at: The time; ``None`` with the others.
        times: How often it happens, each time that the order waits for a message.
        waited: Seconds for which the order must have waited by then.
    """

    moment: Literal["before", "during", "after", "at", "waiting"]
    operation: str | None = None
    call: int = 1
    at: float | None = None
    times: int = 1
    waited: float = 0.0

    def __str__(self) -> str:
        if self.moment == "waiting":
            return "while it waits" + (f" for {self.waited:g} s" if self.waited else "")
        if self.operation is None:
            return f"at {self.at:g} s"
        return f"{self.moment} call {self.call} of {self.operation}"


class Message(msgspec.Struct, frozen=True):
    """What a client sends to the workflow of an order.

    Attributes:
        name: The name of the signal or update.
        args: Its arguments, as JSON.
    """

    name: str
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An action of a client or an operator, and its moment.

    Attributes:
        kind: What it is.
        order: The order concerned; ``None`` for `EventKind.HEAL`.
        when: When it happens.
        reason: Why, for `EventKind.CANCEL`; empty for the others.
        by: How a cancellation is sent; ``None`` takes the best means that the workflow has.
        place: Where the scenario plans it.
        message: For `EventKind.SIGNAL` and `EventKind.UPDATE`: what is sent.
        submits: For `EventKind.SUBMIT`: what is placed, where that is not the order itself but a
            changed one, or one with another id.
        changes: What is different in it, as a file says it.
    """

    kind: EventKind
    order: str | None
    when: When
    reason: str
    by: CancelBy | None
    place: Place
    message: Message | None = None
    submits: AnyOrder | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """What happens, without the moment."""
        if self.message is not None:
            return f"{self.kind} {self.message.name} to {self.order}"
        new_id = f" as {self.new_order.id}" if self.new_order else ""
        return f"{self.kind} {self.order}{new_id}" if self.order else str(self.kind)

    @property
    def new_order(self) -> AnyOrder | None:
        """The order that it places under an id of its own; ``None`` where it does no such thing."""
        is_new = self.submits is not None and self.submits.id != self.order
        return self.submits if is_new else None


@dataclass(frozen=True, slots=True)
class OrderExpectation:
    """How an order should end.

    Attributes:
        status: One of `STATUSES`; ``None`` for any.
        error: The kind of error that its result should name; ``None`` for any or none.
        place: Where the scenario says so.
    """

    status: str | None
    error: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Expectations:
    """What should be true at the end. What a scenario does not mention may be anything.

    Attributes:
        orders: How orders end, by id.
        effects: How often operations took effect, over all orders.
        undone: The undo operations that took effect, in this order; ``None`` for any.
        calls: How often operations were called, over all orders.
        stock: Pieces available at the end, by SKU.
        statuses: How many orders end how.
        orphans: Effects of terminated orders that remain, by operation.
        places: Where each of these is written: ``o1``, ``effects``, ``effects/payments.charge``.
    """

    orders: Mapping[str, OrderExpectation] = field(default_factory=dict)
    effects: Mapping[str, int] = field(default_factory=dict)
    undone: tuple[str, ...] | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    stock: Mapping[str, int] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    orphans: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


class WorldTurn(msgspec.Struct, frozen=True):
    """A way in which the world may be worse than the scenario gives it.

    Attributes:
        what: What it does.
        kind: One word for it.
        settings: The settings that make it so.
    """

    what: str
    kind: str
    settings: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """The failures of one run, and how its orders should end.

    Attributes:
        name: What happens, in one line.
        why: Why it matters.
        tags: Words to select scenarios by.
        covers: The faults and anomalies that it covers, by id.
        given: The world at the beginning.
        orders: The orders that are placed.
        faults: What fails; a call gets the first fault that matches it.
        events: What clients and operators do while the orders run.
        expect: How it should end.
        file: The file that it stands in.
        place: Where its name stands.
    """

    name: str
    why: str
    tags: tuple[str, ...]
    covers: tuple[str, ...]
    given: Settings
    orders: tuple[AnyOrder, ...]
    faults: tuple[FaultSpec, ...]
    events: tuple[Event, ...]
    expect: Expectations
    file: str
    place: Place

    @property
    def later_orders(self) -> tuple[AnyOrder, ...]:
        """The orders that events place under ids of their own."""
        found = (event.new_order for event in self.events)
        return tuple(order for order in found if order is not None)

    @property
    def all_orders(self) -> tuple[AnyOrder, ...]:
        """The orders that are placed at the beginning or later."""
        return (*self.orders, *self.later_orders)
