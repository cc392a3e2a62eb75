"""The server engine: scenarios on a real Temporal server.

One worker plays many trials at once. An activity interceptor finds the trial of an attempt by the
workflow's id and moves the trial's clock to the workflow's virtual time, so that nothing waits:
the server skips the time between attempts, and the world's clock jumps over a caller's timeout.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, nullcontext
from itertools import count
from types import TracebackType
from typing import Self

from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.worker import Worker

from sagacheck.engines.event_client import EventClient
from sagacheck.engines.quiet import quiet_sdk
from sagacheck.engines.saga_worker import CACHED_WORKFLOWS, THREADS, saga_worker
from sagacheck.engines.server.activity_interceptor import ActivityInterceptor
from sagacheck.engines.server.embedded_server import embedded_server
from sagacheck.engines.server.order_workflow import ServerOrderWorkflow
from sagacheck.engines.server.search_attributes import add_search_attributes
from sagacheck.engines.strangers import owner_in, stranger
from sagacheck.engines.trial import Trial
from sagacheck.errors import EngineStartError, UnplayableError
from sagacheck.inprocess import client_patches, guarded_trial
from sagacheck.saga import SagaUnderTest
from sagacheck.world import ManualClock

SHARED_QUEUE = "orders-under-test"
OPENING_SECONDS = 5.0
"""How long the events of the first moment may take before the worker begins."""


class ServerEngine:
    """Plays trials on a real Temporal server; use it with ``async with``.

    Args:
        saga: The saga under test.
        address: The address of a server; by default one is embedded.
        skips_time: Whether the server can skip time. By default an embedded one can, and one by
            its address cannot: there backoffs and outages take their time.
        numbers: Make the workflow ids of trials differ; engines that share a server need numbers
            of their own.
        evict_always: Whether each workflow is evicted after each of its tasks, and rebuilt for
            the next by replaying its history.
    """

    name = "server"

    def __init__(
        self,
        saga: SagaUnderTest,
        *,
        address: str | None = None,
        skips_time: bool | None = None,
        numbers: Iterable[int] | None = None,
        evict_always: bool = False,
    ) -> None:
        self._saga = saga
        self._address = address
        self._skips_time = address is None if skips_time is None else skips_time
        self._cache = 0 if evict_always else CACHED_WORKFLOWS
        self._workflows: dict[str, ServerOrderWorkflow] = {}
        self._numbers = iter(count(1) if numbers is None else numbers)
        self._stack = AsyncExitStack()
        self._alone = asyncio.Lock()

    async def __aenter__(self) -> Self:
        try:
            await self._set_up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def new_clock(self) -> ManualClock:
        """A clock that stands still until an attempt begins or a caller's timeout passes."""
        return ManualClock()

    async def play(self, trial: Trial) -> None:
        """Play `trial` to its end, and write down its outcomes.

        Raises:
            UnplayableError: The scenario needs what a server engine cannot do.
        """
        if trial.calls_back and (self._saga.children or not self._skips_time):
            msg = (
                "services call back in virtual time, which needs a server that can skip time, and a"
                " saga without child workflows; use --engine simulated"
            )
            raise UnplayableError(msg)
        # The children of two trials may have the same ids, and activities may share what they keep.
        async with self._alone if self._saga.plays_alone else nullcontext():
            with guarded_trial(trial.refuse):
                if self._saga.reset is not None:
                    self._saga.reset()
                await self._play(trial)

    async def _play(self, trial: Trial) -> None:
        trial.begin()
        number = next(self._numbers)
        # A worker of its own for what cannot be had from a shared one: a workflow cache of zero,
        # and events that come before any worker has seen the order.
        alone = trial.has_fault("evict") or 0.0 in trial.times_ahead
        queue = f"{SHARED_QUEUE}-{number}" if alone else SHARED_QUEUE
        workflows = self._workflows_of(trial, number, queue)
        self._workflows.update({each.workflow_id: each for each in workflows})
        trial.client = EventClient({each.order.id: each for each in workflows})
        try:
            for each in workflows[: len(trial.scenario.orders)]:
                await each.submit()
            opening = asyncio.create_task(trial.advance_to(0.0))
            await asyncio.wait({opening}, timeout=OPENING_SECONDS)
            async with AsyncExitStack() as stack:
                if alone:
                    cache = 0 if trial.has_fault("evict") else self._cache
                    await stack.enter_async_context(self._worker(queue, cache))
                await opening
                await _play_to_the_end(trial, workflows)
        finally:
            for each in workflows:
                each.forget()
                del self._workflows[each.workflow_id]

    def _owner(self, workflow_id: str) -> ServerOrderWorkflow | None:
        named = {each.order.id: each for each in self._workflows.values()}
        return owner_in(self._workflows, workflow_id, self._saga, named)

    def _order_of(self, workflow_id: str) -> ServerOrderWorkflow:
        """The workflow of the order that a workflow belongs to.

        Raises:
            ApplicationError: It belongs to none.
        """
        order = self._workflows.get(workflow_id) or self._owner(workflow_id)
        if order is None:
            raise stranger(workflow_id, self._saga)
        return order

    def _workflows_of(self, trial: Trial, number: int, queue: str) -> list[ServerOrderWorkflow]:
        return [
            ServerOrderWorkflow(
                trial,
                order,
                self._client,
                workflow_id=f"{self._saga.workflow_id.format(order_id=order.id)}~{number}",
                task_queue=queue,
                skips_time=self._skips_time,
                is_known=lambda workflow_id: self._owner(workflow_id) is not None,
            )
            for order in trial.scenario.all_orders
        ]

    async def _set_up(self) -> None:
        address = self._address
        if address is None:
            address = await self._stack.enter_async_context(embedded_server())
        try:
            self._client = await Client.connect(
                address, data_converter=self._saga.data_converter, runtime=_quiet_runtime()
            )
        except RuntimeError as error:
            msg = f"the Temporal server at {address} cannot be reached: {_reason(error)}"
            raise EngineStartError(msg) from error
        await add_search_attributes(self._client, self._saga.search_attributes)
        self._executor = self._stack.enter_context(ThreadPoolExecutor(max_workers=THREADS))
        self._stack.enter_context(client_patches(self._saga.allow_hosts))
        self._stack.enter_context(quiet_sdk())
        for queue in (SHARED_QUEUE, *self._saga.task_queues):
            await self._stack.enter_async_context(self._worker(queue, self._cache))

    def _worker(self, task_queue: str, cache: int) -> Worker:
        return saga_worker(
            self._client,
            self._saga,
            task_queue,
            # What the saga's interceptors call belongs to the attempt, whose death is not for them.
            interceptors=[ActivityInterceptor(self._order_of)],
            cached_workflows=cache,
            threads=self._executor,
        )


