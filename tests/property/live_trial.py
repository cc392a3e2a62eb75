"""A trial that is played one step after the other, by a test that decides as it goes along.

It is the simulated engine's trial with two differences. Each call is held before it is sent, until
it is let through; so between any two calls something may happen. And time passes only when the
test says so, while no call is held. All that is done is written down as a scenario.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sagacheck.checks import INVARIANTS, Ending, OrderOutcome, OrderStatus, check_all
from sagacheck.engines import PlannedEvent, PlannedFault, Trial
from sagacheck.engines.event_client import EventClient
from sagacheck.engines.simulated.order_workflow import SimulatedOrderWorkflow
from sagacheck.engines.simulated.simulated_trial import SimulatedTrial
from sagacheck.language import CancelBy, Event, EventKind, Expectations, FaultSpec, Scenario, When
from sagacheck.network import Calls, Fault, Moment
from sagacheck.run.judging.judge import evidence_of
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import VirtualTimeLoop
from sagacheck.world import Attempt, LoopClock, Settings
from scenarios.goods import Order
from tests.property.strategies import NOWHERE

_T = TypeVar("_T")

MOMENT = 0.001
"""Seconds that a step takes, and in which all happens that takes no time."""

AT_THE_END = {"I6", "I11", "I16"}
"""Invariants that say nothing before all is over: the parcels must have left, the last word on each
attempt must have been spoken, and every order must have ended."""
AT_ANY_TIME = tuple(each for each in INVARIANTS.values() if each.id not in AT_THE_END)


@dataclass
class Gate:
    """Holds calls until they are let through; one that is open lets everything through."""

    is_open: bool = False
    held: list[tuple[Attempt, asyncio.Event]] = field(default_factory=list)
    arrival: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, moment: Moment, attempt: Attempt) -> None:
        """Hold a call; an observer of the network."""
        if moment is not Moment.BEFORE or self.is_open:
            return
        waiting = (attempt, asyncio.Event())
        self.held.append(waiting)
        self.arrival.set()
        try:
            await waiting[1].wait()
        finally:
            self.held.remove(waiting)

    def let_through(self, attempt: Attempt) -> None:
        """Send a call that was held."""
        next(event for held, event in self.held if held is attempt).set()

    def open(self) -> None:
        """Send all that is held, and hold nothing more."""
        self.is_open = True
        for _, event in self.held:
            event.set()


class LiveTrial:
    """A trial in play.

    Args:
        saga: The saga under test.
        given: The world at the beginning.
    """

    def __init__(self, saga: SagaUnderTest, given: Settings) -> None:
        scenario = Scenario(
            name="a story",
            why="made up by Hypothesis",
            tags=(),
            covers=(),
            given=given,
            orders=(),
            faults=(),
            events=(),
            expect=Expectations(),
            file=NOWHERE.file,
            place=NOWHERE,
        )
        self.trial = Trial(scenario, saga, LoopClock())
        self.gate = Gate()
        self._loop = VirtualTimeLoop()
        self._simulated = SimulatedTrial(self.trial, saga)
        self._workflows = self._simulated.workflows
        self._ends: dict[str, asyncio.Task[None]] = {}
        self._do(self._begin())

    @property
    def held(self) -> list[Attempt]:
        """The calls that are held, oldest first."""
        return [attempt for attempt, _ in self.gate.held]

    @property
    def orders(self) -> list[str]:
        """The orders that were placed."""
        return list(self._workflows)

    def now(self) -> float:
        """The present moment, in seconds, to the millisecond."""
        return round(self._loop.time(), 3)

    # -- what may happen ------------------------------------------------------------------------

    def place(self, order: Order) -> None:
        """A customer places an order."""
        workflow = self._simulated.add(order)
        scenario = self.trial.scenario
        self.trial.scenario = replace(scenario, orders=(*scenario.orders, order))
        self._do(self._place(workflow))

    def let_through(self, attempt: Attempt) -> None:
        """A call that is held is sent."""
        self.gate.let_through(attempt)
        self._do(asyncio.sleep(MOMENT))

    def strike(self, attempt: Attempt, fault: Fault) -> None:
        """A call that is held will suffer a fault."""
        spec = FaultSpec(
            on=attempt.operation,
            operations=frozenset({attempt.operation}),
            fault=fault,
            calls=Calls(frozenset({attempt.call})),
            order=attempt.order,
            place=NOWHERE,
        )
        scenario = self.trial.scenario
        self.trial.scenario = replace(scenario, faults=(*scenario.faults, spec))
        planned = PlannedFault(spec.rule(), spec.place.line, str(fault))
        self.trial.faults.append(planned)
        self.trial.network.rules.append(planned.rule)

    def happen(
        self,
        kind: EventKind,
        order: str | None = None,
        *,
        by: CancelBy | None = None,
        why: str = "",
    ) -> None:
        """A client or an operator acts, during the call that is held for the order, if any."""
        held = next((attempt for attempt in self.held if attempt.order == order), None)
        when = When("before", held.operation, held.call) if held else When("at", at=self.now())
        planned = PlannedEvent(Event(kind, order, when, why, by, NOWHERE))
        scenario = self.trial.scenario
        self.trial.scenario = replace(scenario, events=(*scenario.events, planned.event))
        self.trial.events.append(planned)
        self._do(self._happen(planned))

    def collect_parcels(self) -> None:
        """The carrier comes, and all parcels leave. A file cannot say so: there it has its time."""
        self._do(self._collect_parcels())

    def crash(self) -> None:
        """The worker dies with all the calls that it was about to send, and another one begins."""
        for attempt in self.held:
            self.strike(attempt, Fault("crash_before"))
            self.gate.let_through(attempt)
        for execution in self._simulated.temporal.runs():
            self._simulated.worker.evict(execution.run_id)
        self._do(asyncio.sleep(MOMENT))

    def pass_time(self, seconds: float) -> None:
        """Time passes, until a call is to be sent or it is over."""
        self._do(self._pass_time(seconds))

    # -- what is seen ---------------------------------------------------------------------------

    def wrongs(self) -> list[str]:
        """What must never be, and is, though nothing is over."""
        evidence = replace(evidence_of(self.trial), outcomes=self._outcomes_so_far())
        findings = check_all(evidence, AT_ANY_TIME)
        return [
            *(f"{each.invariant}: {each.detail}" for each in findings.violations),
            *(crash.detail for crash in findings.open),
        ]

    def finish(self) -> None:
        """Let everything come to its end, as an engine does."""
        self.gate.open()
        self._do(self._finish())

    def close(self) -> None:
        """Forget everything."""
        self._simulated.close()
        self._loop.cancel_tasks()
        self._loop.close()

    # -- on the loop ----------------------------------------------------------------------------

    def _do(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self._loop.run_until_complete(coroutine)

    async def _begin(self) -> None:
        trial = self.trial
        trial.client = EventClient(self._workflows)
        # Held first, so that what happens meanwhile comes before the call.
        trial.network.observers[:0] = [self.gate]
        trial.network.observers.append(self._simulated.evict_on_fault)
        trial.begin()
        trial.clock.now()
        self._simulated.worker.start()

    async def _place(self, workflow: SimulatedOrderWorkflow) -> None:
        await workflow.submit()
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ends[workflow.order.id] = asyncio.create_task(workflow.wait_for_end(never))
        await asyncio.sleep(MOMENT)

    async def _happen(self, planned: PlannedEvent) -> None:
        self.trial.happen_now(planned)
        await asyncio.sleep(MOMENT)

    async def _collect_parcels(self) -> None:
        self.trial.network.services.settle()

    async def _pass_time(self, seconds: float) -> None:
        self.gate.arrival.clear()
        arrival = asyncio.create_task(self.gate.arrival.wait())
        await asyncio.wait({arrival}, timeout=seconds)
        arrival.cancel()
        await asyncio.sleep(MOMENT)

    async def _finish(self) -> None:
        await asyncio.gather(*self._ends.values())
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._simulated.finish(never)
        for workflow in self._workflows.values():
            self.trial.outcomes[workflow.order.id] = await workflow.conclude()

    def _outcomes_so_far(self) -> dict[str, OrderOutcome]:
        return {order: _so_far(workflow) for order, workflow in self._workflows.items()}


def _so_far(workflow: SimulatedOrderWorkflow) -> OrderOutcome:
    """What is known of an order that need not have ended."""
    endings = [task.result() for task in workflow._endings if task.done()]
    ending = endings[0] if endings else Ending(OrderStatus.RUNNING)
    return OrderOutcome(
        workflow.order.id,
        ending,
        ended_at=workflow._ended_at,
        endings=endings,
        statuses=workflow.statuses,
    )
