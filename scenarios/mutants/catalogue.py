"""The catalogue of scenarios as a finder of bugs: what each of its scenarios shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
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


@lru_cache(maxsize=1)
def catalogue() -> tuple[Scenario, ...]:
    """All scenarios of the catalogue, read once."""
    return tuple(load())


def play(scenarios: Sequence[Scenario], saga: SagaUnderTest) -> Iterator[ScenarioResult]:
    """Play scenarios in virtual time, one after another, for as long as somebody wants more."""
    with asyncio.Runner() as runner:
        engine = SimulatedEngine(saga)
        runner.run(engine.__aenter__())
        try:
            for scenario in scenarios:
                yield runner.run(run_one(scenario, engine, saga))
        finally:
            runner.run(engine.__aexit__(None, None, None))


def found_in(result: ScenarioResult) -> dict[str, str]:
    """What a run has shown: each invariant that it broke, with a sentence for the first time."""
    found: dict[str, str] = {}
    for violation in result.violations:
        kind = EXPECTATION if _was_expected_otherwise(violation, result) else violation.invariant
        found.setdefault(kind, f"{violation.invariant}: {violation.detail}")
    for unmet in result.unmet:
        if unmet.kind is UnmetKind.EXPECTATION:
            found.setdefault(EXPECTATION, unmet.detail)
    return found


def troubles_of(result: ScenarioResult) -> list[str]:
    """What kept a run from being judged. A fault that never fired is no such thing here.

    Scenarios aim at the steps of the saga that they were written for, and others take other ones.
    """
    return [
        f"{name_of(result.scenario)}: {unmet.detail}"
        for unmet in result.unmet
        if unmet.kind in (UnmetKind.RUN, UnmetKind.CHECK)
    ]


def name_of(scenario: Scenario) -> str:
    """Theme and file, by which a scenario of the catalogue is found again."""
    path = PurePath(scenario.file)
    return str(PurePath(path.parent.name, path.stem))


def _was_expected_otherwise(violation: Violation, result: ScenarioResult) -> bool:
    """Whether an invariant is broken only because the scenario expects something else.

    What a terminated order may leave behind is part of what its scenario expects, which was written
    for a saga that takes its steps in one order.
    """
    outcome = result.trial.outcomes.get(violation.order)
    terminated = outcome is not None and outcome.status is Status.TERMINATED
    return terminated and violation.invariant == "I7" and bool(result.scenario.expect.orphans)
