"""A run of scenarios on one engine or several, and partial results on Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sagacheck import interrupts
from sagacheck.errors import EngineStartError
from sagacheck.run.determinism import DeterminismCheck
from sagacheck.run.events import Listener, Listeners
from sagacheck.run.judging.judge import run_all
from sagacheck.run.run_result import RunResult
from sagacheck.run.run_spec import RunSpec
from sagacheck.run.scenario_result import ScenarioResult


class RunFailedError(Exception):
    """The harness itself has failed: there is no verdict about the saga."""


def play(spec: RunSpec, listeners: Iterable[Listener] = ()) -> RunResult:
    """Play all scenarios on each engine; on Ctrl-C, stop with what was found by then.

    Args:
        spec: What is played, and how.
        listeners: They get its events.

    Raises:
        EngineStartError: An engine has no server.
        RunFailedError: The harness has failed; its cause says how.
    """
    events = Listeners(listeners)
    started = time.perf_counter()
    by_engine: list[list[ScenarioResult]] = []
    interrupted = False
    try:
        with interrupts.playing():
            for engine in spec.engines:
                by_engine.append([])
                interrupts.run(_play_on(engine, spec, events, by_engine[-1]))
    except KeyboardInterrupt:
        interrupted = True
    except EngineStartError:
        raise
    except Exception as error:
        raise RunFailedError from error
    run = RunResult(
        spec,
        [_in_order(results, spec) for results in by_engine],
        time.perf_counter() - started,
        interrupted,
    )
    events.run_finished(run)
    return run


async def _play_on(
    engine: str, spec: RunSpec, listener: Listener, results: list[ScenarioResult]
) -> None:
    """Play on one engine; `results` gets each result at once, so that Ctrl-C loses none."""

    def on_result(result: ScenarioResult) -> None:
        results.append(result)
        listener.scenario_finished(result)

    # In virtual time only: a server's is never the same.
    check = DeterminismCheck.of(spec) if engine == "simulated" else DeterminismCheck.none()
    listener.engine_started(engine, spec.scenarios)
    try:
        async with check, spec.open_engine(engine) as opened:
            found = await run_all(
                spec.scenarios, opened, spec.saga, at_once=spec.at_once, on_result=on_result
            )
            results[:] = await check.judge(found)
    finally:
        listener.engine_finished(engine)


def _in_order(results: Iterable[ScenarioResult], spec: RunSpec) -> list[ScenarioResult]:
    """The results in the order of the scenarios, not in that in which they came."""
    places = {id(scenario): place for place, scenario in enumerate(spec.scenarios)}
    return sorted(results, key=lambda result: places[id(result.scenario)])
