"""I7, I8, I10 to I14: which effects there are, in which order, and whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from sagacheck.checks.evidence import Evidence, Matter, is_live, not_listed
from sagacheck.checks.money import Facts
from sagacheck.checks.outcome import Outcome, Status
from sagacheck.checks.verdict import Violation
from sagacheck.world import Attempt, AttemptOutcome, Effect, EffectState, Entry


def no_orphans(evidence: Evidence) -> Facts:
    """I7: each live effect belongs to an order that completed, or that has not ended yet.

    Reads: the effects that the services hold, and how the orders ended; an order that was
        terminated may leave what its scenario expects.
    Checked: for every effect that has an undo, when all that was under way has arrived.
    """
    allowance = Counter(evidence.orphans)
    for effect in evidence.effects:
        if not evidence.can_be_undone(effect.operation):
            continue
        outcome = evidence.outcomes.get(effect.order)
        orphan = is_live(effect) and (outcome is None or _leaves_nothing(outcome.status))
        terminated = outcome is not None and outcome.status is Status.TERMINATED
        if orphan and terminated and allowance[effect.operation] > 0:
            allowance[effect.operation] -= 1
            orphan = False
        if not orphan:
            yield None
            continue
        detail = f"{_name(effect)} is left behind: {_how_it_ended(effect, outcome)}"
        yield Violation("I7", effect.order, detail, _later(outcome, effect.at))


def effects_follow_their_causes(evidence: Evidence) -> Facts:
    """I8: nothing ships that is not paid and reserved, and nothing is undone that was not done.

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
                    yield _violation("I8", entry, detail)
            live.setdefault((entry.order, entry.operation), set()).add(entry.effect)
        elif evidence.ends_effect(entry):
            effects = live.setdefault((entry.order, _undone(evidence, entry)), set())
            if evidence.is_undo(entry) and entry.effect not in effects:
                detail = f"{entry.operation} of {entry.effect}, which was not there to be undone"
                yield _violation("I8", entry, detail)
            else:
                yield None
            effects.discard(entry.effect)


