"""I8, I10 and I12: in which sequence effects come, and that none comes after the end."""

from __future__ import annotations

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.families.attention import is_left_to_a_person
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import Entry


@invariant("I8", "effects follow their causes")
def effects_follow_their_causes(evidence: Evidence) -> Facts:
    """Nothing ships that is not paid and reserved, and no step is undone that was not done.

    Reads: the entries, and which step needs which.
    Checked: at each entry of a step or of an undo.
    """
    live: dict[tuple[str, str], set[str]] = {}
    for entry in evidence.ledger.entries:
        if evidence.is_create(entry):
            for needed in _needs(evidence, entry):
                if (
                    live.get((entry.order, needed))
                    or _was_on_its_way(evidence, entry)
                    or _has_outlived(evidence, entry, needed)
                ):
                    yield None
                else:
                    detail = f"{entry.operation} ({entry.effect}) without a live {needed}"
                    yield BrokenFact.by(entry, detail)
            live.setdefault((entry.order, entry.operation), set()).add(entry.effect)
        elif evidence.restores_effect(entry):
            live.setdefault((entry.order, _undone(evidence, entry)), set()).add(entry.effect)
        elif evidence.is_undo(entry) or evidence.ends_effect(entry):
            effects = live.setdefault((entry.order, _undone(evidence, entry)), set())
            if evidence.is_undo(entry) and entry.effect not in effects:
                detail = f"{entry.operation} of {entry.effect}, which was not live"
                yield BrokenFact.by(entry, detail)
            else:
                yield None
            if evidence.ends_effect(entry):
                effects.discard(entry.effect)


@invariant("I10", "no step after a compensation")
def no_step_after_a_compensation(evidence: Evidence) -> Facts:
    """After its first undo an order takes no step, and its undos come in a safe order.

    Reads: the entries, and which step needs which.
    Checked: at each entry of an order after its first undo.
    """
    for order in evidence.orders:
        live: list[Entry] = []
        first_undo = evidence.first_undo_of(order)
        for entry in evidence.entries_of(order):
            if evidence.ends_effect(entry):
                live = [create for create in live if create.effect != entry.effect]
            if evidence.is_undo(entry):
                if dependent := _dependent(evidence, live, _undone(evidence, entry)):
                    detail = f"{entry.operation} ({entry.effect}) while {dependent} was still live"
                    yield BrokenFact.by(entry, detail)
                else:
                    yield None
            elif evidence.is_create(entry):
                live.append(entry)
                if first_undo is None or entry.number < first_undo.number:
                    continue
                if (
                    evidence.is_message(entry.operation, "failure", "anything")
                    or _was_on_its_way(evidence, entry)
                    or is_left_to_a_person(evidence, entry)
                ):
                    yield None
                else:
                    after = f"{first_undo.operation} had begun to undo {order}"
                    detail = f"{entry.operation} ({entry.effect}) after {after}"
                    yield BrokenFact.by(entry, detail)


@invariant("I12", "nothing happens after the end")
def nothing_happens_after_the_end(evidence: Evidence) -> Facts:
    """No effect of an order comes after its end.

    Two kinds of entries are excepted: the late mail of an order that completed; and the late effect
    of a step, or of its compensation, where the compensation was refused and is listed for a
    person. The order could do nothing more about either.

    Reads: the entries, and when the order ended.
    Checked: at each entry that is later than the end.
    """
    for order, outcome in evidence.ended():
        if outcome.ended_at is None or outcome.status is OrderStatus.TERMINATED:
            continue
        for entry in evidence.entries_of(order):
            if entry.operation not in evidence.operations:
                continue
            if (
                entry.at <= outcome.ended_at
                or _was_on_its_way(evidence, entry)
                or _tells_the_truth(evidence, entry, outcome)
                or is_left_to_a_person(evidence, entry)
            ):
                yield None
                continue
            detail = (
                f"{entry.operation} ({entry.effect}) at {entry.at:.1f} s, though {order} had ended "
                f"as {outcome.status} at {outcome.ended_at:.1f} s"
            )
            yield BrokenFact.by(entry, detail)


def _undone(evidence: Evidence, entry: Entry) -> str:
    """The create whose effect `entry` ends."""
    if evidence.is_undo(entry):
        return evidence.operations[entry.operation].undoes or ""
    return evidence.ledger.effects[entry.effect].operation


def _needs(evidence: Evidence, entry: Entry) -> list[str]:
    """The creates that must be live before this one, leaving out the charge of a free order."""
    terms = evidence.orders.get(entry.order)
    free = terms is not None and terms.price == 0
    return [
        needed
        for needed in evidence.operations[entry.operation].needs
        if needed in evidence.completed_means
        and not (free and evidence.operations[needed].moves_money)
    ]


def _dependent(evidence: Evidence, live: list[Entry], taken_away: str) -> str:
    """A live effect that builds on what is taken away, and could have been undone before it."""
    dependents = (
        f"{create.operation} ({create.effect})"
        for create in live
        if taken_away in evidence.operations[create.operation].needs
        and evidence.can_be_undone(create.operation)
    )
    return next(dependents, "")


def _was_on_its_way(evidence: Evidence, entry: Entry) -> bool:
    """Whether `entry` is a mail that had left when its cancelled order began to be undone."""
    if entry.order not in evidence.cancelled or not evidence.is_message(entry.operation):
        return False
    first_undo = evidence.first_undo_of(entry.order)
    sent, undo = evidence.cause_of(entry), first_undo and evidence.cause_of(first_undo)
    return sent is not None and undo is not None and sent.number < undo.number


def _tells_the_truth(evidence: Evidence, entry: Entry, outcome: OrderOutcome) -> bool:
    """Whether `entry` is a mail that comes late, and still says how the order ended."""
    completed = outcome.status is OrderStatus.COMPLETED
    return evidence.is_message(entry.operation, "success" if completed else "failure", "anything")


def _has_outlived(evidence: Evidence, entry: Entry, needed: str) -> bool:
    """Whether `entry` is left to a person, and so late that an effect which it needs has ended.

    The effect was live when `entry` was asked for.
    """
    cause = evidence.cause_of(entry)
    if cause is None or not is_left_to_a_person(evidence, entry):
        return False
    return any(
        effect.at <= cause.sent_at
        and (effect.undone_at is None or cause.sent_at < effect.undone_at)
        for effect in evidence.effects_of(entry.order, needed)
    )
