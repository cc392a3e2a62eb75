"""Every history that the simulated service writes in a test is given to the SDK's own replayer.

The fixtures here are for `conftest.py`. They listen where a simulated service is closed, gather the
histories of all its runs, each with the test in which it was written, and replay them when the
tests of a module are through. One that is refused is an error that names its test.

    @pytest.mark.does_not_replay  # the workflow's code is another each time: that is the point

A history whose code is not known, because two versions of it took turns, is left out too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from textwrap import shorten

import pytest
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.worker import Replayer

from sagacheck.temporal import SimulatedTemporal, SimulatedWorker

MARKER = "does_not_replay"
LONGEST_REASON = 400


@dataclass
class Written:
    """The histories that one worker's code has had a part in, each once, with its test."""

    worker: SimulatedWorker
    tests: dict[tuple[str, bytes], str] = field(default_factory=dict)


class Gathered:
    """Histories that wait to be replayed.

    Attributes:
        test: The test that is under way, or the module whose fixtures are being made.
        is_listening: Whether what is written now is to be replayed.
        replayed: How many histories were.
    """

    def __init__(self) -> None:
        self.test = ""
        self.is_listening = True
        self.replayed = 0
        self._runtime: Runtime | None = None
        self._written: dict[object, Written] = {}

    def listen_to(self, temporal: SimulatedTemporal) -> None:
        """Gather the histories of all runs of a service whose code is known."""
        if not self.is_listening:
            return
        for run in temporal.runs():
            workers = [each for each in temporal.workers if run.workflow_type in each.workflows]
            if len({worker.workflows[run.workflow_type] for worker in workers}) == 1:
                self.add(workers[0], run.workflow_id, run.history.events)

    def add(
        self, worker: SimulatedWorker, workflow_id: str, events: Iterable[HistoryEvent]
    ) -> None:
        """Keep a history for later, unless the same is there already."""
        key = (
            frozenset(worker.workflows.values()),
            worker.converter,
            type(worker.runner),
            *map(id, worker.interceptors),
        )
        written = self._written.setdefault(key, Written(worker))
        data = History(events=events).SerializeToString()
        written.tests.setdefault((workflow_id, data), self.test)

    def refusals(self) -> list[str]:
        """Replay what waits; what the replayer refused, with the tests in which it was written."""
        waiting, self._written = self._written, {}
        with _quiet_sdk():
            return asyncio.run(self._refusals(waiting.values()))

    async def _refusals(self, waiting: Iterable[Written]) -> list[str]:
        return [refusal for written in waiting async for refusal in self._replayed(written)]

    async def _replayed(self, written: Written) -> AsyncIterator[str]:
        replayer = Replayer(
            workflows=list(written.worker.workflows.values()),
            data_converter=written.worker.converter,
            interceptors=written.worker.interceptors,
            workflow_runner=written.worker.runner,
            runtime=self._quiet_runtime(),
            build_id="tests",  # without one the SDK hashes the code of every loaded module
        )
        async with replayer.workflow_replay_iterator(_parsed(written.tests)) as results:
            tests = iter(written.tests.values())
            async for result in results:
                test = next(tests)
                self.replayed += 1
                if result.replay_failure is not None:
                    why = shorten(str(result.replay_failure), LONGEST_REASON)
                    yield f"{test}: {result.history.workflow_id}: {why}"

    def _quiet_runtime(self) -> Runtime:
        if self._runtime is None:
            only_errors = TelemetryFilter(core_level="ERROR", other_level="ERROR")
            telemetry = TelemetryConfig(logging=LoggingConfig(filter=only_errors))
            self._runtime = Runtime(telemetry=telemetry)
        return self._runtime


async def _parsed(histories: Iterable[tuple[str, bytes]]) -> AsyncIterator[WorkflowHistory]:
    for workflow_id, data in histories:
        yield WorkflowHistory(workflow_id, History.FromString(data).events)


@contextmanager
def _quiet_sdk() -> Iterator[None]:
    """The SDK logs whatever its replayer refuses; here it is reported."""
    logger = logging.getLogger("temporalio")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@pytest.fixture(scope="session", name="gathered")
def _gathered() -> Iterator[Gathered]:
    """Gathers the histories of every simulated service that is closed."""
    gathered = Gathered()
    close = SimulatedTemporal.close

    def close_and_listen(temporal: SimulatedTemporal) -> None:
        gathered.listen_to(temporal)
        close(temporal)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimulatedTemporal, "close", close_and_listen)
        yield gathered


@pytest.fixture(scope="module", autouse=True)
def _replayed(request: pytest.FixtureRequest, gathered: Gathered) -> Iterator[None]:
    """Replays what the tests of a module have written."""
    gathered.test = request.node.nodeid
    gathered.is_listening = True
    yield
    refusals = gathered.refusals()
    if refusals:
        pytest.fail("the SDK's replayer refuses:\n" + "\n".join(refusals), pytrace=False)


@pytest.fixture(autouse=True)
def _told(request: pytest.FixtureRequest, gathered: Gathered) -> None:
    """Tells what is gathered in which test."""
    gathered.test = request.node.nodeid
    gathered.is_listening = request.node.get_closest_marker(MARKER) is None
