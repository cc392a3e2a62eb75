"""Matters for an operator: undos that the saga gave up, and the list in its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import Attempt, AttemptOutcome, Effect, Entry, amount_text

_WHAT_CAME_OF_IT = {
    AttemptOutcome.OK: "succeeded",
    AttemptOutcome.UNKNOWN: "may have had its effect",
}


class OpenMatter(msgspec.Struct, frozen=True):
    """Something that may be left to an operator.

    Attributes:
        what: Its name in a violation.
        names: Its names in a result: the effects' keys and ids.
        hints: What tells it from others of the same names: operations, activities, sums of money.
        others: The names of other steps of its order: an entry with one of them, and without any
            hint, means another matter, though the key be the same.
        at: When it arose.
    """

    what: str
    names: frozenset[str]
    hints: frozenset[str]
    others: frozenset[str] = frozenset()
    at: float = 0.0


def listed_for_a_person(outcome: OrderOutcome) -> list[frozenset[str]]:
    """What a result lists as left to do: for each entry of its ``left``, the texts in it."""
    result: Any = outcome.ending.result
    left = result.get("left") if isinstance(result, Mapping) else None
    if not isinstance(left, list):
        return []
    return [_texts(each) for each in left]


def not_listed(outcome: OrderOutcome, matters: Sequence[OpenMatter]) -> list[OpenMatter]:
    """The matters that a result does not list; each entry of its list stands for one of them.

    An entry stands for the matter that it fits best. Where it fits several alike, as an entry with
    nothing but their common key does, no one can tell which of them is missing: it names them all.
    """
    listed, missing = listed_for_a_person(outcome), list(matters)
    while fitting := [found for texts in listed if (found := _fitting(texts, missing))]:
        # An entry that fits one matter alone goes first: it leaves less open for the others.
        _, texts, alike = max(fitting, key=lambda found: (len(found[2]) == 1, found[0]))
        listed.remove(texts)
        if len(alike) == 1:
            missing.remove(alike[0])
        else:
            missing = [each for each in missing if each not in alike]
            missing += [_one_of(alike)] * (len(alike) - 1)
    return missing


def _fitting(
    texts: frozenset[str], matters: Sequence[OpenMatter]
) -> tuple[int, frozenset[str], list[OpenMatter]] | None:
    """How well an entry fits the matters that it fits best, and which those are."""
    fits = {matter: len(texts & matter.hints) for matter in matters if _may_mean(texts, matter)}
    if not fits:
        return None
    best = max(fits.values())
    return best, texts, [matter for matter, fit in fits.items() if fit == best]


def _may_mean(texts: frozenset[str], matter: OpenMatter) -> bool:
    """Whether an entry names a matter, be it by a key alone, and no other step that has the key."""
    return bool(texts & matter.names and (texts & matter.hints or not texts & matter.others))


def _one_of(matters: Sequence[OpenMatter]) -> OpenMatter:
    """One of several matters, and it is not known which."""
    return OpenMatter(
        what=" or ".join(each.what for each in matters),
        names=frozenset().union(*(each.names for each in matters)),
        hints=frozenset().union(*(each.hints for each in matters)),
        at=max(each.at for each in matters),
    )


def hints_of(evidence: Evidence, order: str, create: str) -> frozenset[str]:
    """What tells a step and its undo from others with the same key: names, and sums of money."""
    sums = {
        text
        for effect in evidence.effects_of(order, create)
        if effect.amount
        for minor in (effect.amount, effect.amount - effect.refunded)
        for text in (str(minor), amount_text(minor, effect.currency))
    }
    return _names_of_step(evidence, order, create) | sums


def _names_of_step(evidence: Evidence, order: str, create: str) -> frozenset[str]:
    """The names of a step and its undo: the operations, and the activities that called them."""
    undo = evidence.operations.undo_of(create)
    operations = [create, *([undo.name] if undo else [])]
    activities = {
        attempt.activity for each in operations for attempt in evidence.attempts_at(order, each)
    }
    return frozenset({*operations, *filter(None, activities)})


def names_of_others(evidence: Evidence, order: str, create: str) -> frozenset[str]:
    """The names of the other steps of an order, and of their undos, but not of this one."""
    others = [each.name for each in evidence.operations.creates if each.name != create]
    names = frozenset[str]().union(*(_names_of_step(evidence, order, each) for each in others))
    return names - _names_of_step(evidence, order, create)


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
    ids = {effect.id for effect in evidence.effects_of(last.order, last.operation)}
    return OpenMatter(
        what=f"call {last.call} of {last.operation} {_WHAT_CAME_OF_IT[last.outcome]}",
        names=frozenset({attempt.key for attempt in begun if attempt.key} | ids),
        hints=hints_of(evidence, last.order, last.operation),
        others=names_of_others(evidence, last.order, last.operation),
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


def named_though_undone(evidence: Evidence, outcome: OrderOutcome) -> list[Effect]:
    """The effects that a result names as if they stood, though its saga has undone them.

    What is in its list, or in its errors, is no such name. An undo of which the saga did not get
    the reply may have come later than the result.
    """
    named = _named_in(outcome.ending.result)
    return [
        effect
        for effect in evidence.effects_of(outcome.order)
        if effect.id in named and _was_seen_undone(evidence, effect, outcome)
    ]


def _was_seen_undone(evidence: Evidence, effect: Effect, outcome: OrderOutcome) -> bool:
    at, end = effect.undone_at, outcome.ended_at
    if effect.undone_by is None or at is None or (end is not None and at > end):
        return False
    tried = evidence.attempts_at(effect.order, effect.undone_by)
    return any(attempt.outcome is AttemptOutcome.OK for attempt in tried)


def _named_in(result: Any) -> frozenset[str]:
    if isinstance(result, Mapping):
        values = [value for name, value in result.items() if name not in _NO_NAMES]
    else:
        values = result if isinstance(result, list) else []
    below = (_named_in(value) for value in values if isinstance(value, Mapping | list))
    return frozenset(value for value in values if isinstance(value, str)).union(*below)


_NO_NAMES = ("left", "error", "too_late")
"""Fields of results that tell of what is over."""
