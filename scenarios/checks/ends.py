"""I9, I16, I17, I19: how orders end, and what is said about it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fakes import Seen
from scenarios.checks.evidence import Evidence, is_live
from scenarios.checks.money import Facts
from scenarios.outcome import Outcome, Status
from scenarios.verdict import Violation

TRANSITIONS: dict[str, frozenset[str]] = {
    "pending": frozenset({"processing", "compensating"}),
    "processing": frozenset({"compensating", "completed"}),
    "compensating": frozenset({"failed", "cancelled", "needs_attention", "completed"}),
}
"""Which status may follow which; what is not here is final."""


def everybody_is_told_the_same(evidence: Evidence) -> Facts:
    """I9: an order has one end, and every client and every mail tells that one."""
    for order, outcome in evidence.ended():
        for told in outcome.told:
            detail = f"one client was told {told.status}, the order ended as {outcome.status}"
            fine = (told.status, told.error) == (outcome.status, outcome.ending.error)
            yield None if fine else Violation("I9", order, detail, outcome.ended_at)
        if outcome.status.promises_undone:
            yield from _no_good_news(evidence, order, outcome)


def every_order_ends(evidence: Evidence) -> Facts:
    """I16: once faults are over every order comes to its end."""
    for order, outcome in evidence.outcomes.items():
        detail = f"{order} does not end: {outcome.waits_for}"
        yield None if outcome.status.is_terminal else Violation("I16", order, detail)


def attention_is_asked_for_when_needed(evidence: Evidence) -> Facts:
    """I17: what could not be undone is handed to a person, and nothing else is."""
    for order, outcome in evidence.ended():
        given_up = _given_up(evidence, order)
        if outcome.status is Status.NEEDS_ATTENTION:
            listed = _listed_keys(outcome.ending.result)
            detail = f"{order} asks for attention, but lists nothing that is left to do"
            yield None if listed else Violation("I17", order, detail, outcome.ended_at)
            for key in (key for _, key in given_up if listed):
                detail = f"what is left of {order} does not name {key}"
                yield None if key in listed else Violation("I17", order, detail, outcome.ended_at)
        elif outcome.status.promises_undone:
            for undo, _ in given_up:
                detail = f"{undo} was given up, yet {order} says that it {outcome.status}"
                yield Violation("I17", order, detail, outcome.ended_at)
            if not given_up:
                yield None


def status_only_moves_forward(evidence: Evidence) -> Facts:
    """I19: the statuses that were seen follow the allowed transitions."""
    for order, outcome in evidence.outcomes.items():
        seen = [*outcome.statuses, *([str(outcome.status)] if outcome.status.is_terminal else [])]
        for earlier, later in pairwise(seen):
            detail = f"{order} was {earlier}, then {later}"
            yield None if _may_follow(earlier, later) else Violation("I19", order, detail)


def _no_good_news(evidence: Evidence, order: str, outcome: Outcome) -> Facts:
    """A mail that cannot be taken back must not tell of an order that failed.

    Except where the customer cancelled while the mail was on its way.
    """
    for effect in evidence.effects_of(order):
        if evidence.can_be_undone(effect.operation) or order in evidence.cancelled:
            continue
        detail = f"{effect.operation} ({effect.id}) was sent, then {order} {outcome.status}"
        yield Violation("I9", order, detail, outcome.ended_at)


def _given_up(evidence: Evidence, order: str) -> list[tuple[str, str | None]]:
    """The undos whose last word was no success while their effect is live, with the effect's key."""
    given_up = []
    for effect in evidence.effects_of(order):
        undo = evidence.operations.undo_of(effect.operation)
        tried = evidence.attempts_at(order, undo.name) if undo else []
        if undo and is_live(effect) and tried and tried[-1].seen is not Seen.OK:
            given_up.append((undo.name, effect.key))
    return given_up


def _listed_keys(result: Any) -> list[str]:
    """The idempotency keys of what a result says is left to do."""
    left = result.get("left") if isinstance(result, dict) else None
    if not isinstance(left, list):
        return []
    return [str(each.get("idempotency_key")) for each in left if isinstance(each, dict)]


def _may_follow(earlier: str, later: str) -> bool:
    """Whether `later` can be reached from `earlier`, unseen statuses between them included."""
    if earlier == later:
        return True
    return any(_may_follow(step, later) for step in TRANSITIONS.get(earlier, frozenset()))
