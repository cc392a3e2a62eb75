"""Matters for an operator: undos that the saga gave up, and the list in its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import Attempt, AttemptOutcome, Entry

_WHAT_CAME_OF_IT = {
    AttemptOutcome.OK: "succeeded",
    AttemptOutcome.UNKNOWN: "may have had its effect",
}


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """Something that may be left to an operator.

    Attributes:
        what: Its name in a violation.
        names: Its names in a result: the effects' keys and ids.
        activities: The activities that tried to undo it. One key may stand for several matters.
        at: When it arose.
    """

    what: str
    names: frozenset[str]
    activities: frozenset[str]
    at: float = 0.0


def listed_for_a_person(outcome: OrderOutcome) -> list[frozenset[str]]:
    """What a result lists as left to do: for each entry of its ``left``, the texts in it."""
    result: Any = outcome.ending.result
    left = result.get("left") if isinstance(result, Mapping) else None
    if not isinstance(left, list):
        return []
    return [_texts(each) for each in left]


def not_listed(outcome: OrderOutcome, matters: Sequence[OpenMatter]) -> list[OpenMatter]:
    """The matters that a result does not list; each entry of its list stands for one of them."""
    listed = listed_for_a_person(outcome)
    missing = list(matters)
    for precisely in (True, False):
        for matter in tuple(missing):
            found = [
                texts
                for texts in listed
                if texts & matter.names and (texts & matter.activities or not precisely)
            ]
            if found:
                listed.remove(found[0])
                missing.remove(matter)
    return missing


def _texts(entry: Any) -> frozenset[str]:
    values = entry.values() if isinstance(entry, Mapping) else [entry]
    return frozenset(str(value) for value in values)


def begun_attempts(evidence: Evidence, order: str, operation: str) -> list[Attempt]:
    """The attempts at a step that had their effect, or may have had it."""
    attempts = evidence.attempts_at(order, operation)
    return [
        attempt
        for attempt in attempts
        if attempt.outcome in (AttemptOutcome.OK, AttemptOutcome.UNKNOWN)
    ]


def matter_of_step(evidence: Evidence, begun: list[Attempt]) -> OpenMatter:
    """A step that was begun, as something to be settled."""
    last = begun[-1]
    undo = evidence.operations.undo_of(last.operation)
    tried = evidence.attempts_at(last.order, undo.name) if undo else []
    ids = {effect.id for effect in evidence.effects_of(last.order, last.operation)}
    return OpenMatter(
        what=f"call {last.call} of {last.operation} {_WHAT_CAME_OF_IT[last.outcome]}",
        names=frozenset({attempt.key for attempt in begun if attempt.key} | ids),
        activities=frozenset(attempt.activity for attempt in tried),
        at=last.sent_at,
    )


def is_left_to_a_person(evidence: Evidence, entry: Entry) -> bool:
    """Whether `entry` is the effect, or the undo, of a step that its order lists as not undone.

    It was asked for before the order ended. After that an operator decides, and no worker goes on.
    """
    outcome = evidence.outcomes.get(entry.order)
    if outcome is None or entry.operation not in evidence.operations:
        return False
    cause = evidence.cause_of(entry)
    if cause is None or (outcome.ended_at is not None and cause.sent_at > outcome.ended_at):
        return False
    step = evidence.operations[entry.operation].undoes or entry.operation
    begun = begun_attempts(evidence, entry.order, step)
    asks = outcome.status is OrderStatus.NEEDS_ATTENTION and bool(begun)
    return asks and not not_listed(outcome, [matter_of_step(evidence, begun)])
