"""What looks for bugs, each in its own way.

A finder lets a saga play until it has seen all that it is to see, or until it has no more to try.
The table `FINDERS` names them; whatever else looks for failures is one more line in it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath

from scenarios.engines.simulated import SimulatedEngine
from scenarios.loader import load
from scenarios.mutants.model import EXPECTATION
from scenarios.outcome import Status
from scenarios.runner import ScenarioResult, run_one
from scenarios.saga import SagaUnderTest
from scenarios.scenario import Scenario
from scenarios.verdict import UnmetKind, Violation


@dataclass
class Finding:
    """What a finder has found with one saga.

    Attributes:
        runs: How many runs it has looked at.
        broken: In how many of them each invariant was broken, `EXPECTATION` among them.
        where: The runs in which something was found, in order, by the names people know them by.
        detail: What was found first, in words.
        first_seconds: Real time until then; ``None`` where nothing was found.
        seconds: Real time in all.
        troubles: What kept runs from being judged.
    """

    runs: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    detail: str = ""
    first_seconds: float | None = None
    seconds: float = 0.0
    troubles: list[str] = field(default_factory=list)


Finder = Callable[[SagaUnderTest, frozenset[str] | None], Finding]
"""Looks for bugs in a saga until each of these was seen broken; ``None`` has it try everything."""


def by_catalogue(saga: SagaUnderTest, until: frozenset[str] | None) -> Finding:
    """Plays the scenarios of the catalogue in virtual time."""
    return by_scenarios(_catalogue(), saga, until)


def by_scenarios(
    scenarios: tuple[Scenario, ...], saga: SagaUnderTest, until: frozenset[str] | None
) -> Finding:
    """Plays these scenarios in virtual time."""
    return asyncio.run(_play(scenarios, saga, until))


FINDERS: dict[str, Finder] = {"catalogue": by_catalogue}
"""Every finder, by name."""
WITHOUT_EXPECTATIONS = frozenset(FINDERS) - {"catalogue"}
"""Finders that nobody has told what to expect: they see invariants broken, and nothing else."""


@lru_cache(maxsize=1)
def _catalogue() -> tuple[Scenario, ...]:
    return tuple(load())


async def _play(
    scenarios: tuple[Scenario, ...], saga: SagaUnderTest, until: frozenset[str] | None
) -> Finding:
    finding = Finding()
    started = time.perf_counter()
    async with SimulatedEngine(saga) as engine:
        for scenario in scenarios:
            result = await run_one(scenario, engine, saga)
            finding.runs += 1
            _note(finding, result, time.perf_counter() - started)
            if until is not None and until <= finding.broken.keys():
                break
    finding.seconds = time.perf_counter() - started
    return finding


def _note(finding: Finding, result: ScenarioResult, seconds: float) -> None:
    """Add what one run has shown."""
    finding.troubles += [
        f"{result.scenario.name}: {unmet.detail}"
        for unmet in result.unmet
        if unmet.kind in (UnmetKind.RUN, UnmetKind.CHECK)
    ]
    found: dict[str, str] = {}
    for kind, detail in _found(result):
        found.setdefault(kind, detail)
    if not found:
        return
    finding.broken.update(found.keys())
    finding.where.append(_name(result.scenario))
    if finding.first_seconds is None:
        finding.first_seconds = seconds
        finding.detail = next(iter(found.values()))


def _found(result: ScenarioResult) -> Iterator[tuple[str, str]]:
    """What a run has shown, with a sentence for each."""
    for violation in result.violations:
        kind = EXPECTATION if _is_expected(violation, result) else violation.invariant
        yield kind, f"{violation.invariant}: {violation.detail}"
    for unmet in result.unmet:
        if unmet.kind is UnmetKind.EXPECTATION:
            yield EXPECTATION, unmet.detail


def _is_expected(violation: Violation, result: ScenarioResult) -> bool:
    """Whether an invariant is broken only because a scenario expects something else.

    What an order that was terminated may leave behind is what its scenario expects, which was
    written for a saga that takes its steps in one order.
    """
    outcome = result.trial.outcomes.get(violation.order)
    terminated = outcome is not None and outcome.status is Status.TERMINATED
    return terminated and violation.invariant == "I7" and bool(result.scenario.expect.orphans)


def _name(scenario: Scenario) -> str:
    """Theme and file, which is how a scenario of the catalogue is found again."""
    path = PurePath(scenario.file)
    return str(PurePath(path.parent.name, path.stem))
