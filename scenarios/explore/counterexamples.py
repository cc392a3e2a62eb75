"""Counterexamples as files: a scenario that anybody can run, and the history that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fakes import LoopClock, httpx_to_fakes
from scenarios.archive import slug
from scenarios.engines.quiet import quiet_sdk
from scenarios.engines.simulated import SimulatedEngine
from scenarios.explore.choices import apply
from scenarios.explore.findings import Counterexample
from scenarios.saga import SagaUnderTest
from scenarios.scenario import Scenario
from scenarios.trial import Trial
from scenarios.writing import as_yaml

MOST = 100
"""So many are kept; a saga that breaks in more ways than these is mended from the front."""


@dataclass(frozen=True)
class Saved:
    """A counterexample as a file.

    Attributes:
        counterexample: What it shows.
        file: The scenario file.
        text: What stands in it.
    """

    counterexample: Counterexample
    file: Path
    text: str


def as_scenario(counterexample: Counterexample, base: Scenario) -> Scenario:
    """The scenario that plays a counterexample."""
    violation = counterexample.violation
    story = ", then ".join(map(str, counterexample.history)) or "nothing fails"
    return replace(
        apply(counterexample.history, base),
        name=f"{violation.invariant} - {story}",
        why=violation.detail,
        tags=("counterexample",),
        covers=(),
    )


def save(
    counterexamples: Sequence[Counterexample], base: Scenario, saga: SagaUnderTest, folder: Path
) -> list[Saved]:
    """Write the first counterexamples as scenarios and as Temporal histories.

    Args:
        counterexamples: What was found.
        base: The scenario that the search began with.
        saga: The saga that they were found in.
        folder: Where they go; it is made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engine = SimulatedEngine(saga)
    saved = []
    with httpx_to_fakes(), quiet_sdk():
        for number, each in enumerate(counterexamples[:MOST], 1):
            scenario = as_scenario(each, base)
            file = folder / f"{number:02d}-{slug(scenario.name)[:60].rstrip('-')}.yaml"
            text = as_yaml(scenario, comment=f"Runs again with: python -m scenarios replay {file}")
            file.write_text(text, encoding="utf-8")
            saved.append(Saved(each, file, text))
            trial = Trial(scenario, saga, LoopClock())
            engine.play_now(trial)
            for order, outcome in trial.outcomes.items():
                name = f"{file.stem}.{order}.history.json"
                (folder / name).write_text(outcome.history, encoding="utf-8")
    return saved
