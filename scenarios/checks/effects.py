"""I7, I8, I10 to I14: which effects there are, in which order, and whose they are."""

from __future__ import annotations

from collections import Counter

from fakes import Attempt, Effect, Entry, Seen
from scenarios.checks.evidence import Evidence, is_live
from scenarios.checks.money import Facts
from scenarios.outcome import Status
from scenarios.verdict import Violation


def no_orphans(evidence: Evidence) -> Facts:
    """I7: each live effect belongs to an order that completed, or that has not ended yet."""
    allowance = Counter(evidence.orphans)
    for effect in evidence.effects:
        if not evidence.can_be_undone(effect.operation):
            continue
        status = _status(evidence, effect.order)
        orphan = is_live(effect) and (status is None or _leaves_nothing(status))
        if orphan and status is Status.TERMINATED and allowance[effect.operation] > 0:
            allowance[effect.operation] -= 1
            orphan = False
        detail = f"{_name(effect)} is left behind: its order {_how_it_ended(effect, status)}"
        yield Violation("I7", effect.order, detail, effect.at) if orphan else None


def effects_follow_their_causes(evidence: Evidence) -> Facts:
    """I8: nothing ships that is not paid and reserved, and nothing is undone that was not done."""
    live: dict[tuple[str, str], set[str]] = {}
    for entry in evidence.books.entries:
        if evidence.is_create(entry):
            for needed in _needs(evidence, entry):
                missing = not live.get((entry.order, needed))
                detail = f"{entry.operation} ({entry.effect}) without a live {needed}"
                yield _violation("I8", entry, detail) if missing else None
            live.setdefault((entry.order, entry.operation), set()).add(entry.effect)
        elif evidence.is_undo(entry):
            effects = live.setdefault((entry.order, _undone(evidence, entry)), set())
            detail = f"{entry.operation} of {entry.effect}, which was not there to be undone"
            yield None if entry.effect in effects else _violation("I8", entry, detail)
            effects.discard(entry.effect)


def no_step_after_a_compensation(evidence: Evidence) -> Facts:
    """I10: once an order is being undone it takes no step, and is undone in a safe order."""
    for order in evidence.orders:
        undone: list[str] = []
        for entry in evidence.entries_of(order):
            if evidence.is_undo(entry):
                undone.append(_undone(evidence, entry))
                too_early = _undone_too_early(evidence, order, entry)
                detail = f"{entry.operation} ({entry.effect}) while {too_early} was still live"
                yield _violation("I10", entry, detail) if too_early else None
            elif undone and evidence.is_create(entry):
                detail = f"{entry.operation} ({entry.effect}) after {undone[0]} was undone"
                late_mail = order in evidence.cancelled and not evidence.can_be_undone(
                    entry.operation
                )
                yield None if late_mail else _violation("I10", entry, detail)


def every_attempt_is_accounted_for(evidence: Evidence) -> Facts:
    """I11: a step that had or may have had its effect is confirmed, compensated, or listed."""
    for order, outcome in evidence.ended():
        if outcome.status in (Status.COMPLETED, Status.TERMINATED):
            continue
        for operation in evidence.operations.creates:
            begun = [
                attempt
                for attempt in evidence.attempts_at(order, operation.name)
                if attempt.seen in (Seen.OK, Seen.UNKNOWN)
            ]
            if not begun or not evidence.can_be_undone(operation.name):
                continue
            detail = (
                f"{operation.name} was attempted ({begun[-1].seen}), {order} ended as "
                f"{outcome.status}, and nobody made sure that it is undone"
            )
            fine = _was_compensated(evidence, order, operation.name, outcome.status)
            yield None if fine else Violation("I11", order, detail, begun[-1].sent_at)


def nothing_happens_after_the_end(evidence: Evidence) -> Facts:
    """I12: no effect of an order comes after its end."""
    for order, outcome in evidence.ended():
        if outcome.ended_at is None or outcome.status is Status.TERMINATED:
            continue
        for entry in evidence.entries_of(order):
            if entry.operation not in evidence.operations:
                continue
            detail = (
                f"{entry.operation} ({entry.effect}) at {entry.at:.1f} s, "
                f"{order} had ended at {outcome.ended_at:.1f} s"
            )
            late = entry.at > outcome.ended_at
            yield _violation("I12", entry, detail) if late else None