async def _play_to_the_end(trial: Trial, workflows: Sequence[ServerOrderWorkflow]) -> None:
    ends = {each: asyncio.create_task(each.wait_for_end()) for each in workflows}
    try:
        while True:
            await asyncio.gather(*(end for each, end in ends.items() if each.is_placed))
            await asyncio.gather(*(each.let_attempts_end() for each in workflows))
            if not await _place_another(trial, workflows):
                break
    finally:
        for end in ends.values():
            end.cancel()
    await trial.finish()
    while any(await asyncio.gather(*(each.wait_for_leftovers() for each in workflows))):
        await trial.finish()
    for each in workflows:
        if each.is_placed:
            trial.outcomes[each.order.id] = await each.conclude()
    trial.raise_if_refused()
    for each in workflows:
        if each.unplayable:
            raise UnplayableError(each.unplayable)


async def _place_another(trial: Trial, workflows: Sequence[ServerOrderWorkflow]) -> bool:
    """Move the clock on until an event places another order; whether one did."""
    left = [each for each in workflows if not each.is_placed]
    while left and (due := trial.clock.next_due) is not None:
        await trial.advance_to(due)
        if any(each.is_placed for each in left):
            return True
    return False


def _quiet_runtime() -> Runtime:
    """A runtime that logs errors only: the core warns of each attempt that reports too late."""
    only_errors = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    return Runtime(telemetry=TelemetryConfig(logging=only_errors))


def _reason(error: RuntimeError) -> str:
    """The operating system's message, without what the SDK's core has put around it."""
    innermost = re.findall(r'(?:message|error): "([^"]+)"', str(error))
    return innermost[-1] if innermost else str(error)
