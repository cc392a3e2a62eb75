"""Real results for reports to show: scenarios played in virtual time, mostly with a bad saga."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from sagacheck.engines import SimulatedEngine
from sagacheck.language import Scenario
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest, load_saga
from scenarios import SAGA
from tests.shop import CATALOGUE, load, load_text

ROOT = Path(__file__).parents[2]
NAIVE = ROOT / "tests" / "sagas" / "naive.py"

LOST_REPLIES = """\
scenario: no reply to a charge arrives
why: an effect without a reply must be undone too
orders: [{id: o1}]
faults:
  - on: payments.charge
    calls: all
    fault: drop_response
events:
  - query: o1
    when: {at: 5s}
expect:
  o1: {status: failed}
  effects: {payments.refund: 1}
"""


def naive_saga() -> SagaUnderTest:
    """The known-bad saga."""
    return load_saga(f"{NAIVE}:SAGA")


def played(
    scenarios: Sequence[Scenario], saga: SagaUnderTest | None = None
) -> list[ScenarioResult]:
    """The results of scenarios, with our saga where no other is named."""
    chosen = saga or SAGA

    async def play() -> list[ScenarioResult]:
        async with SimulatedEngine(chosen) as engine:
            return await run_all(scenarios, engine, chosen, at_once=1)

    # A browser's driver may have an event loop in this thread already.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, play()).result()


def played_text(text: str, saga: SagaUnderTest | None = None) -> ScenarioResult:
    """The result of a scenario that stands in no file."""
    (result,) = played([load_text(text)], saga)
    return result


def played_files(*names: str, saga: SagaUnderTest | None = None) -> list[ScenarioResult]:
    """The results of scenarios of the catalogue, by theme or by file."""
    return played(load([CATALOGUE / name for name in names]), saga)


def many(results: Sequence[ScenarioResult], count: int) -> list[ScenarioResult]:
    """So many results, each of a scenario of its own, by telling some again under other names."""
    return [
        replace(
            result, scenario=replace(result.scenario, name=f"{result.scenario.name}, again {turn}")
        )
        for turn in range(-(-count // len(results)))
        for result in results
    ][:count]
