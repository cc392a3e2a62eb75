"""Where two engines disagree about a scenario. There the server is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sagacheck.language import Scenario
from sagacheck.run.scenario_result import ScenarioResult
from sagacheck.world import AttemptOutcome


def engine_diff(simulated: Sequence[ScenarioResult], server: Sequence[ScenarioResult]) -> list[str]:
    """What differs between the results of the same scenarios on two engines, a line each."""
    return [
        f"{ours.scenario.file}: {what}"
        for ours, theirs in zip(simulated, server, strict=True)
        for what in differences(ours, theirs)
    ]


def differences(ours: ScenarioResult, theirs: ScenarioResult) -> Iterator[str]:
    """What differs between two results of one scenario.

    Verdicts, and how the orders went, must always be the same: the end of each, and its effects in
    their order. Which of several orders it was that went so may be another one: they race with each
    other. Where some found nothing left of what others gave back, that may come in time or not, and
    only the ends of the orders are compared. A single order must have the very same effects and
    result; but why it failed may be either of two things that happened at once, where a client acts
    at the moment of a call.
    """
    went = ends if depends_on_who_gives_back(ours, theirs) else courses
    pairs: list[tuple[str, object, object]] = [
        ("verdict", ours.verdict, theirs.verdict),
        ("orders", went(ours), went(theirs)),
    ]
    if len(ours.scenario.all_orders) == 1:
        causes = not has_races(ours.scenario)
        pairs += [
            ("results", results(ours, causes=causes), results(theirs, causes=causes)),
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
    return bool(scenario.events) or len(scenario.all_orders) > 1


def courses(result: ScenarioResult) -> list[tuple[str, list[str]]]:
    """How each order ended and what effects it had, in their order; the orders in none."""
    entries = result.trial.world.ledger.entries
    return sorted(
        (str(outcome.status), [entry.operation for entry in entries if entry.order == order])
        for order, outcome in result.trial.outcomes.items()
    )


def ends(result: ScenarioResult) -> list[str]:
    """How each order ended; the orders in none."""
    return sorted(str(outcome.status) for outcome in result.trial.outcomes.values())


def depends_on_who_gives_back(*played: ScenarioResult) -> bool:
    """Whether one of several orders was refused a step that another of them has undone."""
    refused, undone = set[str](), set[str]()
    for each in played:
        world = each.trial.world
        refused |= {
            a.operation
            for a in world.journal
            if a.outcome is AttemptOutcome.REFUSED and not a.fault
        }
        undone |= {e.operation for e in world.ledger.effects.values() if e.undone_by}
    return len(played[0].scenario.all_orders) > 1 and bool(refused & undone)


def results(result: ScenarioResult, *, causes: bool) -> dict[str, object]:
    """The result that the client of each order got, with or without why it failed."""
    endings = {order: outcome.ending for order, outcome in result.trial.outcomes.items()}
    if causes:
        return dict(endings)
    return {order: _without_error(ending.result) for order, ending in endings.items()}


def _without_error(result: object) -> object:
    if not isinstance(result, Mapping):
        return result
    return {name: value for name, value in result.items() if name != "error"}


def effects(result: ScenarioResult) -> list[tuple[str, str]]:
    """The effects in the order in which they happened."""
    entries = result.trial.world.ledger.entries
    return [(entry.operation, entry.effect) for entry in entries]
