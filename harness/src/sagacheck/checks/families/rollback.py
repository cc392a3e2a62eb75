"""I7 and I11: the effects of orders that did not complete."""

from __future__ import annotations

from collections import Counter

from sagacheck.checks.evidence import Evidence, is_live
from sagacheck.checks.families.attention import (
    OpenMatter,
    begun_attempts,
    matter_of_step,
    not_listed,
)
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import AttemptOutcome, Effect, EffectState, money_text


@invariant("I7", "no orphans")
def no_orphans(evidence: Evidence) -> Facts:
    """Each live effect belongs to an order that completed, or that has not ended yet.

    Reads: the effects that the services hold, and how the orders ended; an order that was
        terminated may leave what its scenario expects.
    Checked: for every effect that is no message, when all late requests have arrived.
    """
    allowance = Counter(evidence.orphans)
    for effect in evidence.effects:
        if evidence.is_message(effect.operation):
            continue
        outcome = evidence.outcomes.get(effect.order)
        orphan = is_live(effect) and (outcome is None or _leaves_nothing(outcome.status))
        terminated = outcome is not None and outcome.status is OrderStatus.TERMINATED
        if orphan and terminated and allowance[effect.operation] > 0:
            allowance[effect.operation] -= 1
            orphan = False
        if not orphan:
            yield None
            continue
        detail = f"{_name(effect)} is left behind: {_how_it_ended(effect, outcome)}"
        yield BrokenFact(effect.order, detail, _later(outcome, effect.at))


@invariant("I11", "every attempt is accounted for")
def every_attempt_is_accounted_for(evidence: Evidence) -> Facts:
    """A step that had or may have had its effect is confirmed, compensated, or listed.

    Reads: the attempts, their outcomes for the caller, and the list ``left`` of the result.
    Checked: for each order that has ended without success.
    """
    for order, outcome in evidence.ended():
        if outcome.status in (OrderStatus.COMPLETED, OrderStatus.TERMINATED, OrderStatus.UNKNOWN):
            continue
        due: list[OpenMatter] = []
        for operation in evidence.operations.creates:
            begun = begun_attempts(evidence, order, operation.name)
            if not begun or evidence.is_message(operation.name):
                continue
            if not _is_settled(evidence, order, operation.name, outcome):
                due.append(matter_of_step(evidence, begun))
            yield None
        if outcome.status is OrderStatus.NEEDS_ATTENTION:
            due = not_listed(outcome, due)
        for matter in due:
            how = f"but {order} ended as {outcome.status} without a confirmed undo"
            at = _later(outcome, matter.at)
            yield BrokenFact(order, f"{matter.what}, {how}", at)


def _name(effect: Effect) -> str:
    worth = f" over {money_text(effect.amount, effect.currency)}" if effect.amount else ""
    goods = ", ".join(f"{quantity} {sku}" for sku, quantity in effect.lines.items())
    return f"{effect.operation} ({effect.id}{worth}{' of ' if goods else ''}{goods})"


def _leaves_nothing(status: OrderStatus) -> bool:
    return status.promises_undone or status is OrderStatus.TERMINATED


def _how_it_ended(effect: Effect, outcome: OrderOutcome | None) -> str:
    if outcome is None:
        return f"{effect.order or 'its order'} is not known"
    return f"{effect.order} ended as {outcome.status}"


def _later(outcome: OrderOutcome | None, at: float) -> float:
    """The end of an order, or what came after it."""
    return at if outcome is None or outcome.ended_at is None else max(outcome.ended_at, at)


def _is_settled(evidence: Evidence, order: str, operation: str, outcome: OrderOutcome) -> bool:
    if outcome.status is OrderStatus.NEEDS_ATTENTION and _stands(evidence, order, operation):
        return True
    effects = evidence.effects_of(order, operation)
    if effects and not any(is_live(effect) for effect in effects):
        return True
    used_up = evidence.operations[operation].uses_up
    if used_up and not effects and _is_settled(evidence, order, used_up, outcome):
        return True  # what it would have used up is undone, so it can have no effect any more
    undo = evidence.operations.undo_of(operation)
    if undo is None:  # nothing can take it back: only a refusal says that there is none
        last = evidence.attempts_at(order, operation)[-1]
        return not effects and last.outcome is AttemptOutcome.REFUSED
    # The status says that it is done, even where the body that came with it cannot be read.
    return any(each.status == undo.success for each in evidence.attempts_at(order, undo.name))


def _stands(evidence: Evidence, order: str, operation: str) -> bool:
    """Whether `operation` stands because of a final effect, such as a parcel that has left."""
    return any(
        effect.state is EffectState.FINAL
        and operation in (effect.operation, *evidence.operations[effect.operation].needs)
        and evidence.can_be_undone(effect.operation)
        for effect in evidence.effects_of(order)
    )