def no_step_after_a_compensation(evidence: Evidence) -> Facts:
    """I10: once an order is being undone it takes no step, and is undone in a safe order.

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
                    yield _violation("I10", entry, detail)
                else:
                    yield None
            elif evidence.is_create(entry):
                live.append(entry)
                if first_undo is None or entry.number < first_undo.number:
                    continue
                if _was_on_its_way(evidence, entry) or _is_left_to_a_person(evidence, entry):
                    yield None
                else:
                    after = f"{first_undo.operation} had begun to undo {order}"
                    detail = f"{entry.operation} ({entry.effect}) after {after}"
                    yield _violation("I10", entry, detail)


def every_attempt_is_accounted_for(evidence: Evidence) -> Facts:
    """I11: a step that had or may have had its effect is confirmed, compensated, or listed.

    Reads: the attempts, what their callers saw of them, and what the result lists for a person.
    Checked: for each order that has ended without success.
    """
    for order, outcome in evidence.ended():
        if outcome.status in (Status.COMPLETED, Status.TERMINATED):
            continue
        due: list[Matter] = []
        for operation in evidence.operations.creates:
            begun = _begun(evidence, order, operation.name)
            if not begun or not evidence.can_be_undone(operation.name):
                continue
            if not _is_settled(evidence, order, operation.name, outcome):
                due.append(_matter(evidence, begun))
            yield None
        if outcome.status is Status.NEEDS_ATTENTION:
            due = not_listed(outcome, due)
        for matter in due:
            how = f"{order} ended as {outcome.status}, and nobody made sure that it is undone"
            at = _later(outcome, matter.at)
            yield Violation("I11", order, f"{matter.what}, {how}", at)


def nothing_happens_after_the_end(evidence: Evidence) -> Facts:
    """I12: no effect of an order comes after its end.

    But for the late mail of a completed one, and for the late effect of a step whose compensation
    was refused and is listed for a person, or of that compensation itself, tried before it was
    refused: there was nothing more that the order could do.

    Reads: the entries, and when the order ended.
    Checked: at each entry that is later than the end.
    """
    for order, outcome in evidence.ended():
        if outcome.ended_at is None or outcome.status is Status.TERMINATED:
            continue
        for entry in evidence.entries_of(order):
            if entry.operation not in evidence.operations:
                continue
            if (
                entry.at <= outcome.ended_at
                or _was_on_its_way(evidence, entry)
                or _tells_the_truth(evidence, entry, outcome)
                or _is_left_to_a_person(evidence, entry)
            ):
                yield None
                continue
            detail = (
                f"{entry.operation} ({entry.effect}) at {entry.at:.1f} s, though {order} had ended "
                f"as {outcome.status} at {outcome.ended_at:.1f} s"
            )
            yield _violation("I12", entry, detail)


def one_effect_per_request(evidence: Evidence) -> Facts:
    """I13: however often a request is sent, it has one effect; one key stands for one request.

    Reads: the entries, and the keys and bodies of the requests.
    Checked: at each entry of a step, and at each request with a key.
    """
    yield from requests_have_one_effect(evidence)
    yield from keys_keep_their_payload(evidence.journal)


def requests_have_one_effect(evidence: Evidence) -> Facts:
    """The first half of I13: however often a request is sent, it has one effect.

    Two requests are the same if they carry the same key. So they are if only their keys differ, or
    they have none, and the effect of the first is still there when the second has its own: a key
    that is made anew for each try protects from nothing.
    """
    by_key: dict[tuple[str, str, str], list[str]] = {}
    by_body: dict[tuple[str, str, bytes], list[str]] = {}
    bodies: dict[str, tuple[str, str, bytes]] = {}
    keys: dict[str, str] = {}
    for entry in evidence.ledger.entries:
        if evidence.ends_effect(entry) and entry.effect in bodies:
            by_body[bodies.pop(entry.effect)].remove(entry.effect)
        if not evidence.is_create(entry):
            continue
        body = bodies[entry.effect] = (entry.operation, entry.order, _body(evidence, entry))
        alike = by_body.setdefault(body, [])
        alike.append(entry.effect)
        same = by_key.setdefault((entry.operation, entry.order, entry.key or ""), [])
        same.append(entry.effect)
        keys[entry.effect] = entry.key or ""
        twins = same if entry.key and len(same) > 1 else alike
        if len(twins) == 1:
            yield None
            continue
        key = _in_words([keys[effect] for effect in twins])
        detail = f"{entry.operation} was done {len(twins)} times with {key}: {', '.join(twins)}"
        yield _violation("I13", entry, detail)


def attempts_and_effects_agree(evidence: Evidence) -> Facts:
    """I14: every success has its effect, and every effect its attempt.

    Reads: the entries and the attempts.
    Checked: at each entry, and at each attempt that succeeded.
    """
    for entry in evidence.ledger.entries:
        if entry.operation not in evidence.operations:
            continue
        if evidence.cause_of(entry):
            yield None
        else:
            detail = f"{entry.operation} ({entry.effect}) happened though nobody asked for it"
            yield _violation("I14", entry, detail)
    for attempt in evidence.journal:
        if (
            attempt.outcome is not AttemptOutcome.OK
            or not evidence.operations[attempt.operation].is_create
        ):
            continue
        if _has_effect(evidence, attempt):
            yield None
        else:
            detail = f"call {attempt.call} of {attempt.operation} succeeded without any effect"
            yield Violation("I14", attempt.order, detail, attempt.ended_at)


_WHAT_CAME_OF_IT = {
    AttemptOutcome.OK: "succeeded",
    AttemptOutcome.UNKNOWN: "may have had its effect",
}


def _violation(invariant: str, entry: Entry, detail: str) -> Violation:
    return Violation(invariant, entry.order, detail, entry.at, entry.number)


def _name(effect: Effect) -> str:
    worth = f" over {effect.amount / 100:.2f} {effect.currency}" if effect.amount else ""
    goods = ", ".join(f"{quantity} {sku}" for sku, quantity in effect.lines.items())
    return f"{effect.operation} ({effect.id}{worth}{' of ' if goods else ''}{goods})"


def _leaves_nothing(status: Status) -> bool:
    return status.promises_undone or status is Status.TERMINATED


def _how_it_ended(effect: Effect, outcome: Outcome | None) -> str:
    if outcome is None:
        return f"{effect.order or 'its order'} is not known"
    return f"{effect.order} ended as {outcome.status}"


def _later(outcome: Outcome | None, at: float) -> float:
    """The end of an order, or what came after it."""
    return at if outcome is None or outcome.ended_at is None else max(outcome.ended_at, at)


def _undone(evidence: Evidence, entry: Entry) -> str:
    """The create whose effect `entry` ends."""
    if evidence.is_undo(entry):
        return evidence.operations[entry.operation].undoes or ""
    return evidence.ledger.effects[entry.effect].operation


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
    if entry.order not in evidence.cancelled or evidence.can_be_undone(entry.operation):
        return False
    first_undo = evidence.first_undo_of(entry.order)
    sent, undo = evidence.cause_of(entry), first_undo and evidence.cause_of(first_undo)
    return sent is not None and undo is not None and sent.number < undo.number


def _tells_the_truth(evidence: Evidence, entry: Entry, outcome: Outcome) -> bool:
    """Whether `entry` is a mail that comes late, and still says how the order ended."""
    completed = outcome.status is Status.COMPLETED
    return completed and evidence.is_create(entry) and not evidence.can_be_undone(entry.operation)


def _is_left_to_a_person(evidence: Evidence, entry: Entry) -> bool:
    """Whether `entry` is the effect, or the undo, of a step that its order lists as not undone.

    It was asked for before the order ended: what a person is to do nobody goes on with unasked.
    """
    outcome = evidence.outcomes.get(entry.order)
    if outcome is None or entry.operation not in evidence.operations:
        return False
    cause = evidence.cause_of(entry)
    if cause is None or (outcome.ended_at is not None and cause.sent_at > outcome.ended_at):
        return False
    step = evidence.operations[entry.operation].undoes or entry.operation
    begun = _begun(evidence, entry.order, step)
    asks = outcome.status is Status.NEEDS_ATTENTION and bool(begun)
    return asks and not not_listed(outcome, [_matter(evidence, begun)])


def _has_outlived(evidence: Evidence, entry: Entry, needed: str) -> bool:
    """Whether `entry` is left to a person, and came so late that what it needs has ended meanwhile.

    It was there when `entry` was asked for.
    """
    cause = evidence.cause_of(entry)
    if cause is None or not _is_left_to_a_person(evidence, entry):
        return False
    return any(
        effect.at <= cause.sent_at
        and (effect.undone_at is None or cause.sent_at < effect.undone_at)
        for effect in evidence.effects_of(entry.order, needed)
    )


def _begun(evidence: Evidence, order: str, operation: str) -> list[Attempt]:
    """The attempts at a step that had their effect, or may have had it."""
    attempts = evidence.attempts_at(order, operation)
    return [
        attempt
        for attempt in attempts
        if attempt.outcome in (AttemptOutcome.OK, AttemptOutcome.UNKNOWN)
    ]


def _is_settled(evidence: Evidence, order: str, operation: str, outcome: Outcome) -> bool:
    if outcome.status is Status.NEEDS_ATTENTION and _stands(evidence, order, operation):
        return True
    effects = evidence.effects_of(order, operation)
    if effects and not any(is_live(effect) for effect in effects):
        return True
    undo = evidence.operations.undo_of(operation)
    tried = evidence.attempts_at(order, undo.name) if undo else []
    # The status says that it is done, even where the body that came with it cannot be read.
    return any(attempt.status == undo.success for attempt in tried) if undo else False


def _stands(evidence: Evidence, order: str, operation: str) -> bool:
    """Whether a parcel that nobody can call back any more makes sense of `operation`."""
    return any(
        effect.state is EffectState.FINAL
        and operation in (effect.operation, *evidence.operations[effect.operation].needs)
        and evidence.can_be_undone(effect.operation)
        for effect in evidence.effects_of(order)
    )


def _matter(evidence: Evidence, begun: list[Attempt]) -> Matter:
    """A step that was begun, as something to be settled."""
    last = begun[-1]
    undo = evidence.operations.undo_of(last.operation)
    tried = evidence.attempts_at(last.order, undo.name) if undo else []
    ids = {effect.id for effect in evidence.effects_of(last.order, last.operation)}
    return Matter(
        what=f"call {last.call} of {last.operation} {_WHAT_CAME_OF_IT[last.outcome]}",
        names=frozenset({attempt.key for attempt in begun if attempt.key} | ids),
        activities=frozenset(attempt.activity for attempt in tried),
        at=last.sent_at,
    )


def _body(evidence: Evidence, entry: Entry) -> bytes:
    """What was asked, but for the key; a text of its own where nobody knows."""
    cause = evidence.cause_of(entry)
    if cause is None:
        return b"entry %d" % entry.number
    key_at = evidence.operations[entry.operation].key_at
    body = {name: value for name, value in cause.body.items() if name != key_at}
    return _as_text(body)


_as_text = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode


def _in_words(keys: list[str]) -> str:
    if len(set(keys)) == 1:
        return f"key {keys[0]}" if keys[0] else "no key at all"
    return "keys " + " and ".join(key or "none" for key in keys)


def keys_keep_their_payload(attempts: Iterable[Attempt]) -> Facts:
    """The second half of I13: one key stands for one request."""
    first: dict[tuple[str, str], Attempt] = {}
    for attempt in attempts:
        if attempt.key is None:
            continue
        earlier = first.setdefault((attempt.operation, attempt.key), attempt)
        if earlier is attempt:
            continue
        if attempt.body == earlier.body:
            yield None
            continue
        detail = (
            f"call {attempt.call} of {attempt.operation} sends key {attempt.key} again "
            f"with {_difference(earlier, attempt)}"
        )
        yield Violation("I13", attempt.order, detail, attempt.sent_at)


def _difference(earlier: Attempt, later: Attempt) -> str:
    names = sorted({*earlier.body, *later.body})
    return ", ".join(
        f"{name} {later.body.get(name)!r} instead of {earlier.body.get(name)!r}"
        for name in names
        if earlier.body.get(name) != later.body.get(name)
    )


def _has_effect(evidence: Evidence, attempt: Attempt) -> bool:
    if attempt.took_effect:
        return True
    return attempt.key is not None and any(
        effect.key == attempt.key
        for effect in evidence.effects_of(attempt.order, attempt.operation)
    )
