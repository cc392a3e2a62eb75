"""The two sides: the simulated service, and a real server with time skipping."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import PollWorkflowExecutionUpdateRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.converter import DataConverter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from sagacheck.engines import add_search_attributes, embedded_server
from sagacheck.temporal import SimulatedTemporal, SimulatedWorker, VirtualTimeLoop, simulated_client
from tests.conformance.activities import ACTIVITIES
from tests.conformance.registry import WORKFLOWS
from tests.conformance.side import POLL_SECONDS, TASK_TIMEOUT, Case, Evidence, Handle, Side

AT_ONCE = 64
LIMIT_SECONDS = 300
MANY_SKIPS = 10_000
LONGEST_PLAY_SECONDS = 365 * 24 * 3600.0
"""In virtual time, in which a case that waits in vain would wait for ever."""
COMMON_QUEUE = "common"
ATTRIBUTES: list[SearchAttributeKey[Any]] = [
    SearchAttributeKey.for_keyword("Stage"),
    SearchAttributeKey.for_int("Tries"),
    SearchAttributeKey.for_float("Weight"),
    SearchAttributeKey.for_bool("Paid"),
    SearchAttributeKey.for_datetime("Due"),
    SearchAttributeKey.for_keyword_list("Tags"),
]
"""The search attributes that an operator has added."""
_SHORT = timedelta(milliseconds=20)


# -- the simulated side ---------------------------------------------------------------------------


def play_simulated(case: Case, *, cached: bool = True) -> Evidence:
    """Give a case on the simulated service."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(asyncio.wait_for(_play_simulated(case, cached), LONGEST_PLAY_SECONDS))


async def _play_simulated(case: Case, cached: bool) -> Evidence:
    side = SimulatedSide(case, SimulatedTemporal(search_attributes=ATTRIBUTES), cached)
    try:
        return await side.play()
    finally:
        side.close()


class SimulatedSide(Side):
    """A case on a simulated service of its own."""

    def __init__(self, case: Case, temporal: SimulatedTemporal, cached: bool) -> None:
        super().__init__(case, simulated_client(temporal, DataConverter.default), case.name)
        self._temporal = temporal
        self._cached = cached
        self._worker = self._new_worker(case.workflows or WORKFLOWS)
        if not case.worker_waits:
            self._worker.start()

    async def begin_work(self) -> None:
        """Let the worker begin, where it waits."""
        self._worker.start()

    async def has_update(self, handle: Handle, update: str) -> None:
        """Wait until the service knows of an update: it does after a turn of the loop."""
        await asyncio.sleep(POLL_SECONDS)

    async def deploy(self, *workflows: type) -> None:
        """Put another version of the code in the worker's place."""
        self._worker.close()
        self._worker = self._new_worker(workflows)
        self._worker.start()

    def close(self) -> None:
        """Let go of all workflows."""
        self._temporal.close()

    def _new_worker(self, workflows: Sequence[type]) -> SimulatedWorker:
        worker = SimulatedWorker(
            workflows=workflows,
            activities=ACTIVITIES,
            data_converter=DataConverter.default,
            client=lambda: self.client,
            cached=self._cached,
        )
        self._temporal.register(self.queue, worker)
        return worker


# -- the real side --------------------------------------------------------------------------------


async def play_real(cases: Iterable[Case]) -> dict[str, Evidence | BaseException]:
    """Give cases on one real server, many at once."""
    with quiet_sdk(), ThreadPoolExecutor(max_workers=200) as threads:
        async with embedded_server() as address:
            client = await Client.connect(address, runtime=_quiet_runtime())
            await add_search_attributes(client, ATTRIBUTES)
            async with new_worker(client, COMMON_QUEUE, WORKFLOWS, threads):
                return await _play_all(cases, client, threads)


