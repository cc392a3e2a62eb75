"""The scenarios of the project as a finder of bugs: what each of them shows."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from sagacheck.checks import OrderStatus, UnmetKind, Violation
from sagacheck.config import find_project
from sagacheck.language import Scenario, load
from sagacheck.mutants.model import EXPECTATION
from sagacheck.run import TrialResult
from sagacheck.saga import load_saga


@lru_cache(maxsize=1)
def catalogue() -> tuple[Scenario, ...]:
    """All scenarios that pyproject.toml names, read once, in the words of the saga it names.

    Raises:
        ConfigError: It names none.
    """
    project = find_project()
    if not project.scenarios:
        raise project.missing("scenarios", "leave out the finder catalogue")
    return tuple(load(project.scenarios, load_saga(project=project).dialect))


def name_of(scenario: Scenario) -> str:
    """Theme and file, by which a scenario of the catalogue is found again."""
    path = PurePath(scenario.file)
    return str(PurePath(path.parent.name, path.stem))


def found_in(result: TrialResult) -> dict[str, str]:
    """What a trial has shown: each invariant that it broke, with a sentence for the first time."""
    found: dict[str, str] = {}
    for violation in result.violations:
        kind = EXPECTATION if _is_only_unexpected(violation, result) else violation.invariant
        found.setdefault(kind, f"{violation.invariant}: {violation.detail}")
    for unmet in result.unmet:
        if unmet.kind is UnmetKind.EXPECTATION:
            found.setdefault(EXPECTATION, unmet.detail)
    return found


def troubles_in(result: TrialResult) -> list[str]:
    """Why a trial could not be judged. A fault that never fired is no such thing here.

    Scenarios aim at the steps of the saga that they were written for, and others take other ones.
    """
    return [
        unmet.detail for unmet in result.unmet if unmet.kind in (UnmetKind.RUN, UnmetKind.CHECK)
    ]


def _is_only_unexpected(violation: Violation, result: TrialResult) -> bool:
    """Whether an invariant is broken only because the scenario expects something else.

    The effects that a terminated order may leave are part of what its scenario expects, written
    for a saga that takes its steps in one order. So is the time that a scenario gives a workflow:
    whether a saga can be through by then depends on its design.
    """
    assert result.trial is not None, "what breaks an invariant has been played"
    outcome = result.trial.outcomes.get(violation.order)
    if outcome is None:
        return False
    if outcome.status is OrderStatus.TIMED_OUT:
        return any(order.start.has_deadline for order in result.trial.scenario.all_orders)
    terminated = outcome.status is OrderStatus.TERMINATED
    return terminated and violation.invariant == "I7" and bool(result.trial.scenario.expect.orphans)
