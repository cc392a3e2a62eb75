"""Faults as files and control routes write them: what `sagacheck.network.fault_parsing` reads."""

from __future__ import annotations

from typing import Any

from sagacheck.network.faults import Argument, Calls, Fault, FaultRule
from sagacheck.world import duration_text


def rule_in_words(rule: FaultRule) -> dict[str, Any]:
    """How a rule is written: what `read_rule` reads, and how often it fired."""
    return {
        "on": sorted(rule.operations),
        "fault": fault_in_words(rule.fault),
        "calls": calls_in_words(rule.calls),
        "order": rule.order,
        "share": rule.share,
        "fired": rule.fired,
    }


def calls_in_words(calls: Calls) -> int | list[int] | str:
    """How calls are written: what `read_calls` reads."""
    if calls.numbers:
        first, *others = sorted(calls.numbers)
        return [first, *others] if others else first
    return "all" if calls.start == 1 else f"{calls.start}.."


def fault_in_words(fault: Fault) -> str | int | dict[str, Any]:
    """How a fault is written: what `read_fault` reads."""
    match fault.kind.argument:
        case Argument.NONE:
            return fault.name
        case Argument.STATUS:
            argument: Any = fault.status
        case Argument.REJECTION:
            words = {"code": fault.code, "retry_after": _duration(fault.retry_after)}
            more = {name: word for name, word in words.items() if word is not None}
            if not more and fault.status is not None:
                return fault.status
            argument = {"status": fault.status, **more}
        case Argument.DURATION:
            argument = duration_text(fault.delay)
        case Argument.COUNT:
            argument = fault.copies
        case Argument.WINDOW:
            argument = {"from": duration_text(fault.start), "to": duration_text(fault.end)}
    return {fault.name: argument}


def _duration(seconds: float | None) -> str | None:
    return None if seconds is None else duration_text(seconds)
