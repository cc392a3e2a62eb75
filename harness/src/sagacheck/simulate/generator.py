"""Generates scenarios at random: the same seed gives the same scenario.

Faults are activated on two levels, after FoundationDB's simulation and swarm testing (Groce et al.,
ISSTA 2012): each scenario first draws *which* faults happen at all on which operations, and how
often, then each call draws whether it gets one. Runs in which everything may always fail look
alike; runs that leave most out reach states that need many calls to go well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from sagacheck.language import (
    AnyOrder,
    CancelBy,
    Dialect,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Place,
    Scenario,
    When,
    plain_orders,
)
from sagacheck.network import FAULTS, Argument, Calls, Fault
from sagacheck.services import Operation
from sagacheck.world import Settings

HEALED = 12 * 3600.0
"""Seconds after which all faults end, so that every order can end."""

_CALLS = 6
"""How many calls of an operation, for each order, may have a fault of their own."""
_STATUSES = (400, 408, 429, 500, 502, 503, 504)
_NOWHERE = Place("", 0, 0)


@dataclass(frozen=True, kw_only=True)
class ScenarioGenerator:
    """Generates scenarios for a set of services and a workflow.

    Attributes:
        operations: What may be called.
        means: How the workflow can be cancelled.
        dialect: What is ordered.
        orders: How many orders a scenario has.
    """

    operations: Sequence[Operation]
    means: Sequence[CancelBy]
    dialect: Dialect
    orders: int = 10

    def generate(self, seed: int) -> Scenario:
        """The scenario of this seed."""
        random = Random(seed)  # noqa: S311 - nothing is kept secret
        orders, given = self._ordered(random, seed)
        return Scenario(
            name=f"seed {seed}",
            why="generated at random",
            tags=("simulated",),
            covers=(),
            given=given,
            orders=orders,
            faults=tuple(self._all_faults(random, seed, orders)),
            events=tuple(self._events(random, orders)),
            expect=Expectations(),
            file="",
            place=_NOWHERE,
        )

    def _ordered(self, random: Random, seed: int) -> tuple[tuple[AnyOrder, ...], Settings]:
        drawn = self.dialect.orders.drawn(random, seed, self.orders)
        if drawn is None:
            plain = plain_orders(self.orders, self.dialect)
            return plain.orders, plain.given
        orders, given = drawn
        return tuple(orders), given

    def _all_faults(
        self, random: Random, seed: int, orders: Sequence[AnyOrder]
    ) -> Iterator[FaultSpec]:
        yield from self._outages(random)
        yield from self._faults(random, orders, self._steps)
        reads = [operation for operation in self.operations if operation.reads]
        # Numbers of their own: that something can be read changes nothing else of a scenario.
        yield from self._faults(Random(f"{seed}/reads"), orders, reads)  # noqa: S311 - as above

    def _faults(
        self, random: Random, orders: Sequence[AnyOrder], operations: Sequence[Operation]
    ) -> Iterator[FaultSpec]:
        kinds = [kind for kind in FAULTS.values() if kind.argument is not Argument.WINDOW]
        active = {
            (operation, kind): random.choice((0.02, 0.1, 0.5))
            for operation in operations
            for kind in kinds
            if kind.fits(operation) and random.random() < 1 / 6
        }
        for order in orders:
            for (operation, kind), rate in active.items():
                for call in range(1, _CALLS + 1):
                    if random.random() < rate:
                        fault = _fault(random, kind.name, operation)
                        yield _spec(operation.name, {operation.name}, fault, call, order.id)

    @property
    def _steps(self) -> list[Operation]:
        """The operations that change something."""
        return [operation for operation in self.operations if not operation.reads]

    def _outages(self, random: Random) -> Iterator[FaultSpec]:
        services = dict.fromkeys(operation.service for operation in self._steps)
        for service in services:
            if random.random() < 1 / 8:
                start = round(random.choice((0.0, random.uniform(0, 600))), 1)
                end = round(start + random.choice((10.0, 300.0, 7200.0)), 1)
                names = {op.name for op in self.operations if op.service == service}
                yield _spec(service, names, Fault("outage", start=start, end=end), None, None)

    def _events(self, random: Random, orders: Sequence[AnyOrder]) -> Iterator[Event]:
        rates = {
            kind: random.choice((0.0, 0.1, 0.5))
            for kind in (EventKind.CANCEL, EventKind.SUBMIT, EventKind.QUERY)
        }
        for order in orders:
            for kind, rate in rates.items():
                if random.random() < rate:
                    yield self._event(random, kind, order.id)
        yield Event(EventKind.HEAL, None, When("at", at=HEALED), "", None, _NOWHERE)

    def _event(self, random: Random, kind: EventKind, order: str) -> Event:
        is_cancel = kind is EventKind.CANCEL
        return Event(
            kind=kind,
            order=order,
            when=self._moment(random),
            reason="changed my mind" if is_cancel else "",
            by=random.choice(self.means) if is_cancel else None,
            place=_NOWHERE,
        )

    def _moment(self, random: Random) -> When:
        if random.random() < 1 / 3:
            # From a tenth of a second to a day, each order of magnitude as likely as another.
            return When("at", at=round(10 ** random.uniform(-1, 4.9), 3))
        operation = random.choice(self._steps).name
        moment: Literal["before", "during", "after"] = random.choice(("before", "during", "after"))
        return When(moment, operation, random.choice((1, 1, 1, 2, 3)))


def _fault(random: Random, name: str, operation: Operation) -> Fault:
    match FAULTS[name].argument:
        case Argument.STATUS:
            return Fault(name, status=random.choice((500, 502, 503, 504)))
        case Argument.REJECTION:
            own = [each for each in operation.refusals if each.may_be_played]
            if own and random.random() < 1 / 4:
                refusal = random.choice(own)
                return Fault(name, status=refusal.status, code=refusal.code)
            taken = {each.status for each in operation.refusals if not each.is_malformed}
            statuses = set(_STATUSES) - taken
            return Fault(name, status=random.choice(sorted(statuses)))
        case Argument.DURATION:
            return Fault(name, delay=random.choice((0.5, 5.0, 30.0, 90.0, 600.0, 7200.0)))
        case Argument.COUNT:
            return Fault(name, copies=random.choice((2, 3)))
        case _:
            return Fault(name)


def _spec(
    on: str, operations: set[str], fault: Fault, call: int | None, order: str | None
) -> FaultSpec:
    calls = Calls() if call is None else Calls(frozenset({call}))
    return FaultSpec(on, frozenset(operations), fault, calls, order, _NOWHERE)
