"""A trial on a simulated Temporal service of its own."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType

from sagacheck.engines.event_client import EventClient
from sagacheck.engines.simulated.leftovers import Leftovers
from sagacheck.engines.simulated.order_workflow import SimulatedOrderWorkflow
from sagacheck.engines.simulated.waiting_orders import WaitingOrders
from sagacheck.engines.strangers import owner_in, stranger
from sagacheck.engines.trial import Trial
from sagacheck.errors import UnplayableError
from sagacheck.inprocess import AttemptContext, in_context
from sagacheck.language import AnyOrder
from sagacheck.network import Moment, WorkerCrash
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import (
    EPOCH,
    AttemptFacts,
    NeverReports,
    SimulatedTemporal,
    SimulatedWorker,
    running_loop,
    simulated_client,
)
from sagacheck.world import Attempt

TASK_QUEUE = "orders"
TURNS_AT_ONCE = 1_000
TURNS_A_SECOND = 20
"""How many turns of the event loop an order may take before the trial is a livelock, besides those
of attempts that come to an end. A call takes two turns or three, and one that is tried each second,
for as long as an outage lasts, is none."""
TURNS_OF_ATTEMPT = 20
"""How many turns are allowed for an attempt that comes to an end: the policy has a limit."""


class SimulatedTrial:
    """A trial with all that is made anew for it: service, worker, and its orders' workflows.

    Args:
        trial: The trial.
        saga: The saga under test.
        seed: Decides what is random: run ids, and the workflows' own random numbers.
        epoch: When virtual time begins, in seconds since the Unix epoch.
        cached: Whether the worker keeps workflows in memory between their tasks.

    Attributes:
        trial: The trial.
        temporal: The service.
        worker: The worker of the saga.
        workflows: The workflows of the trial's orders, by the orders' ids.
    """

    def __init__(
        self,
        trial: Trial,
        saga: SagaUnderTest,
        *,
        seed: int = 0,
        epoch: float = EPOCH,
        cached: bool = True,
    ) -> None:
        self.trial = trial
        self._saga = saga
        self.temporal = SimulatedTemporal(
            seed=seed,
            epoch=epoch,
            search_attributes=saga.search_attributes,
            retention=trial.scenario.given.retention,
        )
        self._connect = partial(simulated_client, self.temporal, saga.data_converter)
        self.worker = SimulatedWorker(
            workflows=[saga.workflow, *saga.children],
            activities=saga.activity_functions,
            data_converter=saga.data_converter,
            client=self._connect,
            interceptors=saga.activity_interceptors,
            around=self._around,
            cached=cached,
        )
        for queue in (TASK_QUEUE, *saga.task_queues):
            self.temporal.register(queue, self.worker)
        self.workflows: dict[str, SimulatedOrderWorkflow] = {}
        self._order_of: dict[str, str] = {}
        self._attempts = 0
        self._faults_ended = False
        self._livelock: asyncio.Future[None] | None = None
        for order in trial.scenario.all_orders:
            self.add(order)

    def add(self, order: AnyOrder) -> SimulatedOrderWorkflow:
        """Make the workflow of an order, which is yet to be placed."""
        workflow = SimulatedOrderWorkflow(
            self.trial,
            order,
            self._connect,
            temporal=self.temporal,
            workflow_id=self._saga.workflow_id.format(order_id=order.id),
            task_queue=TASK_QUEUE,
            is_known=lambda workflow_id: self._owner(workflow_id) is not None,
        )
        self.workflows[order.id] = workflow
        self._order_of[workflow.workflow_id] = order.id
        return workflow

    async def play(self) -> None:
        """Place all orders, and see them to their ends."""
        trial = self.trial
        if self._saga.reset is not None:
            self._saga.reset()
        trial.client = EventClient(self.workflows)
        if trial.has_fault("evict"):
            trial.network.observers.append(self.evict_on_fault)
        self._watch_waits()
        trial.begin()
        livelock = self._detect_livelock()
        try:
            await self._place_orders()
            for workflow in self.workflows.values():
                await workflow.wait_for_end(livelock)
            await self.finish(livelock)
            for workflow in self.workflows.values():
                if workflow.is_placed:
                    trial.outcomes[workflow.order.id] = await workflow.conclude()
            trial.raise_if_refused()
            for workflow in self.workflows.values():
                if workflow.unplayable:
                    raise UnplayableError(workflow.unplayable)
        finally:
            self.close()
            trial.close()

    async def finish(self, livelock: asyncio.Future[None]) -> None:
        """Let all that is still under way come to its end, once the orders have ended."""
        leftovers = Leftovers(self.temporal, self.worker, livelock)
        await self._end(leftovers)
        while True:
            placed = self._times_placed
            if not livelock.done():  # the clock cannot be moved on otherwise
                await self.trial.finish()  # which may place orders, again or for the first time
            for workflow in self.workflows.values():
                await workflow.wait_for_later_ends(livelock)
            if self._times_placed > placed and not livelock.done():
                continue
            if not self.worker.attempts or livelock.done() or not await self._end(leftovers):
                return

    @property
    def _times_placed(self) -> int:
        return sum(workflow.times_placed for workflow in self.workflows.values())

    async def _end(self, leftovers: Leftovers) -> bool:
        """Wait for what is left; whether all of it has ended."""
        if any(workflow.is_stuck for workflow in self.workflows.values()):
            return False  # it will never end, and the verdict says so
        if not leftovers.are_there:
            return True
        trouble = await leftovers.end()
        if trouble:
            self.trial.troubles.append(trouble)
        return not trouble

    def close(self) -> None:
        """Stop waiting for orders, and stop the service."""
        for workflow in self.workflows.values():
            workflow.forget()
        self.temporal.close()

    async def evict_on_fault(self, moment: Moment, attempt: Attempt) -> None:
        """Drop an order's workflow from the worker's cache; observes the network."""
        if moment is Moment.AFTER and attempt.fault == "evict":
            self.temporal.evict(self.workflows[attempt.order].workflow_id)

    async def _place_orders(self) -> None:
        for order in self.trial.scenario.orders:
            await self.workflows[order.id].submit()
        if 0.0 not in self.trial.times_ahead:
            self.worker.start()
            return
        opening = asyncio.create_task(self.trial.advance_to(0.0))
        # The events of the first moment come before the worker; an update waits for it, though.
        await asyncio.wait({opening}, timeout=0.001)
        self.worker.start()
        await opening

    def _watch_waits(self) -> None:
        """Let events happen that are to come while an order waits for a message."""
        is_planned = any(e.when.moment == "waiting" for e in self.trial.scenario.events)
        if is_planned or self._saga.people:
            ids = [(order, each.workflow_id) for order, each in self.workflows.items()]
            running_loop().on_idle = WaitingOrders(self.trial, self.temporal, ids)

    def _detect_livelock(self) -> asyncio.Future[None]:
        """Done once the trial goes on and on, while hardly any time passes."""
        self._livelock = running_loop().create_future()
        self._limit_turns()
        return self._livelock

    def _limit_turns(self) -> None:
        orders = len(self.workflows)
        running_loop().limit_turns(
            TURNS_AT_ONCE * orders, TURNS_A_SECOND * orders, self._too_many_turns
        )

    def _owner(self, workflow_id: str) -> str | None:
        named = {order: order for order in self.workflows}
        return owner_in(self._order_of, workflow_id, self._saga, named)

    def _order(self, workflow_id: str) -> str:
        """The order that a workflow belongs to.

        Raises:
            ApplicationError: It belongs to none.
        """
        order = self._order_of.get(workflow_id) or self._owner(workflow_id)
        if order is None:
            raise stranger(workflow_id, self._saga)
        return order

    def _too_many_turns(self) -> None:
        """End all faults, for they may be the reason; if they are not, the trial is a livelock."""
        if self._faults_ended:
            self._give_up()
            return
        self._end_faults()
        self._limit_turns()

    def _end_faults(self) -> None:
        self._faults_ended = True
        self.trial.network.heal_at(self.trial.clock.now())

    def _give_up(self) -> None:
        if self._livelock is not None and not self._livelock.done():
            self._livelock.set_result(None)

    def _count(self, workflow: SimulatedOrderWorkflow, attempt: AttemptFacts) -> None:
        """Count an attempt: too many of all orders end all faults, too many of one are a livelock.

        Attempts that a policy limits come to an end, however fast they follow each other.
        """
        limit = self._saga.attempt_limit
        self._attempts += 1
        workflow.attempts += 1
        if self._attempts == limit:
            self._end_faults()
        if workflow.attempts >= 2 * limit:
            self._give_up()
        elif attempt.attempt > 1 and attempt.is_limited:
            running_loop().allow_turns(TURNS_OF_ATTEMPT)

    def _around(self, attempt: AttemptFacts) -> AbstractContextManager[None]:
        """The world of an attempt, in which its worker may die."""
        loop = running_loop()
        order = self._order(attempt.workflow_id)
        self._count(self.workflows[order], attempt)
        return _Life(
            AttemptContext(
                self.trial.network,
                order=order,
                activity=attempt.activity_type,
                execution=self.trial.execution_of(
                    attempt.workflow_id, attempt.run.run_id, attempt.command.activity_id
                ),
                retry=attempt.attempt,
                loop=loop,
                waiting=loop.thread_waits,
                refuse=self.trial.refuse,
            )
        )


class _Life(in_context):
    """An attempt in its world. One whose worker dies never reports."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if isinstance(error, WorkerCrash):
            raise NeverReports(str(error)) from None
