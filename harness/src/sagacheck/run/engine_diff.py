"""Where two engines disagree about a scenario.

The server is right where it has played the same story: the same calls, with the same faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagacheck.checks import UnmetKind
from sagacheck.language import Scenario
from sagacheck.run.drawn import results_anew, same_but_for_drawn
from sagacheck.run.scenario_result import ScenarioResult
from sagacheck.world import AttemptOutcome


def engine_diff(simulated: Sequence[ScenarioResult], server: Sequence[ScenarioResult]) -> list[str]:
    """What differs between the results of the same scenarios on two engines, a line each."""
    return [
        f"{ours.scenario.file}: {what}; {who_is_right(ours, theirs)}"
        for ours, theirs in zip(simulated, server, strict=True)
        for what in differences(ours, theirs)
    ]


def who_is_right(simulated: ScenarioResult, server: ScenarioResult) -> str:
    """What a difference between the engines says about them."""
    if any(unmet.kind is UnmetKind.RUN for each in (simulated, server) for unmet in each.unmet):
        return "one of them did not play it to its end, so neither is shown to be right"
    if story(simulated) == story(server):
        return "both played the same calls, so the server is right"
    if has_races(simulated.scenario):
        return "it is a race: they played other calls, and either may be right"
    return "they played other calls, so neither is shown to be right"


def story(result: ScenarioResult) -> list[tuple[str, str, int, str]]:
    """The calls of a trial with their faults; those of several orders in no order."""
    journal = result.trial.world.journal
    return sorted((each.order, each.operation, each.call, each.fault) for each in journal)


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
    for what, here, there in pairs:
        if here != there:
            yield f"{what}: {ours.engine} says {here}, {theirs.engine} says {there}"
    if len(ours.scenario.all_orders) == 1:
        yield from _results_differ(ours, theirs)
        here, there = effects(ours), effects(theirs)
        if here != there:
            yield f"effects: {ours.engine} says {here}, {theirs.engine} says {there}"


def _results_differ(ours: ScenarioResult, theirs: ScenarioResult) -> Iterator[str]:
    """Where results differ in more than what the code draws: ids, random numbers, times."""
    causes = not has_races(ours.scenario)
    here, there = results(ours, causes=causes), results(theirs, causes=causes)
    if here == there:
        return
    anew = results_anew(ours.scenario, ours.trial.saga)
    for order, ending in here.items():
        was = {**ending, "result": anew.get(order, ending["result"])}
        if not same_but_for_drawn(ending, there.get(order), was):
            said = f"{ours.engine} says {ending}, {theirs.engine} says {there.get(order)}"
            yield f"results: {said}"


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


def results(result: ScenarioResult, *, causes: bool) -> dict[str, dict[str, Any]]:
    """The result that the client of each order got, with or without why it failed."""
    endings = {order: outcome.ending for order, outcome in result.trial.outcomes.items()}
    return {
        order: {
            "status": str(ending.status),
            "error": ending.error if causes else "",
            "result": ending.result if causes else _without_error(ending.result),
        }
        for order, ending in endings.items()
    }


def _without_error(result: object) -> object:
    if not isinstance(result, Mapping):
        return result
    return {name: value for name, value in result.items() if name != "error"}


def effects(result: ScenarioResult) -> list[tuple[str, str]]:
    """The effects in the order in which they happened."""
    entries = result.trial.world.ledger.entries
    return [(entry.operation, entry.effect) for entry in entries]
