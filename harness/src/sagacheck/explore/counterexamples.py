"""Counterexamples as files: a scenario that can be run again, and its event histories."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sagacheck.checks import Violation
from sagacheck.engines import Trial
from sagacheck.explore.choices import apply
from sagacheck.explore.tally import Counterexample
from sagacheck.language import Expectations, Scenario, as_yaml
from sagacheck.result_files import write_text
from sagacheck.run import LocalPlayer, slug
from sagacheck.saga import SagaUnderTest, saga_words

COUNTEREXAMPLE = "counterexample"
"""The tag of a scenario that a search has found."""
MOST = 100
"""So many are written; a saga that breaks in more ways is fixed from the first on."""


@dataclass(frozen=True)
class Saved:
    """A counterexample as a file.

    Attributes:
        counterexample: The history, and its violation.
        file: The scenario file.
        text: What stands in it.
        again: The command that runs it again.
    """

    counterexample: Counterexample
    file: Path
    text: str
    again: str


def as_scenario(counterexample: Counterexample, base: Scenario) -> Scenario:
    """The scenario that plays a counterexample."""
    concerned = " ".join(filter(None, counterexample.fact))
    return replace(
        apply(counterexample.history, base),
        name=f"{concerned} - {counterexample.story}",
        covers=(),
    )


def replay_command(file: Path, saga_reference: str | None) -> str:
    """The command that runs a counterexample again.

    Args:
        file: The scenario.
        saga_reference: The value of ``--saga``; empty for the saga named in pyproject.toml.
    """
    words = ["sagacheck", "replay", str(file), *saga_words(saga_reference)]
    return shlex.join(words)


def save(
    counterexamples: Sequence[Counterexample],
    base: Scenario,
    saga: SagaUnderTest,
    folder: Path,
    *,
    saga_reference: str | None = None,
) -> list[Saved]:
    """Write the first counterexamples as scenarios and as Temporal histories.

    Args:
        counterexamples: What was found.
        base: The scenario that the search began with.
        saga: The saga that they were found in.
        folder: Where they go; it is made if need be.
        saga_reference: The value of ``--saga``; empty for the saga named in pyproject.toml.
    """
    saved = []
    for number, each in enumerate(counterexamples[:MOST], 1):
        scenario = as_scenario(each, base)
        file = folder / f"{number:02d}-{slug(scenario.name)[:60].rstrip('-')}.yaml"
        again = replay_command(file, saga_reference)
        write_counterexample(scenario, each.violation, saga, file, again=again)
        saved.append(Saved(each, file, file.read_text(encoding="utf-8"), again))
    return saved


def write_counterexample(
    scenario: Scenario, violation: Violation, saga: SagaUnderTest, file: Path, *, again: str
) -> Path:
    """Write a scenario that breaks an invariant, and beside it its event histories.

    Args:
        scenario: What to play.
        violation: What is wrong in it.
        saga: The saga that it was found in.
        file: Where the scenario goes; its folder is made if need be.
        again: The command that runs it again.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    shown = _shown(scenario, violation)
    text = as_yaml(shown, saga.dialect, comment=f"Runs again with: {again}")
    write_text(file, text)
    player = LocalPlayer(saga)
    with player.ready():
        trial = player.play(shown).trial
    if trial is not None:
        write_histories(trial, file)
    return file


def _shown(scenario: Scenario, violation: Violation) -> Scenario:
    """The scenario as a counterexample: what is wrong is why it matters, and it expects nothing."""
    return replace(scenario, why=violation.detail, tags=(COUNTEREXAMPLE,), expect=Expectations())


def counterexample_yaml(counterexample: Counterexample, base: Scenario, saga: SagaUnderTest) -> str:
    """The YAML of the scenario that plays a counterexample of a search that began with `base`."""
    return as_yaml(
        _shown(as_scenario(counterexample, base), counterexample.violation), saga.dialect
    )


def write_histories(trial: Trial, file: Path) -> None:
    """Write the Temporal history of each order of a trial that was played, beside its scenario.

    Args:
        trial: What was played.
        file: The scenario.
    """
    for order, outcome in trial.outcomes.items():
        history = file.with_name(f"{file.stem}.{order}.history.json")
        write_text(history, outcome.history)
