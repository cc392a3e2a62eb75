"""What a workflow and its activities mean for the harness."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sagacheck.init.http_calls import HttpCall, http_call
from sagacheck.init.looking import Found, FoundActivity, Input, Message
from sagacheck.init.naming import is_read, is_undo, operation_of, tells_of, undos_among, words_of
from sagacheck.init.values import MISSING, SCALARS, example, fields_of, is_id, plain_type
from sagacheck.language import OrderWords

_KEEPS_KEYS = re.compile(r"ON CONFLICT|OR IGNORE|idempoten|setdefault\(", re.IGNORECASE)
KEY_WORDS = frozenset({"idempotency", "reference", "ref", "transaction", "dedup"})
_CANCELS = frozenset({"cancel", "abort", "stop", "withdraw", "revoke"})
_GOES_ON = frozenset(
    {
        *("approve", "confirm", "accept", "allow", "proceed", "continue", "place", "submit"),
        *("checkout", "ready", "pay", "paid", "received", "complete", "finish", "sign", "approval"),
        *("approved", "confirmed", "accepted", "confirmation"),
    }
)


@dataclass(frozen=True)
class Step:
    """An activity, and what it is for the harness.

    Attributes:
        activity: The activity.
        operation: As scenarios spell it; empty where it has no effect.
        undo: The operation that undoes it; empty where none does.
        undoes: For an undo the operation that it undoes.
        tells: For a message, what about.
        key: The path to its idempotency key in its arguments, such as ``booking.id``.
        could_be_key: The path to what may be one; nothing says that the service keeps it.
        call: The endpoint that it calls.
        refusals: The types of the errors by which it refuses for good.
    """

    activity: FoundActivity
    operation: str = ""
    undo: str = ""
    undoes: str = ""
    tells: str = "nothing"
    key: str = ""
    could_be_key: str = ""
    call: HttpCall | None = None
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrderField:
    """A key of an order.

    Attributes:
        name: What the workflow calls it.
        type: Its type, a scalar.
        default: Its default.
    """

    name: str
    type: Any
    default: Any

    @property
    def key(self) -> str:
        """The key: another name where all orders have something under this one."""
        return f"order_{self.name}" if hasattr(OrderWords, self.name) else self.name


def steps_of(found: Found) -> list[Step]:
    """The steps, in the order of the activities."""
    names = [each.name for each in found.activities]
    undos = undos_among(names)
    named: dict[str, str] = {}
    for each in found.activities:
        owner = each.owner.__name__ if each.owner else ""
        service, verb = operation_of(each.name, owner)
        lonely_undo = is_undo(each.name, names) and each.name not in undos
        if not is_read(each.name) and not lonely_undo:
            named[each.name] = _unique(f"{service}.{verb}", named.values())
    for undo, create in undos.items():
        service = named[create].partition(".")[0]
        verb = named[undo].partition(".")[2]
        named[undo] = _unique(f"{service}.{verb}", [v for k, v in named.items() if k != undo])
    return [_step(each, named, undos) for each in found.activities]


def in_order(steps: Sequence[Step], first: Sequence[str]) -> list[Step]:
    """The steps, each undo after what it undoes.

    Args:
        steps: The steps.
        first: The operations that come first, in this order: those that took effect.
    """
    places = {name: number for number, name in enumerate(first)}
    creates = [each for each in steps if not each.undoes]
    creates.sort(key=lambda each: places.get(each.operation, len(places)))
    undos = {each.undoes: each for each in steps if each.undoes}
    pairs = [(each, undos.get(each.operation) if each.operation else None) for each in creates]
    return [step for pair in pairs for step in pair if step is not None]


def _step(each: FoundActivity, named: dict[str, str], undos: dict[str, str]) -> Step:
    undone_by = next((undo for undo, create in undos.items() if create == each.name), "")
    key, is_certain = _key_of(each)
    return Step(
        each,
        operation=named.get(each.name, ""),
        undo=named.get(undone_by, ""),
        undoes=named.get(undos.get(each.name, ""), ""),
        tells=tells_of(each.name) if each.name not in undos else "nothing",
        key=key if is_certain else "",
        could_be_key="" if is_certain else key,
        call=http_call(each.source) if each.source else None,
        refusals=_refusals_in(each.source) if each.name not in undos else (),
    )


def _refusals_in(source: str) -> tuple[str, ...]:
    """The types of the errors that Temporal must not retry."""
    found = re.findall(r"ApplicationError\(([^()]*(?:\([^()]*\)[^()]*)*)\)", source)
    final = [each for each in found if re.search(r"non_retryable\s*=\s*True", each)]
    types = [name for each in final for name in re.findall(r"\btype\s*=\s*[\"'](\w+)", each)]
    return tuple(dict.fromkeys(types))


def _unique(name: str, others: Any) -> str:
    taken, number, unique = set(others), 2, name
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    return unique


def _key_of(each: FoundActivity) -> tuple[str, bool]:
    """The path to what identifies a request, and whether the service is seen to keep it."""
    paths = [*_id_paths(each.inputs)]
    explicit = [p for p in paths if KEY_WORDS & {*words_of(p.rpartition(".")[2])}]
    explicit += [p for p in paths if words_of(p.rpartition(".")[2])[-1:] == ["key"]]
    if explicit:
        return explicit[0], True
    return (paths[0] if paths else ""), bool(paths) and bool(_KEEPS_KEYS.search(each.source))


def _id_paths(inputs: Sequence[Input]) -> Iterator[str]:
    for each in inputs:
        fields = fields_of(plain_type(each.type))
        if fields:
            yield from (f"{each.name}.{field.name}" for field in fields if is_id(field.name))
        elif is_id(each.name):
            yield each.name


def cancel_signal(messages: Sequence[Message]) -> Message | None:
    """The message that cancels an order, where it has another name than the usual one."""
    for each in messages:
        usual = "request_cancel" if each.is_update else "cancel"
        if _CANCELS & {*words_of(each.name)} and each.name != usual:
            return each
    return None


def people_of(messages: Sequence[Message]) -> list[Message]:
    """The messages by which an order goes on."""
    return [each for each in messages if _GOES_ON & {*words_of(each.name)}]


def order_fields(found: Found) -> list[OrderField]:
    """The keys of an order: a scalar for each input, but for its id."""
    fields: dict[str, OrderField] = {}
    has_id = False
    for each in found.inputs:
        kind = plain_type(each.type)
        inner = fields_of(kind)
        parts = [(f.name, f.type, f.default) for f in inner or ()]
        for name, annotation, default in parts or [(each.name, kind, MISSING)]:
            scalar = plain_type(annotation)
            if is_id(name) and not has_id and scalar in (str, Any):
                has_id = True
            elif scalar in SCALARS and name not in ("id", "start"):
                value = example(name, scalar) if default is MISSING else default
                if isinstance(value, (str, int, float, bool, Decimal)):
                    fields.setdefault(name, OrderField(name, scalar, value))
    return [*fields.values()]


def names_in_mapping(found: Found, source: str) -> list[str]:
    """The keys that code reads of a workflow's only argument, if that is a mapping."""
    if len(found.inputs) != 1:
        return []
    name = found.inputs[0].name
    keys = re.findall(rf"\b{name}(?:\[|\.get\()[\"'](\w+)[\"']", source)
    return [*dict.fromkeys(keys)]
