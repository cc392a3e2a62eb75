"""A run of scenarios on one engine or two, and what there is of it when somebody interrupts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field

from sagacheck.checks import Verdict
from sagacheck.engines import Engine
from sagacheck.language import Scenario
from sagacheck.run.determinism import Repetition
from sagacheck.run.engine_diff import disagreements
from sagacheck.run.judge import OnResult, ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest

OpenEngine = AbstractAsyncContextManager[Engine]
Progress = Callable[[Sequence[Scenario]], AbstractContextManager[OnResult]]
"""Shows the results of scenarios as they come."""


@dataclass
class Played:
    """What came of a run.

    Attributes:
        runs: The results of each engine, in the scenarios' order.
        seconds: How long it took.
        interrupted: Whether somebody ended it with Ctrl-C; then results are missing.
    """

    runs: list[list[ScenarioResult]] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def results(self) -> list[ScenarioResult]:
        """All results, engine by engine."""
        return [result for run in self.runs for result in run]

    @property
    def disagreements(self) -> list[str]:
        """What two engines do not agree about."""
        if len(self.runs) < 2 or self.interrupted:
            return []
        return disagreements(*self.runs)

    @property
    def verdict(self) -> Verdict:
        """What it all comes to: nothing is known of what was not played."""
        whole = Verdict.UNKNOWN if self.disagreements or self.interrupted else Verdict.VALID
        return Verdict.merge([whole, *(result.verdict for result in self.results)])


def play(
    scenarios: Sequence[Scenario],
    saga: SagaUnderTest,
    engines: Iterable[tuple[OpenEngine, Repetition]],
    *,
    at_once: int,
    progress: Progress,
) -> Played:
    """Play all scenarios on each engine; on Ctrl-C, stop with what was found by then.

    Args:
        scenarios: What to play.
        saga: The saga under test.
        engines: The engines, each with what it is to be repeated for.
        at_once: How many scenarios may be under way at the same time.
        progress: Shows the results of one engine as they come.

    Raises:
        EngineStartError: An engine has no server.
    """
    played, started = Played(), time.perf_counter()
    places = {id(scenario): place for place, scenario in enumerate(scenarios)}
    for opened, repetition in engines:
        results: list[ScenarioResult] = []
        played.runs.append(results)
        try:
            asyncio.run(_run(scenarios, saga, opened, repetition, at_once, progress, results))
        except KeyboardInterrupt:
            played.interrupted = True
        results.sort(key=lambda result: places[id(result.scenario)])
        if played.interrupted:
            break
    played.seconds = time.perf_counter() - started
    return played


async def _run(  # noqa: PLR0913, PLR0917 - called in one place
    scenarios: Sequence[Scenario],
    saga: SagaUnderTest,
    opened: OpenEngine,
    repetition: Repetition,
    at_once: int,
    progress: Progress,
    results: list[ScenarioResult],
) -> None:
    with progress(scenarios) as show:

        def on_result(result: ScenarioResult) -> None:
            results.append(result)
            show(result)

        async with repetition, opened as engine:
            found = await run_all(scenarios, engine, saga, at_once=at_once, on_result=on_result)
            results[:] = await repetition.judge(found)