def one_effect_per_request(evidence: Evidence) -> Facts:
    """I13: however often a request is sent, it has one effect; one key stands for one request."""
    made: dict[tuple[str, str, str | None], list[str]] = {}
    for entry in evidence.books.entries:
        if not evidence.is_create(entry):
            continue
        effects = made.setdefault((entry.operation, entry.order, entry.key), [])
        effects.append(entry.effect)
        key = f"key {entry.key}" if entry.key else "no key at all"
        detail = f"{entry.operation} was done {len(effects)} times with {key}: {', '.join(effects)}"
        yield None if len(effects) == 1 else _violation("I13", entry, detail)
    yield from _keys_keep_their_payload(evidence)


def attempts_and_effects_agree(evidence: Evidence) -> Facts:
    """I14: every success has its effect, and every effect its attempt."""
    caused = {number for attempt in evidence.journal for number in attempt.entries}
    for entry in evidence.books.entries:
        if entry.operation in evidence.operations:
            detail = f"{entry.operation} ({entry.effect}) happened though nobody asked for it"
            yield None if entry.number in caused else _violation("I14", entry, detail)
    for attempt in evidence.journal:
        if attempt.seen is Seen.OK and evidence.operations[attempt.operation].is_create:
            detail = f"call {attempt.call} of {attempt.operation} succeeded without any effect"
            yield (
                None
                if _has_effect(evidence, attempt)
                else Violation("I14", attempt.order, detail, attempt.ended_at)
            )


def _violation(invariant: str, entry: Entry, detail: str) -> Violation:
    return Violation(invariant, entry.order, detail, entry.at, entry.number)


def _name(effect: Effect) -> str:
    worth = f" over {effect.amount / 100:.2f} {effect.currency}" if effect.amount else ""
    goods = "".join(f" of {quantity} {sku}" for sku, quantity in effect.lines.items())
    return f"{effect.operation} ({effect.id}{worth}{goods})"


def _status(evidence: Evidence, order: str) -> Status | None:
    outcome = evidence.outcomes.get(order)
    return outcome.status if outcome else None


def _leaves_nothing(status: Status) -> bool:
    return status.promises_undone or status is Status.TERMINATED


def _how_it_ended(effect: Effect, status: Status | None) -> str:
    return f"{effect.order} ended as {status}" if status else "is not known"


def _undone(evidence: Evidence, entry: Entry) -> str:
    """The create that an undo's entry is about."""
    return evidence.operations[entry.operation].undoes or ""


def _needs(evidence: Evidence, entry: Entry) -> list[str]:
    """The creates that must be live before this one, leaving out the charge of a free order."""
    facts = evidence.orders.get(entry.order)
    free = facts is not None and facts.price == 0
    return [
        needed
        for needed in evidence.operations[entry.operation].needs
        if needed in evidence.completed_means
        and not (free and evidence.operations[needed].moves_money)
    ]


def _undone_too_early(evidence: Evidence, order: str, undo: Entry) -> str:
    """The create that needs what `undo` takes away, and is live at that moment."""
    live: list[str] = []
    for entry in evidence.entries_of(order)[: evidence.entries_of(order).index(undo)]:
        if evidence.is_create(entry):
            live.append(entry.operation)
        elif evidence.is_undo(entry) and _undone(evidence, entry) in live:
            live.remove(_undone(evidence, entry))
    taken_away = _undone(evidence, undo)
    dependent = (
        name
        for name in live
        if taken_away in evidence.operations[name].needs and evidence.can_be_undone(name)
    )
    return next(dependent, "")


def _was_compensated(evidence: Evidence, order: str, operation: str, status: Status) -> bool:
    undo = evidence.operations.undo_of(operation)
    assert undo is not None, "the caller has made sure that there is one"
    effects = evidence.effects_of(order, operation)
    if effects and not any(is_live(effect) for effect in effects):
        return True
    tried = evidence.attempts_at(order, undo.name)
    if any(attempt.seen is Seen.OK for attempt in tried):
        return True
    listed = status in (Status.NEEDS_ATTENTION, Status.RUNNING)
    return listed and any(attempt.seen is Seen.REFUSED for attempt in tried)


def _keys_keep_their_payload(evidence: Evidence) -> Facts:
    first: dict[tuple[str, str], Attempt] = {}
    for attempt in evidence.journal:
        if attempt.key is None:
            continue
        earlier = first.setdefault((attempt.operation, attempt.key), attempt)
        if earlier is attempt:
            continue
        detail = f"call {attempt.call} of {attempt.operation} sends another body with the same key"
        yield (
            None
            if attempt.body == earlier.body
            else Violation("I13", attempt.order, detail, attempt.sent_at)
        )


def _has_effect(evidence: Evidence, attempt: Attempt) -> bool:
    if attempt.took_effect:
        return True
    return attempt.key is not None and any(
        effect.key == attempt.key
        for effect in evidence.effects_of(attempt.order, attempt.operation)
    )
