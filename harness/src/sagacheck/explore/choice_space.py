"""The choice space of a search: which faults, client events and worlds it offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from sagacheck.explore.choices import (
    WAITING,
    WORLD,
    Choice,
    EventChoice,
    FaultChoice,
    WorldChoice,
)
from sagacheck.language import CancelBy, EventKind, When, WorldTurn
from sagacheck.network import FAULTS, Argument, Fault, FaultKind, Position
from sagacheck.services import Operation
from sagacheck.world import Attempt

LASTING = 3
"""How many calls in a row get a lasting fault: as many as a step usually has attempts."""

_STATUSES = (400, 429, 500, 503)
"""Errors that any service may answer with: your fault, too many, my fault, not now."""

_DELAYS = {
    "delay_response": 30.0,
    "delay_request": 1800.0,
    "stale_read": 3600.0,
    "callback_late": 3600.0,
}
"""Seconds: a reply within its caller's timeout, a request long after it, a replica that is far
behind, a callback for which hardly any saga waits."""

_LASTING_FAULTS = (
    Fault("refuse"),
    Fault("drop_request"),
    Fault("drop_response"),
    Fault("delay_request", delay=_DELAYS["delay_request"]),
)

SLOW = Fault("delay_request", delay=0.5)
"""Lets the calls of all other orders overtake: one preemption of a schedule, as CHESS counts them
(Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007)."""


@dataclass(frozen=True, kw_only=True)
class ChoiceSpace:
    """The choices that a search offers.

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
        """The events that the outside world may cause."""
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
        every = [EventChoice(EventKind.CANCEL, order, when, means) for means in self.means]
        if when.moment != "during":  # the workflow sees nothing of it, at whatever moment it comes
            every.append(EventChoice(EventKind.SUBMIT, order, when))
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
        """For each operation its faults, and how many calls in a row get them."""
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
        if refusal.may_be_played:
            yield Fault("reject", status=refusal.status, code=refusal.code)
    own = {refusal.status for refusal in operation.refusals if not refusal.is_malformed}
    yield from (Fault("reject", status=status) for status in _STATUSES if status not in own)
