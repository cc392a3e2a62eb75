"""A run in a thread of its own, for callers that wait for one scenario after another."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from sagacheck.language import Scenario
from sagacheck.run.determinism import DeterminismCheck
from sagacheck.run.judging.judge import run_all
from sagacheck.run.run_spec import RunSpec
from sagacheck.run.scenario_result import ScenarioResult


class BackgroundRun:
    """Runs scenarios on one engine, in a thread with an event loop of its own.

    All of them start together when the first is asked for.

    Args:
        spec: What is run, on the first of its engines.
    """

    def __init__(self, spec: RunSpec) -> None:
        self._spec = spec
        self._futures: dict[int, Future[ScenarioResult]] = {
            id(scenario): Future() for scenario in spec.scenarios
        }
        self._thread: threading.Thread | None = None
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None

    def result_of(self, scenario: Scenario) -> ScenarioResult:
        """The result of one of the scenarios, once it is there.

        Raises:
            EngineStartError: The engine has no server.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, name="scenarios", daemon=True)
            self._thread.start()
        return self._futures[id(scenario)].result()

    def close(self) -> None:
        """Stop the scenarios that still run."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join()
        self._loop.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _main(self) -> None:
        self._task = self._loop.create_task(self._run_all())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where a result is waited for
            for future in self._futures.values():
                if not future.done():
                    future.set_exception(error)

    async def _run_all(self) -> None:
        spec, rerun = self._spec, {id(scenario) for scenario in self._spec.rerun}

        def on_result(result: ScenarioResult) -> None:
            # What runs a second time has its verdict only after that.
            if id(result.scenario) not in rerun:
                self._set(result)

        check = DeterminismCheck.of(spec)
        async with check, spec.open_engine(spec.engines[0]) as engine:
            found = await run_all(
                spec.scenarios, engine, spec.saga, at_once=spec.at_once, on_result=on_result
            )
            for result in await check.judge(found):
                if id(result.scenario) in rerun:
                    self._set(result)

    def _set(self, result: ScenarioResult) -> None:
        self._futures[id(result.scenario)].set_result(result)
