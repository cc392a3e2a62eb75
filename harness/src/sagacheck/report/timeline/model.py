"""What a timeline shows, as plain values, without how it is drawn or where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sagacheck.world import AttemptOutcome


class Way(StrEnum):
    """How far a request or a reply came, seen from the caller."""

    WHOLE = "whole"
    """It arrived."""
    LOST = "lost"
    """It never arrives."""
    LATE = "late"
    """It is still on its way when the row ends, and arrives in a row of its own."""
    BLOCKED = "blocked"
    """It never left the network, which answered instead of the service, or refused."""
    NONE = "none"
    """There is none."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an arrival changed at a service: an effect made, undone, or left as it was.

    Attributes:
        sign: ``+`` made, ``-`` undone, empty where nothing changed.
        text: The effect's id, or the status with which nothing was changed.
    """

    sign: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One moment of a timeline.

    Attributes:
        at: Seconds of the world's clock.
        order: The order concerned, empty for none.
        words: The moment as a sentence: the text alternative of the drawing.
        entries: The numbers of the ledger's entries that were written in it.
        broken: The ids of the invariants for which this is the first moment at which they broke.
        number: Its place in the whole timeline, from 0.
    """

    at: float
    order: str
    words: str
    entries: tuple[int, ...] = ()
    broken: tuple[str, ...] = ()
    number: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow(Row):
    """An activity attempt calls a service.

    Attributes:
        activity: The activity, or the operation where the caller is none.
        attempt: Which attempt at it, from 1.
        service: Whose operation it is.
        undoes: Whether the operation is a compensation.
        fault: What the network did to it, empty for nothing.
        request: How far the request came.
        reply: How far the reply came.
        marks: What it changed, once for each delivery.
        outcome: The outcome for the caller, at the end of the call.
        answer: What the caller saw: a status, or a kind of failure.
        begins: Whether it is the first attempt of its activity.
        ends: Whether it is the last.
    """

    activity: str
    attempt: int
    service: str
    undoes: bool
    fault: str
    request: Way
    reply: Way
    marks: tuple[Mark, ...]
    outcome: AttemptOutcome
    answer: str
    begins: bool
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEndRow(Row):
    """A caller has waited, and gets its answer or times out.

    Attributes:
        call: The number of the row in which the call began.
        gives_up: Whether it timed out.
        outcome: What it knows.
        answer: What it saw.
    """

    call: int
    activity: str
    service: str
    gives_up: bool
    outcome: AttemptOutcome
    answer: str
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalRow(Row):
    """A request arrives at its service later than it was sent.

    Attributes:
        call: The number of the row in which it was sent.
        service: Where it arrives.
        zombie: Whether its caller has timed out already.
        marks: What it changed.
    """

    call: int
    service: str
    zombie: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow(Row):
    """A client does something to an order: places it, cancels it, asks for it.

    Attributes:
        does: What.
        answer: The answer that the client got.
        to_network: Whether it is about the network (all faults end), not about a workflow.
    """

    does: str
    answer: str = ""
    to_network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRow(Row):
    """An order's workflow ends, and the clients that wait for it get its result.

    Attributes:
        status: How it ended.
        error: Why it did not complete.
    """

    status: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldRow(Row):
    """The outside world acts: a parcel leaves, a reservation expires."""

    service: str
    marks: tuple[Mark, ...]
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipRow(Row):
    """Rows that are left out.

    Attributes:
        count: How many.
    """

    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, from first to last.

    Attributes:
        services: The services, in the order of a saga's steps.
        orders: The ids of the orders.
        rows: The moments.
        total: How many there were before some were left out.
    """

    services: tuple[str, ...]
    orders: tuple[str, ...]
    rows: tuple[Row, ...]
    total: int

    @property
    def shown(self) -> int:
        """How many moments are not left out."""
        return sum(not isinstance(row, SkipRow) for row in self.rows)
