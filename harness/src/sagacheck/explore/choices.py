"""What may go otherwise in a run: the alphabet of the search.

A choice names the moment at which it is made by a call (*the second call of payments.charge for
o1*) and never by a number in a log. So the choices of a history, applied to a scenario, are a
scenario again, and every history can be run, saved and read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

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
from sagacheck.network import FAULTS, Argument, Calls, Fault, FaultKind, Position
from sagacheck.services import Operation
from sagacheck.world import Attempt

LASTING = 3
"""How many calls a lasting fault strikes: as many as a step usually tries before it gives up."""

WAITING, WORLD = "waiting", "world"
"""The steps of choices that are about no call: made during a pause, or before everything."""

_STATUSES = (400, 429, 500, 503)
"""Errors that any service may answer with: your fault, too many, my fault, not now."""

_DELAYS = {"delay_response": 30.0, "delay_request": 1800.0}
"""Seconds: a reply that its caller still waits for, a request that nobody waits for any more."""

_LASTING_FAULTS = (
    Fault("refuse"),
    Fault("drop_request"),
    Fault("drop_response"),
    Fault("delay_request", delay=_DELAYS["delay_request"]),
)

SLOW = Fault("delay_request", delay=0.5)
"""Lets the calls of all other orders overtake: one preemption of a schedule, as CHESS counts them
(Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007)."""

_NOWHERE = Place("", 0, 0)


@dataclass(frozen=True, slots=True)
class FaultChoice:
    """A call suffers a fault.

    Attributes:
        order: The order for which the call is made.
        operation: What is called.
        call: Which of its calls, from 1.
        fault: What happens to it.
        calls: How many calls in a row suffer it.
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

    def strikes(self, attempt: Attempt) -> bool:
        """Whether this is the fault that `attempt` suffered first."""
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
    """Somebody outside does something.

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


@dataclass(frozen=True, slots=True)
class WorldChoice(WorldTurn):
    """The outside world is not as kind as it was given."""

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
"""The choices of a run, in the order in which they are made."""


@dataclass(frozen=True, kw_only=True)
class Menu:
    """Which choices a search offers.

    Attributes:
        operations: The operations that may be called, by name.
        means: The means by which the workflow can be cancelled.
        turns: The ways in which the world may be less kind.
        cancels: Whether clients cancel and submit again.
        crashes: Whether workers die and lose their caches.
        schedules: Whether calls may be slow, so that those of other orders overtake.
        only: Words that leave out other choices: names of operations and services leave out other
            steps, names of faults, events and settings leave out others of these. Empty for all.
    """

    operations: Mapping[str, Operation]
    means: tuple[CancelBy, ...]
    turns: tuple[WorldTurn, ...] = ()
    cancels: bool = True
    crashes: bool = True
    schedules: bool = False
    only: frozenset[str] = frozenset()

    @property
    def words(self) -> set[str]:
        """What `only` may hold."""
        worlds = {turn.kind for turn in self.turns}
        return self._steps | worlds | {*FAULTS, EventKind.CANCEL, EventKind.SUBMIT}

    def of_worlds(self) -> Iterator[Choice]:
        """What the outside world may do by itself."""
        worlds = (WorldChoice(turn.what, turn.kind, turn.settings) for turn in self.turns)
        return filter(self._is_wanted, worlds)

    def of_call(self, attempt: Attempt) -> Iterator[FaultChoice]:
        """Each fault that fits the call."""
        at = (attempt.order, attempt.operation, attempt.call)
        for fault, calls in self._faults[attempt.operation]:
            yield FaultChoice(*at, fault, calls)

    def of_moment(self, order: str, when: When) -> Iterator[Choice]:
        """What clients may do to `order` at that moment."""
        if not self.cancels:
            return iter(())
        cancels = (EventChoice(EventKind.CANCEL, order, when, means) for means in self.means)
        submit = EventChoice(EventKind.SUBMIT, order, when)
        every = (*cancels, submit)
        return filter(self._is_wanted, every) if self.only else iter(every)

    @cached_property
    def _steps(self) -> set[str]:
        services = (operation.service for operation in self.operations.values())
        return {*self.operations, *services, WAITING, WORLD}

    @cached_property
    def _wanted(self) -> tuple[frozenset[str], frozenset[str]]:
        """The steps and the kinds of choices that are left."""
        return self.only & self._steps, self.only - self._steps

    @cached_property
    def _faults(self) -> dict[str, list[tuple[Fault, int]]]:
        """For each operation its faults, and how many calls in a row suffer them."""
        return {name: list(self._faults_of(each)) for name, each in self.operations.items()}

    def _faults_of(self, operation: Operation) -> Iterator[tuple[Fault, int]]:
        once = chain.from_iterable(_faults_of_kind(k, operation) for k in self._kinds(operation))
        slow = [SLOW] if self.schedules else []
        lasting = ((fault, LASTING) for fault in _LASTING_FAULTS)
        for fault, calls in (*((fault, 1) for fault in (*once, *slow)), *lasting):
            if self._is_wanted(FaultChoice("", operation.name, 1, fault, calls)):
                yield fault, calls

    def _kinds(self, operation: Operation) -> Iterator[FaultKind]:
        for kind in FAULTS.values():
            if kind.fits(operation) and (self.crashes or kind.position is not Position.WORKER):
                yield kind

    def _is_wanted(self, choice: Choice) -> bool:
        steps, kinds = self._wanted
        where = {choice.where, choice.where.partition(".")[0]}
        return (not steps or bool(where & steps)) and (not kinds or choice.kind in kinds)


def _faults_of_kind(kind: FaultKind, operation: Operation) -> Iterator[Fault]:
    match kind.argument:
        case Argument.NONE:
            yield Fault(kind.name)
        case Argument.STATUS:
            yield Fault(kind.name, status=500)
        case Argument.REJECTION:
            yield from _rejections(operation)
        case Argument.DURATION:
            yield Fault(kind.name, delay=_DELAYS[kind.name])
        case Argument.COUNT:
            yield Fault(kind.name, copies=2)
        case Argument.WINDOW:
            return  # an outage is a refusal that lasts


def _rejections(operation: Operation) -> Iterator[Fault]:
    for refusal in operation.refusals:
        if not refusal.tells_state:
            yield Fault("reject", status=refusal.status, code=refusal.code)
    own = {refusal.status for refusal in operation.refusals}
    yield from (Fault("reject", status=status) for status in _STATUSES if status not in own)


def apply(history: Iterable[Choice], scenario: Scenario) -> Scenario:
    """The scenario in which all choices of `history` are made."""
    for choice in history:
        scenario = choice.apply(scenario)
    return scenario
