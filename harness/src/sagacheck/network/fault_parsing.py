"""Faults in words, the same as in scenario files, as rules for the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagacheck.network.faults import ALL_CALLS, FAULTS, Argument, Calls, Fault, FaultRule
from sagacheck.services import OperationTable
from sagacheck.world import (
    ParsingError,
    duration,
    members,
    part,
    shown,
    text,
    unknown,
    whole_number,
)

_RULE = ("on", "fault", "calls", "order", "share")


def read_rule(words: Any, table: OperationTable) -> FaultRule:
    """The rule that ``{on, fault, calls, order, share}`` describes.

    Raises:
        ParsingError: It describes none.
    """
    rule = members(words, "a fault", _RULE)
    for name in ("on", "fault"):
        if name not in rule:
            raise ParsingError(f"a fault needs {name!r}: {shown(words)} has none")
    fault = read_fault(rule["fault"])
    order = rule.get("order")
    return FaultRule(
        operations=_read_operations(rule["on"], fault, table),
        fault=fault,
        calls=read_calls(rule.get("calls", "all")),
        order=None if order is None else text(order, "order"),
        share=part(rule.get("share", 1), "share"),
    )


def read_fault(words: Any) -> Fault:
    """The fault that a name, a status, or ``{name: argument}`` means.

    Raises:
        ParsingError: It means none.
    """
    if isinstance(words, str) and words.isdecimal():
        words = int(words)
    if type(words) is int:
        return _read_rejection({"status": words})
    if isinstance(words, Mapping) and len(words) == 1:
        name, argument = next(iter(words.items()))
        return _read_argument(_known(name), argument)
    name = _known(words)
    if FAULTS[name].argument is not Argument.NONE:
        raise ParsingError(f"{name} must be told more, as in {{{name}: {FAULTS[name].argument}}}")
    return Fault(name)


def read_calls(words: Any) -> Calls:
    """The calls that ``all``, ``2..``, a number or a list of numbers mean.

    Raises:
        ParsingError: They mean none.
    """
    if words == "all":
        return ALL_CALLS
    if isinstance(words, str) and words.removesuffix("..").isdecimal():
        first = whole_number(int(words.removesuffix("..")), "calls", least=1)
        return Calls(start=first) if words.endswith("..") else Calls(frozenset({first}))
    numbers = words if isinstance(words, list) and words else [words]
    rule = "calls, one of 1, [1, 3], 2.. and all,"
    return Calls(frozenset(whole_number(number, rule, least=1) for number in numbers))


def _known(name: Any) -> str:
    if name == "timeout":
        msg = "timeout is what the caller sees; say drop_request or drop_response, which differ"
        raise ParsingError(msg)
    if not isinstance(name, str) or name not in FAULTS:
        raise unknown(name, "fault", FAULTS)
    return name


def _read_argument(name: str, argument: Any) -> Fault:
    match FAULTS[name].argument:
        case Argument.STATUS:
            return Fault(name, status=whole_number(argument, name, least=500, most=599))
        case Argument.REJECTION:
            return _read_rejection(argument)
        case Argument.DURATION:
            return Fault(name, delay=duration(argument, name))
        case Argument.COUNT:
            return Fault(name, copies=whole_number(argument, name, least=2, most=100))
        case Argument.WINDOW:
            return _read_window(name, argument)
        case Argument.NONE:
            raise ParsingError(f"{name} takes no argument, but has {shown(argument)}")


def _read_rejection(words: Any) -> Fault:
    parts = {"status": words} if type(words) is int else words
    parts = members(parts, "reject", ("status", "code", "retry_after"))
    code, retry_after = parts.get("code"), parts.get("retry_after")
    return Fault(
        "reject",
        status=whole_number(parts.get("status"), "the status of reject", least=400, most=599),
        code=None if code is None else text(code, "the code of reject"),
        retry_after=None if retry_after is None else duration(retry_after, "retry_after"),
    )


def _read_window(name: str, words: Any) -> Fault:
    window = members(words, name, ("from", "to"))
    start, end = (duration(window.get(each), f"{name} {each}") for each in ("from", "to"))
    if end <= start:
        raise ParsingError(f"{name} must end after it begins: {shown(words)}")
    return Fault(name, start=start, end=end)


def _read_operations(on: Any, fault: Fault, table: OperationTable) -> frozenset[str]:
    known = [*table.names, *table.services]
    if on not in known:
        raise unknown(on, "operation or service", known)
    meant = [
        operation for operation in table.operations if on in {operation.name, operation.service}
    ]
    fitting = frozenset(operation.name for operation in meant if fault.kind.fits(operation))
    if not fitting:
        raise ParsingError(f"{fault.name} does not fit {on}, whose replies have no body")
    return fitting
