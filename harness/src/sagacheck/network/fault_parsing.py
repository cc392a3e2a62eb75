"""Faults as they are written in scenario files, read as rules for the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagacheck.network.faults import ALL_CALLS, FAULTS, Argument, Calls, Fault, FaultRule
from sagacheck.services import OperationTable
from sagacheck.world import (
    ParsingError,
    as_written,
    read_duration,
    read_members,
    read_share,
    read_text,
    read_whole_number,
    unknown_name,
    whole_number_in,
)

_RULE = ("on", "fault", "calls", "order", "share", "fired")
"""The last one stands in listings of rules, so that one can be added again; it begins anew."""


def read_rule(written: Any, table: OperationTable) -> FaultRule:
    """The rule that ``{on, fault, calls, order, share}`` describes; ``on`` may name several.

    Raises:
        ParsingError: A member is missing or not allowed.
    """
    rule = read_members(written, "a fault", _RULE)
    for name in ("on", "fault"):
        if name not in rule:
            raise ParsingError(f"a fault needs {name!r}: {as_written(written)} has none")
    fault = read_fault(rule["fault"])
    order = rule.get("order")
    return FaultRule(
        operations=_read_operations(rule["on"], fault, table),
        fault=fault,
        calls=read_calls(rule.get("calls", "all")),
        order=None if order is None else read_text(order, "order"),
        share=read_share(rule.get("share", 1), "share"),
    )


def read_fault(written: Any) -> Fault:
    """The fault that a name, a status, or ``{name: argument}`` means.

    Raises:
        ParsingError: There is no such fault, or its argument is missing or not allowed.
    """
    if isinstance(written, str) and (number := whole_number_in(written)) is not None:
        written = number
    if type(written) is int:
        return _read_rejection({"status": written})
    if isinstance(written, Mapping) and len(written) == 1:
        name, argument = next(iter(written.items()))
        return _read_argument(_known(name), argument)
    name = _known(written)
    if (needed := FAULTS[name].argument) is not Argument.NONE:
        raise ParsingError(f"{name} needs an argument, for example {{{name}: {_EXAMPLES[needed]}}}")
    return Fault(name)


_EXAMPLES = {
    Argument.STATUS: "503",
    Argument.REJECTION: "{status: 503, retry_after: 30s}",
    Argument.DURATION: "45s",
    Argument.COUNT: "2",
    Argument.WINDOW: "{from: 0s, to: 1h}",
}
"""What an argument of each kind looks like."""


def read_calls(written: Any) -> Calls:
    """The calls that ``all``, ``2..``, a number or a list of numbers means.

    Raises:
        ParsingError: It is none of these.
    """
    if written == "all":
        return ALL_CALLS
    if (
        isinstance(written, str)
        and (number := whole_number_in(written.removesuffix(".."))) is not None
    ):
        first = read_whole_number(number, "calls", least=1)
        return Calls(start=first) if written.endswith("..") else Calls(frozenset({first}))
    numbers = written if isinstance(written, list) and written else [written]
    rule = "calls, one of 1, [1, 3], 2.. and all,"
    return Calls(frozenset(read_whole_number(number, rule, least=1) for number in numbers))


def _known(name: Any) -> str:
    if name == "timeout":
        msg = "a timeout is what the caller sees; write drop_request or drop_response, which differ"
        raise ParsingError(msg)
    if not isinstance(name, str) or name not in FAULTS:
        raise unknown_name(name, "fault", FAULTS)
    return name


def _read_argument(name: str, argument: Any) -> Fault:
    match FAULTS[name].argument:
        case Argument.STATUS:
            return Fault(name, status=read_whole_number(argument, name, least=200, most=599))
        case Argument.REJECTION:
            return _read_rejection(argument)
        case Argument.DURATION:
            return Fault(name, delay=read_duration(argument, name))
        case Argument.COUNT:
            return Fault(name, copies=read_whole_number(argument, name, least=2, most=100))
        case Argument.WINDOW:
            return _read_window(name, argument)
        case Argument.NONE:
            raise ParsingError(f"{name} takes no argument, but has {as_written(argument)}")


def _read_rejection(written: Any) -> Fault:
    parts = {"status": written} if type(written) is int else written
    parts = read_members(parts, "reject", ("status", "code", "retry_after"))
    code, retry_after = parts.get("code"), parts.get("retry_after")
    return Fault(
        "reject",
        status=read_whole_number(parts.get("status"), "the status of reject", least=400, most=599),
        code=None if code is None else read_text(code, "the code of reject"),
        retry_after=None if retry_after is None else read_duration(retry_after, "retry_after"),
    )


def _read_window(name: str, written: Any) -> Fault:
    window = read_members(written, name, ("from", "to"))
    start, end = (read_duration(window.get(each), f"{name} {each}") for each in ("from", "to"))
    if end <= start:
        raise ParsingError(f"{name} must end after it begins: {as_written(written)}")
    return Fault(name, start=start, end=end)


def _why_unfit(fault: Fault) -> str:
    if fault.kind.reads_only:
        return "it is for operations that read"
    if fault.kind.of_callback:
        return "its service sends no callback"
    return "that is how it succeeds" if fault.status else "its replies have no body"


def _read_operations(on: Any, fault: Fault, table: OperationTable) -> frozenset[str]:
    if isinstance(on, list) and on:
        return frozenset().union(*(_read_operations(each, fault, table) for each in on))
    known = [*table.names, *table.services]
    if on not in known:
        raise unknown_name(on, "operation or service", known)
    named = [
        operation for operation in table.operations if on in {operation.name, operation.service}
    ]
    fitting = frozenset(operation.name for operation in named if fault.fits(operation))
    if not fitting:
        raise ParsingError(f"{fault} does not fit {on}: {_why_unfit(fault)}")
    return fitting
