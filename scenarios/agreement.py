"""Whether two engines agree about a scenario. Where they do not, the server is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scenarios.runner import ScenarioResult
from scenarios.scenario import Scenario


def disagreements(
    simulated: Sequence[ScenarioResult], server: Sequence[ScenarioResult]
) -> list[str]:
    """What differs between the results of the same scenarios on two engines, a line each."""
    return [
        f"{ours.scenario.file}: {what}"
        for ours, theirs in zip(simulated, server, strict=True)
        for what in differences(ours, theirs)
    ]


def differences(ours: ScenarioResult, theirs: ScenarioResult) -> Iterator[str]:
    """What differs between two results of one scenario.

    Verdicts and how often orders ended how must always be the same. Results and the order of
    effects must be too, unless the scenario has races.
    """
    pairs: list[tuple[str, object, object]] = [
        ("verdict", ours.verdict, theirs.verdict),
        ("statuses", statuses(ours), statuses(theirs)),
    ]
    if not has_races(ours.scenario):
        pairs += [
            ("results", endings(ours), endings(theirs)),
            ("effects", effects(ours), effects(theirs)),
        ]
    for what, here, there in pairs:
        if here != there:
            yield f"{what}: {ours.engine} says {here}, {theirs.engine} says {there}"


def has_races(scenario: Scenario) -> bool:
    """Whether a real server may order what happens in more than one way.

    A client that acts at the moment of a call races with the end of that call, and orders race with
    each other.
    """
    return bool(scenario.events) or len(scenario.orders) > 1


def statuses(result: ScenarioResult) -> list[str]:
    """How the orders ended, in no order."""
    return sorted(str(outcome.status) for outcome in result.trial.outcomes.values())


def endings(result: ScenarioResult) -> dict[str, object]:
    """What whoever waited for each order was told."""
    return {order: outcome.ending for order, outcome in result.trial.outcomes.items()}


def effects(result: ScenarioResult) -> list[tuple[str, str]]:
    """The effects in the order in which they happened."""
    entries = result.trial.world.books().entries
    return [(entry.operation, entry.effect) for entry in entries]
