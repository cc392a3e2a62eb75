"""I9, I15, I16, I17, I19: how orders end, and what the saga reports about it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sagacheck.checks.evidence import Evidence, is_live
from sagacheck.checks.families.attention import (
    OpenMatter,
    hints_of,
    listed_for_a_person,
    named_though_undone,
    names_of_others,
    not_listed,
)
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.checks.outcome import Ending, OrderOutcome, OrderStatus
from sagacheck.plural import count
from sagacheck.world import Attempt, AttemptOutcome, Effect, RefundState

TRANSITIONS: dict[str, frozenset[str]] = {
    "pending": frozenset({"processing", "compensating"}),
    "processing": frozenset({"compensating", "completed"}),
    "compensating": frozenset({"failed", "cancelled", "needs_attention", "completed"}),
}
"""Which status may follow which; a status that is not here is final."""
ANY_TIME = frozenset({"terminated", "timed_out"})
"""Ends that Temporal may give an order with any status."""


@invariant("I9", "every client sees the same end")
def every_client_sees_the_same_end(evidence: Evidence) -> Facts:
    """An order has one end, and every client and every mail reports that one.

    Reads: what each client got, the result, and the mails that were sent.
    Checked: for each order that has ended.
    """
    for order, outcome in evidence.ended():
        for number, ending in enumerate(outcome.endings, 1):
            if (ending.status, ending.error) == (outcome.status, outcome.ending.error):
                yield None
                continue
            detail = (
                f"client {number} saw that {order} {_in_words(ending)}, "
                f"but it {_in_words(outcome.ending)}"
            )
            yield BrokenFact(order, detail, outcome.ended_at)
        yield from _news(evidence, order, outcome)


@invariant("I15", "every replay does the same")
def every_replay_does_the_same(evidence: Evidence) -> Facts:
    """A workflow that is rebuilt by replaying its history does what the history says.

    A workflow that was never rebuilt shows nothing, and is no fact.

    Reads: the workflow's history, and what the SDK reported when it was replayed.
    Checked: whenever a workflow was rebuilt by a replay.
    """
    for order, outcome in evidence.outcomes.items():
        if outcome.broken_replay:
            detail = f"{order} does something else when it is replayed: {outcome.broken_replay}"
            yield BrokenFact(order, detail)
        elif outcome.replays:
            yield None


@invariant("I16", "every order ends")
def every_order_ends(evidence: Evidence) -> Facts:
    """Once faults are over every order comes to its end.

    Reads: how the orders ended, or what they wait for.
    Checked: when all faults have been over for a day.
    """
    for order in evidence.orders:
        outcome = evidence.outcomes.get(order)
        if outcome is not None and outcome.status.is_terminal:
            yield None
            continue
        waits_for = outcome.waits_for if outcome else "its outcome is unknown"
        yield BrokenFact(order, f"{order} does not end: {waits_for}")


@invariant("I17", "attention is requested when needed")
def attention_is_requested_when_needed(evidence: Evidence) -> Facts:
    """The result lists every effect that could not be undone, and nothing else.

    Reads: the last attempt at each undo, the effects, and the list ``left`` of the result.
    Checked: for each order that has ended.
    """
    for order, outcome in evidence.ended():
        given_up = _given_up(evidence, order)
        if outcome.status is OrderStatus.NEEDS_ATTENTION:
            for wrong in _wrong_with_the_list(evidence, order, outcome, given_up):
                yield BrokenFact(order, wrong, outcome.ended_at)
            yield None
        elif outcome.status.promises_undone:
            for undo, effect in given_up:
                detail = f"{undo} of {effect.id} was given up, yet {order} ended as"
                yield BrokenFact(order, f"{detail} {outcome.status}", outcome.ended_at)
            yield None


@invariant("I19", "status only moves forward")
def status_only_moves_forward(evidence: Evidence) -> Facts:
    """The statuses that were seen follow the allowed transitions.

    A status that only this saga knows, and an answer that is no status, count for nothing.

    Reads: the answers to queries, in their order, and the end.
    Checked: for each two of them that follow each other.
    """
    for order, outcome in evidence.outcomes.items():
        seen = [status for status in map(str.lower, outcome.statuses) if _is_known(status)]
        if outcome.status.is_terminal and outcome.ending.is_understood:
            seen.append(str(outcome.status))
        for earlier, later in pairwise(seen):
            if _may_follow(earlier, later):
                yield None
            else:
                yield BrokenFact(order, f"{order} was {earlier}, then {later}")


def _news(evidence: Evidence, order: str, outcome: OrderOutcome) -> Facts:
    """No message that cannot be undone tells of success where the order failed, or the reverse.

    Except where the customer cancelled while the mail was on its way.
    """
    completed = outcome.status is OrderStatus.COMPLETED
    if not completed and not outcome.status.promises_undone:
        return
    for effect in evidence.effects_of(order):
        if not evidence.is_message(effect.operation, "failure" if completed else "success"):
            continue
        if order in evidence.cancelled and not completed:
            yield None
            continue
        detail = f"{effect.operation} ({effect.id}) was sent, yet {order} ended as {outcome.status}"
        ended_at = outcome.ended_at
        at = ended_at if ended_at is None else max(ended_at, effect.at)
        yield BrokenFact(order, detail, at)


def _in_words(ending: Ending) -> str:
    return f"ended as {ending.status}" + (f" ({ending.error})" if ending.error else "")


def _given_up(evidence: Evidence, order: str) -> list[tuple[str, Effect]]:
    """The undos of which the last attempt did not succeed, with their effects, which are live."""
    given_up = []
    for effect in evidence.effects_of(order):
        undo = evidence.operations.undo_of(effect.operation)
        tried = evidence.attempts_at(order, undo.name) if undo else []
        if undo and is_live(effect) and tried and not _has_come_off(tried[-1], effect):
            given_up.append((undo.name, effect))
    return given_up


def _has_come_off(undo: Attempt, effect: Effect) -> bool:
    """Whether an undo succeeded, and did not fail later."""
    failed = any(each.state is RefundState.FAILED for each in effect.refunds[-1:])
    return undo.outcome is AttemptOutcome.OK and not failed


def _wrong_with_the_list(
    evidence: Evidence, order: str, outcome: OrderOutcome, given_up: list[tuple[str, Effect]]
) -> Iterator[str]:
    """What is wrong with the list of what an order leaves to an operator."""
    listed = listed_for_a_person(outcome)
    if not listed:
        yield f"{order} needs attention, but its result lists nothing that is left to do"
        return
    for matter in not_listed(outcome, [_matter(evidence, *each) for each in given_up]):
        yield f"{matter.what} was given up, but {order} does not list it as left to do"
    for effect in named_though_undone(evidence, outcome):
        yield f"{order} names {effect.id} in its result, which {effect.undone_by} had undone"
    unsettled = _unsettled(evidence, order, outcome)
    if len(listed) > unsettled:
        matters = count(len(listed), "open matter")
        there = f"there {'is' if unsettled == 1 else 'are'} {unsettled}"
        yield f"{order} lists {matters}, but {there}"


def _matter(evidence: Evidence, undo: str, effect: Effect) -> OpenMatter:
    """An undo that was given up, as a matter for an operator."""
    return OpenMatter(
        what=f"{undo} of {effect.id}",
        names=frozenset({effect.id, *([effect.key] if effect.key else [])}),
        hints=hints_of(evidence, effect.order, effect.operation),
        others=names_of_others(evidence, effect.order, effect.operation),
    )


def _unsettled(evidence: Evidence, order: str, outcome: OrderOutcome) -> int:
    """How many steps and undos may be left to an operator, as of the end of the order."""
    count = 0
    for create in evidence.operations.creates:
        undo = evidence.operations.undo_of(create.name)
        effects = evidence.effects_of(order, create.name) if undo else []
        tried = evidence.attempts_at(order, (undo or create).name)
        unfinished = bool(tried) and tried[-1].outcome is not AttemptOutcome.OK
        live = sum(is_live(effect) or _ended_later(effect, outcome) for effect in effects)
        count += max(live, unfinished)
    return count


def _ended_later(effect: Effect, outcome: OrderOutcome) -> bool:
    """Whether the effect ended after its order, such as a reservation that expires."""
    at, end = effect.undone_at, outcome.ended_at
    return at is not None and end is not None and at > end


def _is_known(status: str) -> bool:
    finals = {str(status) for status in OrderStatus if status.is_terminal}
    return status in TRANSITIONS or status in finals


def _may_follow(earlier: str, later: str) -> bool:
    """Whether `later` can be reached from `earlier`, unseen statuses between them included."""
    if earlier == later or (later in ANY_TIME and earlier in TRANSITIONS):
        return True
    return any(_may_follow(step, later) for step in TRANSITIONS.get(earlier, frozenset()))
