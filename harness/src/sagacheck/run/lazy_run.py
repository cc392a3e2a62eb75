"""A run whose scenarios are played when they are asked for, each by itself."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from sagacheck.engines import Engine
from sagacheck.language import Scenario
from sagacheck.run.determinism import DeterminismCheck
from sagacheck.run.judging.judge import run_one
from sagacheck.run.run_spec import RunSpec
from sagacheck.run.scenario_result import ScenarioResult


class LazyRun:
    """Plays scenarios one at a time, in a thread with an event loop of its own.

    For callers that may not ask for all: a worker of pytest-xdist collects every test, and runs
    some of them.

    Args:
        spec: What may be asked for, and the engine, the first of its engines.
    """

    def __init__(self, spec: RunSpec) -> None:
        self._spec = spec
        self._rerun = {id(scenario) for scenario in spec.rerun}
        self._loop = asyncio.new_event_loop()
        self._engine: Future[Engine] = Future()
        self._closing = asyncio.Event()
        self._thread: threading.Thread | None = None

    def result_of(self, scenario: Scenario) -> ScenarioResult:
        """Play one of the scenarios.

        Raises:
            EngineStartError: The engine has no server.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, name="scenarios", daemon=True)
            self._thread.start()
        engine = self._engine.result()
        playing = asyncio.run_coroutine_threadsafe(self._play(scenario, engine), self._loop)
        try:
            return playing.result()
        except KeyboardInterrupt:
            playing.cancel()
            raise

    def close(self) -> None:
        """End the engine."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        self._loop.close()

    def _main(self) -> None:
        try:
            self._loop.run_until_complete(self._keep_engine())
        except BaseException as error:  # noqa: BLE001 - it is raised where a result is waited for
            if not self._engine.done():
                self._engine.set_exception(error)

    async def _keep_engine(self) -> None:
        async with self._spec.open_engine(self._spec.engines[0]) as engine:
            self._engine.set_result(engine)
            await self._closing.wait()

    async def _play(self, scenario: Scenario, engine: Engine) -> ScenarioResult:
        rerun = [scenario] if id(scenario) in self._rerun else []
        async with DeterminismCheck.of(self._spec, rerun) as check:
            result = await run_one(scenario, engine, self._spec.saga)
            (judged,) = await check.judge([result])
        return judged
