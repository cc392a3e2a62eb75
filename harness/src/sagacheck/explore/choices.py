"""The choices of a search: what may happen differently in a run.

A choice names the moment at which it is made by a call (*the second call of payments.charge for
o1*) and never by a number in a log. So the choices of a history, applied to a scenario, are a
scenario again, and every history can be run, saved and read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sagacheck.language import (
    CancelBy,
    Event,
    EventKind,
    FaultSpec,
    Place,
    Scenario,
    When,
    WorldTurn,
)
from sagacheck.network import Calls, Fault
from sagacheck.world import Attempt

WAITING, WORLD = "waiting", "world"
"""The steps of choices that are about no call: made during a pause, or before everything."""

_NOWHERE = Place("", 0, 0)


@dataclass(frozen=True, slots=True)
class FaultChoice:
    """A call gets a fault.

    Attributes:
        order: The order for which the call is made.
        operation: What is called.
        call: Which of its calls, from 1.
        fault: What happens to it.
        calls: How many calls in a row get it.
    """

    order: str
    operation: str
    call: int
    fault: Fault
    calls: int = 1

    @property
    def where(self) -> str:
        """The step at which the choice is made."""
        return self.operation

    @property
    def what(self) -> str:
        """The choice, without its moment."""
        return f"{self.fault}, {self.calls} times" if self.calls > 1 else str(self.fault)

    def __str__(self) -> str:
        return f"{self.what} on call {self.call} of {self.operation} for {self.order}"

    @property
    def number(self) -> int:
        """Which call the choice is about."""
        return self.call

    @property
    def kind(self) -> str:
        """The fault's name."""
        return self.fault.name

    def caused(self, attempt: Attempt) -> bool:
        """Whether this is the first fault of `attempt`."""
        at = (self.order, self.operation, self.call)
        return at == (attempt.order, attempt.operation, attempt.call)

    def apply(self, scenario: Scenario) -> Scenario:
        """`scenario` with this fault."""
        spec = FaultSpec(
            on=self.operation,
            operations=frozenset({self.operation}),
            fault=self.fault,
            calls=Calls(frozenset(range(self.call, self.call + self.calls))),
            order=self.order if len(scenario.orders) > 1 else None,
            place=_NOWHERE,
        )
        return replace(scenario, faults=(*scenario.faults, spec))


@dataclass(frozen=True, slots=True)
class EventChoice:
    """A client does something.

    Attributes:
        kind: What is done.
        order: The order concerned.
        when: At which moment.
        by: The means, for a cancellation.
    """

    kind: EventKind
    order: str
    when: When
    by: CancelBy | None = None

    @property
    def where(self) -> str:
        """The step at which the choice is made."""
        return self.when.operation or WAITING

    @property
    def what(self) -> str:
        """The choice, without its exact moment."""
        means = f" by {self.by}" if self.by else ""
        return f"{self.kind}{means} {self.when.moment if self.when.operation else 'while waiting'}"

    @property
    def number(self) -> int:
        """Which call the choice is about; 0 for none."""
        return self.when.call if self.when.operation else 0

    def __str__(self) -> str:
        means = f" by {self.by}" if self.by else ""
        if self.when.operation is None:
            return f"{self.kind} {self.order}{means} at {self.when.at:g} s"
        call = f"call {self.when.call} of {self.when.operation}"
        return f"{self.kind} {self.order}{means} {self.when.moment} {call}"

    def apply(self, scenario: Scenario) -> Scenario:
        """`scenario` with this event."""
        reason = "changed my mind" if self.kind is EventKind.CANCEL else ""
        event = Event(self.kind, self.order, self.when, reason, self.by, _NOWHERE)
        return replace(scenario, events=(*scenario.events, event))


class WorldChoice(WorldTurn, frozen=True):
    """The outside world differs from what the scenario gives."""

    @property
    def where(self) -> str:
        """The choice is made before the first call."""
        return WORLD

    @property
    def number(self) -> int:
        """It is about no call."""
        return 0

    def __str__(self) -> str:
        return self.what

    def apply(self, scenario: Scenario) -> Scenario:
        """`scenario` in such a world."""
        return replace(scenario, given=replace(scenario.given, **dict(self.settings)))


Choice = FaultChoice | EventChoice | WorldChoice
History = tuple[Choice, ...]
"""The choices of one run, in the order in which they are made."""


def apply(history: Iterable[Choice], scenario: Scenario) -> Scenario:
    """The scenario in which all choices of `history` are made."""
    for choice in history:
        scenario = choice.apply(scenario)
    return scenario
