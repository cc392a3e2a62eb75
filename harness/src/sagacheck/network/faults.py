"""Faults as data: their table, and the rules that decide which call gets which fault.

A rule is a function of an attempt that returns a fault or ``None``; the first rule that returns a
fault wins (after turmoil's ``Rule``).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

import msgspec

from sagacheck.services import Operation
from sagacheck.world import Attempt


class Position(StrEnum):
    """Where a fault acts, relative to the effect of the call."""

    BEFORE = "before the effect"
    AFTER = "after the effect"
    TIME = "time and order"
    WORKER = "the worker"


class Argument(StrEnum):
    """What argument a fault needs beside its name."""

    NONE = "nothing"
    STATUS = "an HTTP status from 200 to 599, but not that of success"
    REJECTION = "status, and optionally code and retry_after"
    DURATION = "a duration"
    COUNT = "a number of copies, at least 2"
    WINDOW = "from and to"


class FaultKind(msgspec.Struct, frozen=True):
    """One row of the table of faults.

    Attributes:
        name: Its name in scenarios.
        position: Where it acts.
        argument: What argument it needs.
        summary: What happens, in one line.
        reads_only: Whether it happens to reads alone.
        uses_only: Whether it happens to creates alone that use up what another has made.
        needs_reply_body: Whether it spoils the reply's body, so that the reply must have one.
        of_callback: Whether it happens to the callback of the call, so that it must have one.
    """

    name: str
    position: Position
    argument: Argument
    summary: str
    needs_reply_body: bool = False
    reads_only: bool = False
    uses_only: bool = False
    of_callback: bool = False

    def fits(self, operation: Operation) -> bool:
        """Whether such a fault can happen to `operation`, with some argument.

        What an activity does by itself has no reply of bytes that could be spoilt.
        """
        if (self.reads_only and not operation.reads) or (self.uses_only and not operation.uses_up):
            return False
        if self.of_callback and not operation.callback:
            return False
        return operation.has_body or not self.needs_reply_body


EARLY_CALLBACK = "callback_early"
"""The fault by which a callback arrives before the reply of its call."""

_BEFORE, _AFTER, _TIME, _WORKER = Position
_NONE = Argument.NONE

FAULTS: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind("refuse", _BEFORE, _NONE, "the connection is refused; the request has no effect"),
        FaultKind("drop_request", _BEFORE, _NONE, "the request is lost; the caller times out"),
        FaultKind(
            "reject", _BEFORE, Argument.REJECTION, "the service answers with an error; no effect"
        ),
        FaultKind(
            "expire",
            _BEFORE,
            _NONE,
            "what the call uses up expires just before it arrives, such as an authorisation",
            uses_only=True,
        ),
        FaultKind("drop_response", _AFTER, _NONE, "the reply is lost; the caller times out"),
        FaultKind("reset_after_effect", _AFTER, _NONE, "the connection is reset after the effect"),
        FaultKind(
            "status_after_effect",
            _AFTER,
            Argument.STATUS,
            "the effect happens, the reply has another status",
        ),
        FaultKind("malformed", _AFTER, _NONE, "the reply is not JSON", needs_reply_body=True),
        FaultKind("truncated", _AFTER, _NONE, "the reply is cut off", needs_reply_body=True),
        FaultKind("empty", _AFTER, _NONE, "the reply has no body", needs_reply_body=True),
        FaultKind(
            "delay_request",
            _TIME,
            Argument.DURATION,
            "the request and its effect are late",
        ),
        FaultKind(
            "delay_response", _TIME, Argument.DURATION, "the effect is on time, the reply is late"
        ),
        FaultKind("duplicate", _TIME, Argument.COUNT, "the request arrives several times"),
        FaultKind("outage", _TIME, Argument.WINDOW, "connections are refused for some time"),
        FaultKind(
            "stale_read",
            _TIME,
            Argument.DURATION,
            "the read shows what was there so long ago",
            reads_only=True,
        ),
        FaultKind(
            EARLY_CALLBACK,
            _TIME,
            _NONE,
            "the service's callback arrives before the reply of the call",
            of_callback=True,
        ),
        FaultKind(
            "callback_late",
            _TIME,
            Argument.DURATION,
            "the service's callback is late",
            of_callback=True,
        ),
        FaultKind(
            "callback_twice",
            _TIME,
            _NONE,
            "the service's callback arrives twice",
            of_callback=True,
        ),
        FaultKind(
            "callback_out_of_order",
            _TIME,
            _NONE,
            "the service's callback arrives after the order's next one, or an hour late",
            of_callback=True,
        ),
        FaultKind(
            "callback_lost",
            _TIME,
            _NONE,
            "the service's callback never arrives",
            of_callback=True,
        ),
        FaultKind("crash_before", _WORKER, _NONE, "the worker dies before it sends the request"),
        FaultKind("crash_after", _WORKER, _NONE, "the worker dies after the effect"),
        FaultKind("evict", _WORKER, _NONE, "the worker loses the cached workflow and replays it"),
    )
}
"""Every fault, by name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its arguments. Durations are seconds; times are seconds of the world's clock.

    Attributes:
        name: A key of `FAULTS`.
        status: For ``reject`` and ``status_after_effect``: the HTTP status.
        code: For ``reject``: the ``error`` code; by default the operation's own for the status.
        retry_after: For ``reject``: the ``Retry-After`` header.
        delay: For ``delay_request``, ``delay_response`` and ``callback_late``: how late.
        copies: For ``duplicate``: how often the request arrives in all.
        start: For ``outage``: its first moment.
        end: For ``outage``: the first moment after it.
    """

    name: str
    status: int | None = None
    code: str | None = None
    retry_after: float | None = None
    delay: float = 0.0
    copies: int = 1
    start: float = 0.0
    end: float = math.inf

    @property
    def kind(self) -> FaultKind:
        """The row of the table."""
        return FAULTS[self.name]

    def fits(self, operation: Operation) -> bool:
        """Whether the fault can happen to `operation`: an own success is no fault.

        An activity that has done something by itself can only fail to say so.
        """
        if self.kind.argument is Argument.STATUS:
            status = self.status or 0
            is_error = status >= HTTPStatus.BAD_REQUEST
            if status == operation.success or (operation.by_activity and not is_error):
                return False
        return self.kind.fits(operation)

    def __str__(self) -> str:
        """The fault as journals and reports show it."""
        match self.kind.argument:
            case Argument.STATUS:
                return f"{self.name} {self.status}"
            case Argument.REJECTION:
                return f"reject {self.status}" + (f" {self.code}" if self.code else "")
            case Argument.DURATION:
                return f"{self.name} {self.delay:g}s"
            case Argument.COUNT:
                return f"{self.name} {self.copies}"
            case Argument.WINDOW:
                return f"{self.name} {self.start:g}s to {self.end:g}s"
            case _:
                return self.name


class Calls(msgspec.Struct, frozen=True):
    """Some calls of an operation, counted from 1 for each order.

    Attributes:
        numbers: These calls; empty for an open range.
        start: Every call from this one on, where `numbers` is empty.
    """

    numbers: frozenset[int] = frozenset()
    start: int = 1

    def __contains__(self, call: int) -> bool:
        return call in self.numbers if self.numbers else call >= self.start

    def __str__(self) -> str:
        if self.numbers:
            return ", ".join(str(number) for number in sorted(self.numbers))
        return "all" if self.start == 1 else f"{self.start}.."


ALL_CALLS = Calls()

Rule = Callable[[Attempt], Fault | None]
"""Takes an attempt that is about to be sent; returns its fault, or ``None``."""


@dataclass
class FaultRule:
    """A rule that gives some calls of some operations a fault, and counts how often it did.

    Attributes:
        operations: The operations concerned.
        fault: What happens to them.
        calls: Which of their calls.
        order: Only for this order; ``None`` for each.
        share: The share of these calls that get it, from 0 to 1. Fault, order, operation and call
            number decide which ones, so that the same run gets the same faults.
        fired: How often it fired.
    """

    operations: frozenset[str]
    fault: Fault
    calls: Calls = ALL_CALLS
    order: str | None = None
    share: float = 1.0
    fired: int = field(default=0, compare=False)

    def __call__(self, attempt: Attempt) -> Fault | None:
        """The fault, if the rule covers the attempt."""
        covered = (
            attempt.operation in self.operations
            and attempt.call in self.calls
            and self.order in (None, attempt.order)
            and self.fault.start <= attempt.sent_at < self.fault.end
            and (self.share == 1.0 or self._draw(attempt) < self.share)
        )
        if not covered:
            return None
        self.fired += 1
        return self.fault

    def _draw(self, attempt: Attempt) -> float:
        """A pseudo-random number from 0 to 1 that is always the same for the same call."""
        call = f"{self.fault} {attempt.order} {attempt.operation} {attempt.call}"
        digest = hashlib.blake2b(call.encode(errors="replace"), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64