async def _play_all(
    cases: Iterable[Case], client: Client, threads: ThreadPoolExecutor
) -> dict[str, Evidence | BaseException]:
    places = asyncio.Semaphore(AT_ONCE)

    async def play(case: Case) -> Evidence | BaseException:
        async with places:
            try:
                async with (
                    asyncio.timeout(LIMIT_SECONDS),
                    real_side(case, client, threads) as side,
                ):
                    return await side.play()
            except Exception as error:  # noqa: BLE001 - it belongs to the test of this case
                return error

    listed = sorted(cases, key=lambda case: case.skips_time)  # real time passes beside all others
    return dict(
        zip(
            (case.name for case in listed),
            await asyncio.gather(*(play(case) for case in listed)),
            strict=True,
        )
    )


class RealSide(Side):
    """A case on the common server, with the common worker or one of its own."""

    def __init__(self, case: Case, client: Client, threads: ThreadPoolExecutor) -> None:
        self._own = bool(case.worker_waits or case.workflows)
        skipping = TimeSkippingConfig(
            enabled=case.skips_time, max_session_skip_count=MANY_SKIPS if case.skips_time else 0
        )
        skipper = TimeSkipper(client, config=skipping)
        super().__init__(case, skipper.client, case.name if self._own else COMMON_QUEUE)
        self._threads = threads
        self._worker: Worker | None = None
        self._work: asyncio.Task[None] | None = None

    async def begin_work(self) -> None:
        """Let the worker begin, where it waits."""
        await self.deploy(*(self.case.workflows or WORKFLOWS))

    async def has_update(self, handle: Handle, update: str) -> None:
        """Wait until the service knows of an update: until then it is not found."""
        request = PollWorkflowExecutionUpdateRequest(
            namespace=self.client.namespace,
            update_ref=UpdateRef(
                workflow_execution=WorkflowExecution(workflow_id=handle.id), update_id=update
            ),
        )
        while True:
            try:
                await self.client.workflow_service.poll_workflow_execution_update(request)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            else:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def deploy(self, *workflows: type) -> None:
        """Put another version of the code in the worker's place."""
        await self.close()
        self._worker = new_worker(self.client, self.queue, workflows, self._threads)
        self._work = asyncio.create_task(self._worker.run())

    async def open(self) -> None:
        """Start the case's own worker, unless it has none or is to wait."""
        if self._own and not self.case.worker_waits:
            await self.begin_work()

    async def close(self) -> None:
        """Stop the case's own worker."""
        if self._worker is not None and self._work is not None:
            await self._worker.shutdown()
            await self._work


@asynccontextmanager
async def real_side(
    case: Case, client: Client, threads: ThreadPoolExecutor
) -> AsyncIterator[RealSide]:
    """The side of the real server for one case, with a worker of its own if it needs one."""
    side = RealSide(case, client, threads)
    await side.open()
    try:
        yield side
    finally:
        await side.close()


def new_worker(
    client: Client, queue: str, workflows: Sequence[type], threads: ThreadPoolExecutor
) -> Worker:
    """A worker of the SDK with all our activities.

    It would fail the task of a workflow that does not yield within two seconds, which on a busy
    machine any may need.
    """
    worker = Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=ACTIVITIES,
        activity_executor=threads,
        max_concurrent_activities=200,
        build_id="conformance",
        workflow_runner=UnsandboxedWorkflowRunner(),
        sticky_queue_schedule_to_start_timeout=TASK_TIMEOUT,
        max_heartbeat_throttle_interval=_SHORT,
        default_heartbeat_throttle_interval=_SHORT,
    )
    assert worker._workflow_worker is not None, "it has workflows"
    worker._workflow_worker._deadlock_timeout_seconds = None
    return worker


def _quiet_runtime() -> Runtime:
    only_errors = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    return Runtime(telemetry=TelemetryConfig(logging=only_errors))


@contextmanager
def quiet_sdk() -> Iterator[None]:
    """The SDK logs whatever fails; here failing is the point."""
    logger = logging.getLogger("temporalio")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
