"""One scenario in play: its world, its faults, its events, and the outcomes of its orders.

A trial knows nothing of Temporal. An engine plays it: it gives the trial a client that can do what
the events say, and writes down the outcomes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import msgspec

from sagacheck.checks import OrderOutcome
from sagacheck.engines.events.answer import Answer
from sagacheck.engines.events.callbacks import Callbacks
from sagacheck.engines.events.planned_event import PlannedEvent
from sagacheck.engines.ports import ClientActions, TrialClock
from sagacheck.errors import UnplayableError
from sagacheck.language import AnyOrder, Event, EventKind, Scenario
from sagacheck.network import EARLY_CALLBACK, Callback, Fault, FaultRule, Moment, Network
from sagacheck.saga import SagaUnderTest
from sagacheck.services import Services
from sagacheck.world import Attempt, ManualClock, World

DURING_SECONDS = 0.01
"""How long after a call is sent something happens during it; the reply comes as long after that."""


class PlannedFault(msgspec.Struct):
    """A fault of the scenario, with the rule that counts how often it fired.

    Attributes:
        rule: The rule of the network.
        line: The line of the scenario file that plans it.
        text: The fault and its operation, for reports.
    """

    rule: FaultRule
    line: int
    text: str


@dataclass
class Trial:
    """A scenario in play.

    Attributes:
        scenario: What is played.
        saga: The saga under test.
        clock: The world's clock, made by the engine that will play the trial.
        network: The network to the services around its orders.
        faults: The scenario's faults with their rules.
        events: The scenario's events.
        callbacks: What services tell the saga by themselves.
        outcomes: How the orders ended, by their ids.
        troubles: Why the engine could not play the scenario to its end.
        refused: The connection that code under test was refused, in a sentence; empty for none.
    """

    scenario: Scenario
    saga: SagaUnderTest
    clock: TrialClock = field(default_factory=ManualClock)
    network: Network = field(init=False)
    faults: list[PlannedFault] = field(init=False)
    events: list[PlannedEvent] = field(init=False)
    callbacks: Callbacks = field(init=False)
    outcomes: dict[str, OrderOutcome] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    refused: str = ""
    client: ClientActions | None = None
    _runs: dict[str, dict[str, int]] = field(default_factory=dict)
    _placed: dict[str, AnyOrder] = field(default_factory=dict)
    _began: datetime | None = None
    _under_way: dict[asyncio.Task[None], str | None] = field(default_factory=dict)
    _people: dict[str, list[PlannedEvent]] = field(default_factory=dict)
    _held: dict[str, asyncio.Event] = field(default_factory=dict)
    _broken: list[BaseException] = field(default_factory=list)
    _unanswered: set[asyncio.Task[Answer]] = field(default_factory=set)

    def __post_init__(self) -> None:
        world = World(self.scenario.given, clock=self.clock)
        self.network = Network(Services(world, self.saga.all_services))
        self.faults = [
            PlannedFault(spec.rule(), spec.place.line, f"{spec.fault} on {spec.on}")
            for spec in self.scenario.faults
        ]
        self.events = [PlannedEvent(event) for event in self.scenario.events]
        self.network.rules.extend(fault.rule for fault in self.faults)
        self.network.heal_at(self.saga.faults_end_at)
        self.callbacks = Callbacks(self.saga, self.clock, DURING_SECONDS, self.happen_now)
        if self.calls_back:
            self.network.callbacks = self._call_back
        if self.events or self.calls_back:
            self.network.observers.append(self._observe)

    def begin(self) -> None:
        """Plan the events that have a time; an engine does so before all else."""
        for planned in self.events:
            if planned.event.when.at is not None:
                self._happen_at(planned, planned.event.when.at)

    @property
    def calls_back(self) -> bool:
        """Whether services tell the saga by themselves what they have done."""
        return bool(self.saga.callbacks)

    @property
    def messages(self) -> list[PlannedEvent]:
        """The scenario's events and the callbacks of services."""
        return [*self.events, *self.callbacks.planned]

    @property
    def world(self) -> World:
        """The world around its orders."""
        return self.network.world

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @property
    def orders(self) -> tuple[AnyOrder, ...]:
        """The orders, each as it was placed last; those that were placed later at the end."""
        placed = self._placed
        first = (placed.get(order.id, order) for order in self.scenario.orders)
        later = (placed[order.id] for order in self.scenario.later_orders if order.id in placed)
        return (*first, *later)

    def order(self, order_id: str) -> AnyOrder:
        """The order with this id."""
        return next(order for order in self.orders if order.id == order_id)

    def place(self, order: AnyOrder) -> None:
        """Note that an order runs now, in the place of one with the same id."""
        self._placed[order.id] = order

    def has_fault(self, name: str) -> bool:
        """Whether one of the scenario's faults is of this name."""
        return any(planned.rule.fault.name == name for planned in self.faults)

    @property
    def times_ahead(self) -> list[float]:
        """The times of the events that have one and have not happened, soonest first."""
        ahead = [p.event.when.at for p in self.events if p.answer is None]
        return sorted(at for at in ahead if at is not None)

    @property
    def has_begun(self) -> bool:
        """Whether the world's clock has begun to follow an engine's time."""
        return self._began is not None

    def next_while_waiting(self, order: str) -> PlannedEvent | None:
        """The event that is next while an order waits for a message; ``None`` where none is.

        One happens at a time, in the order in which the scenario plans them: what the first leads
        to may be another wait.
        """
        own = (p for p in self.events if _is_left_for_wait(p) and p.event.order == order)
        return next(own, None) or self._next_of_people(order)

    def _next_of_people(self, order: str) -> PlannedEvent | None:
        """What people send next, unless the scenario sends messages itself; one after another."""
        if not self.saga.people or any(p.event.message is not None for p in self.events):
            return None
        if order not in self._people:
            events = self.saga.events_of_people(order)
            self._people[order] = [PlannedEvent(event) for event in events]
        planned = self._people[order]
        return planned[sum(each.times for each in planned) % len(planned)]

    def has_events_between(self, begin: float, end: float, order: str) -> bool:
        """Whether something happened to an order, at a time of its own, from `begin` to `end`."""
        return any(
            planned.event.when.at is not None
            and begin <= planned.event.when.at <= end
            and planned.event.order == order
            for planned in self.messages
        )

    def happen_now(self, planned: PlannedEvent) -> None:
        """Begin to let an event happen."""
        task = asyncio.get_running_loop().create_task(self._happen(planned))
        self._under_way[task] = planned.event.order

    def began_at(self, moment: datetime) -> datetime:
        """The engine's time at which the world's clock showed zero: `moment`, at the first call."""
        if self._began is None:
            self._began = moment
        return self._began

    def execution_of(self, workflow_id: str | None, run_id: str | None, activity_id: str) -> str:
        """The name of an activity's execution, the same whenever the scenario is played.

        Runs are numbered for each workflow as they first call an activity: their ids are random.
        """
        runs = self._runs.setdefault(workflow_id or "", {})
        number = runs.setdefault(run_id or "", len(runs) + 1)
        return f"{workflow_id}#{number}/{activity_id}"

    async def advance_to(self, when: float) -> None:
        """Move the world's clock, and wait for the events that fell due.

        Raises:
            Exception: A client could not do what an event says, and was not merely refused.
        """
        await self.clock.sleep_until(when)
        await self.finish_events()
        self._raise_if_broken()

    def _raise_if_broken(self) -> None:
        if self._broken:
            raise self._broken[0]

    async def finish(self) -> None:
        """Let all requests under way arrive, all events that have a time happen and be answered."""
        self.network.services.settle()
        if not self._has_more_to_come:
            return
        while self._has_more_to_come:
            await self.finish_events()  # an order may end before its message is accepted
            if (due := self.clock.next_due) is not None:
                await self.advance_to(due)
            elif waited_for := {*self._unanswered, *self.network.detached}:
                await asyncio.wait(waited_for)
                self._raise_if_broken()
        self.network.services.settle()

    @property
    def _has_more_to_come(self) -> bool:
        under_way = self._under_way or self._unanswered or self.network.detached
        return self.clock.next_due is not None or bool(under_way)

    def _call_back(self, callback: Callback, fault: Fault | None) -> None:
        try:
            self.callbacks.send(callback, fault)
        except UnplayableError as error:
            self.refuse(str(error))  # it is no failure of the call that has caused it

    def refuse(self, message: str) -> None:
        """Note why nothing is known, such as a connection that was refused; one is enough."""
        self.refused = self.refused or message

    def raise_if_refused(self) -> None:
        """Check that the code under test was refused no connection.

        Raises:
            UnplayableError: It was: what it would have done there is not known.
        """
        if self.refused:
            raise UnplayableError(self.refused)

    def close(self) -> None:
        """Stop the clock, and let no event happen any more."""
        for answer in self._unanswered:
            answer.cancel()
        self.clock.stop()
        self.client = None
        self.network.callbacks = None
        self.callbacks.close()
        self.network.observers.clear()

    async def _observe(self, moment: Moment, attempt: Attempt) -> None:
        """Let the events happen that wait for this moment of this call.

        The call is held until Temporal has accepted them, and so is every later call for its order:
        what an event sets off must not overtake the request during which it happened. The answers
        may come later.
        """
        while moment is Moment.BEFORE and attempt.order in self._held:
            await self._held[attempt.order].wait()
        await self.finish_events(attempt.order)
        if moment is Moment.BEFORE:
            self._plan_during(attempt)
        if moment is Moment.DURING:
            await self._wait_for_reply(attempt)
            return
        meant = [each for each in self._meant(moment, attempt) if each.answer is None]
        if not meant:
            return
        held = self._held[attempt.order] = asyncio.Event()
        try:
            for planned in meant:
                await self._happen(planned)
        finally:
            del self._held[attempt.order]
            held.set()

    def _meant(self, moment: Moment, attempt: Attempt) -> list[PlannedEvent]:
        """The events of this moment of this call."""
        return [each for each in self.events if _is_meant(each.event, moment, attempt)]

    def _plan_during(self, attempt: Attempt) -> None:
        """Plan what happens while the caller waits: at its time, whatever a fault does."""
        for planned in self._meant(Moment.DURING, attempt):
            self._happen_at(planned, attempt.sent_at + DURING_SECONDS)

    async def _wait_for_reply(self, attempt: Attempt) -> None:
        """Let the caller wait until its workflow has seen what happens during the call."""
        if not self._meant(Moment.DURING, attempt) and attempt.fault != EARLY_CALLBACK:
            return
        await self.clock.sleep_until(attempt.sent_at + 2 * DURING_SECONDS)
        await self.finish_events(attempt.order)
        if self.client is not None:
            await self.client.settle(attempt.order)

    def _happen_at(self, planned: PlannedEvent, at: float) -> None:
        if planned.event.kind is EventKind.HEAL:
            # No client has to do anything, so it needs no task and takes effect on the dot.
            self.clock.call_at(at, partial(self._heal, planned))
        else:
            self.clock.call_at(at, partial(self.happen_now, planned))

    async def finish_events(self, order: str | None = None) -> None:
        """Wait until the events are accepted that the clock has set off, for one order or for all.

        A call that is cancelled while it waits does not cancel the events.
        """
        while tasks := [t for t, of in self._under_way.items() if order in (None, of)]:
            await asyncio.wait(tasks)
            self._under_way = {t: of for t, of in self._under_way.items() if not t.done()}

    def _heal(self, planned: PlannedEvent) -> None:
        self.network.heal_at(self.clock.now())
        planned.times, planned.at = 1, self.clock.now()
        planned.answer = Answer.granted("healed")

    def _happen(self, planned: PlannedEvent) -> Coroutine[None, None, None]:
        """Count an event now, and return what lets it happen."""
        planned.times += 1
        return self._send(planned)

    async def _send(self, planned: PlannedEvent) -> None:
        if planned.event.kind is EventKind.HEAL:
            self._heal(planned)
            return
        assert self.client is not None, "an engine that plays a trial gives it a client"
        planned.answer, planned.at = Answer.unknown("under way"), self.clock.now()
        try:
            answer = await self.client.send(planned.event)
        except Exception as error:  # noqa: BLE001 - it is the trial's, not that of a call it holds
            self._broken.append(error)
            return
        if isinstance(answer, Answer):
            planned.answer = answer
        else:
            self._unanswered.add(answer)
            answer.add_done_callback(partial(self._note_answer, planned))

    def _note_answer(self, planned: PlannedEvent, answer: asyncio.Task[Answer]) -> None:
        self._unanswered.discard(answer)
        if answer.cancelled():
            planned.answer = Answer.unknown("no answer before the trial was over")
        elif (error := answer.exception()) is not None:
            self._broken.append(error)
        else:
            planned.answer = answer.result()


def _is_left_for_wait(planned: PlannedEvent) -> bool:
    when = planned.event.when
    return when.moment == "waiting" and planned.times < when.times


def _is_meant(event: Event, moment: Moment, attempt: Attempt) -> bool:
    when = event.when
    return (
        when.operation == attempt.operation
        and when.moment == moment
        and when.call == attempt.call
        and event.order in (None, attempt.order)
    )
