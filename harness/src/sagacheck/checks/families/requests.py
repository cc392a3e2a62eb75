"""I13 and I14: which effects a request has, and which request an effect comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.services import HEADER, OperationTable
from sagacheck.world import Attempt, AttemptOutcome, Entry


@invariant("I13", "one effect per request")
def one_effect_per_request(evidence: Evidence) -> Facts:
    """A request has one effect, however often it is sent, and a key belongs to one request.

    Reads: the entries, and the keys and bodies of the requests.
    Checked: at each entry of a step, and at each request with a key.
    """
    yield from requests_have_one_effect(evidence)
    yield from keys_keep_their_payload(evidence.journal, evidence.operations)


def requests_have_one_effect(evidence: Evidence) -> Facts:
    """The first half of I13: however often a request is sent, it has one effect.

    Two requests with the same key are the same. Two with equal bodies under different keys, or
    without any, are the same where `repeats` says so, and the effect of the first is still live
    when the second has its own: a key that is made anew for each attempt protects from nothing.
    """
    by_key: dict[tuple[str, str, str], list[str]] = {}
    by_body: dict[tuple[str, str, bytes], list[str]] = {}
    bodies: dict[str, tuple[str, str, bytes]] = {}
    causes: dict[str, Attempt | None] = {}
    answered = {(a.operation, a.key) for a in evidence.journal if a.outcome is AttemptOutcome.OK}
    for entry in evidence.ledger.entries:
        if evidence.ends_effect(entry) and entry.effect in bodies:
            by_body[bodies.pop(entry.effect)].remove(entry.effect)
        if not evidence.is_create(entry):
            continue
        cause = causes[entry.effect] = evidence.cause_of(entry)
        body = bodies[entry.effect] = (entry.operation, entry.order, _body(evidence, entry))
        alike = by_body.setdefault(body, [])
        again = [each for each in alike if repeats(causes[each], cause, answered)]
        alike.append(entry.effect)
        same = by_key.setdefault((entry.operation, entry.order, entry.key or ""), [])
        same.append(entry.effect)
        twins = same if entry.key and len(same) > 1 else [*again, entry.effect]
        if len(twins) == 1:
            yield None
            continue
        keys = [evidence.ledger.effects[effect].key or "" for effect in twins]
        detail = (
            f"{entry.operation} was done {len(twins)} times with {_in_words(keys)}: "
            f"{', '.join(twins)}{_hint(evidence, entry)}"
        )
        yield BrokenFact.by(entry, detail)


def repeats(
    first: Attempt | None, second: Attempt | None, answered: Collection[tuple[str, str | None]]
) -> bool:
    """Whether an attempt with the body of an earlier one, but another key or none, repeats it.

    It does where it is the same attempt, delivered twice; a retry of the same activity; made in
    another run of the workflow; or made when the earlier attempt had ended, and its caller never
    learned what came of it, then or by the same key later. Otherwise it is a request of its own:
    two lines of an order may be equal.

    Args:
        first: The earlier attempt.
        second: The later one.
        answered: The operations and keys of the attempts that were answered with success.
    """
    if first is None or second is None or first is second:
        return True
    if first.execution and second.execution:
        if first.execution == second.execution:
            return first.retry != second.retry
        if _run_of(first) != _run_of(second):
            return True
    in_doubt = first.outcome is not AttemptOutcome.OK
    if first.key is not None and (first.operation, first.key) in answered:
        in_doubt = False
    return in_doubt and first.ended_at is not None and first.ended_at <= second.sent_at


def _run_of(attempt: Attempt) -> str:
    return attempt.execution.rpartition("/")[0]


def keys_keep_their_payload(attempts: Iterable[Attempt], operations: OperationTable) -> Facts:
    """The second half of I13: one key stands for one request.

    The key by which an undo names its create is no key of the undo: a charge may be refunded in
    parts.
    """
    first: dict[tuple[str, str], Attempt] = {}
    for attempt in attempts:
        places = operations[attempt.operation].key_places
        if attempt.key is None or attempt.key not in map(attempt.body.get, places):
            continue
        earlier = first.setdefault((attempt.operation, attempt.key), attempt)
        if earlier is attempt:
            continue
        difference = _difference(earlier.body, attempt.body, places)
        if not difference:
            yield None
            continue
        detail = (
            f"call {attempt.call} of {attempt.operation} sends key {attempt.key} again "
            f"with {difference}"
        )
        yield BrokenFact(attempt.order, detail, attempt.sent_at)


@invariant("I14", "attempts and effects agree")
def attempts_and_effects_agree(evidence: Evidence) -> Facts:
    """Every success has its effect, and every effect its attempt.

    Reads: the entries and the attempts.
    Checked: at each entry, and at each attempt that succeeded.
    """
    for entry in evidence.ledger.entries:
        if entry.operation not in evidence.operations:
            continue
        if evidence.cause_of(entry):
            yield None
        else:
            detail = f"{entry.operation} ({entry.effect}) happened without a request"
            yield BrokenFact.by(entry, detail)
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
            yield BrokenFact(attempt.order, detail, attempt.ended_at)


def _body(evidence: Evidence, entry: Entry) -> bytes:
    """The request behind `entry` without its key; where there was none, a text of its own."""
    cause = evidence.cause_of(entry)
    if cause is None:
        return b"entry %d" % entry.number
    operation = evidence.operations[entry.operation]
    body = {name: it for name, it in cause.body.items() if name not in operation.key_places}
    if operation.by_activity and cause.key is not None:
        body = _without_key(body, cause.key)
    return _as_text(body)


def _without_key(value: Any, key: str) -> Any:
    """The arguments of an activity, with nothing in place of the key, which is one of them."""
    if isinstance(value, Mapping):
        return {name: _without_key(each, key) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_key(each, key) for each in value]
    return None if str(value) == key else value


_as_text = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode


def _in_words(keys: list[str]) -> str:
    if len(set(keys)) == 1:
        return f"key {keys[0]}" if keys[0] else "no key at all"
    return "keys " + " and ".join(key or "none" for key in keys)


def _difference(
    earlier: Mapping[str, Any], later: Mapping[str, Any], places: tuple[str, ...]
) -> str:
    """How two bodies differ, but for the places of the key; empty if they do not."""
    if earlier == later:
        return ""
    return ", ".join(
        f"{name} {later.get(name)!r} instead of {earlier.get(name)!r}"
        for name in sorted({*earlier, *later}.difference(places))
        if earlier.get(name) != later.get(name)
    )


def _hint(evidence: Evidence, entry: Entry) -> str:
    """What to do where a request without a key may have one that no setting names."""
    cause = evidence.cause_of(entry)
    if cause is not None and cause.key is None and evidence.operations[entry.operation].by_activity:
        return "; if the service knows a second run by an id, say key= in its effect(…)"
    if cause is None or cause.key is not None or not cause.unread_key:
        return ""
    return (
        f"; the header {cause.unread_key} was sent and not read: "
        f'the operation needs key_at="{HEADER}{cause.unread_key}"'
    )


def _has_effect(evidence: Evidence, attempt: Attempt) -> bool:
    if attempt.took_effect:
        return True
    return attempt.key is not None and any(
        effect.key == attempt.key
        for effect in evidence.effects_of(attempt.order, attempt.operation)
    )
