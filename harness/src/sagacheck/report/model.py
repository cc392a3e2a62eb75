"""What a report shows, as plain values: nothing here knows how it is drawn, or how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sagacheck.checks import Verdict
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
    """It never left the network, which answered in the service's stead, or refused."""
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
        entries: The numbers of the ledger' entries that were written in it.
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
        outcome: What the caller knows, by the end of the call.
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
    """A caller has waited, and has its answer or gives up.

    Attributes:
        call: The number of the row in which the call began.
        gives_up: Whether it had no answer.
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
        zombie: Whether its caller has given up already.
        marks: What it changed.
    """

    call: int
    service: str
    zombie: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow(Row):
    """Somebody outside does something to an order: places it, cancels it, asks for it.

    Attributes:
        does: What.
        answer: What came of it.
        to_network: Whether it is about the network (all faults end), not about a workflow.
    """

    does: str
    answer: str = ""
    to_network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRow(Row):
    """An order's workflow ends, and whoever waits for it is told.

    Attributes:
        status: How it ended.
        error: Why it did not complete.
    """

    status: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldRow(Row):
    """The outside world does something by itself: a parcel leaves, a reservation expires."""

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


@dataclass(frozen=True, slots=True)
class Column:
    """A moment at which the ledger is shown.

    Attributes:
        title: What the moment is.
        at: When, as people write it; empty for the beginning and the end.
        row: The number of the timeline's row, ``None`` for the beginning and the end.
    """

    title: str
    at: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger: what something was at each of the columns' moments.

    Attributes:
        name: What it is.
        note: More about it.
        values: One a column.
        blamed: Whether something that is wrong names it.
    """

    name: str
    note: str
    values: tuple[str, ...]
    blamed: bool = False


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """What the services held, before, at moments that matter, and after.

    Attributes:
        columns: The moments.
        groups: Lines by what they are about: orders, effects, money and stock.
        total_moments: How many moments there were before some were left out.
    """

    columns: tuple[Column, ...]
    groups: Mapping[str, tuple[Line, ...]]
    total_moments: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        label: The invariant's id, or what kind of thing was not met.
        rule: The invariant in words, where it is the first finding about it.
        detail: What is wrong.
        at: When it was first so, as people write it.
        row: The number of the timeline's row of that moment.
        line: The line of the scenario's file that it is about.
    """

    label: str
    rule: str
    detail: str
    at: str = ""
    row: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class YamlLine:
    """A line of a scenario file.

    Attributes:
        number: Its number, from 1.
        text: What stands there.
        mark: ``fired``, ``idle`` (a fault or event that never came), ``unmet``, or empty.
        note: What the mark means here.
    """

    number: int
    text: str
    mark: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What became of a scenario on one engine."""

    engine: str
    verdict: Verdict
    seconds: float
    ends: str
    findings: tuple[Finding, ...]
    total_findings: int
    timeline: Timeline
    ledger: LedgerTable
    yaml: tuple[YamlLine, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario and what became of it, on each engine that played it.

    Attributes:
        id: Its place in the page, for links.
        name: What happens.
        why: What it shows.
        file: Where it stands.
        line: The line there.
        theme: The folder.
        covers: The anomalies that it covers.
        verdict: Over all engines.
        tellings: One an engine.
        yaml: The file's text.
        command: The command that runs it again.
    """

    id: str
    name: str
    why: str
    file: str
    line: int
    theme: str
    covers: tuple[str, ...]
    verdict: Verdict
    tellings: tuple[Telling, ...]
    yaml: str
    command: str

    @property
    def broken(self) -> tuple[str, ...]:
        """The ids of the invariants that were broken on any engine, each once."""
        rows = (row for telling in self.tellings for row in telling.timeline.rows)
        return tuple(dict.fromkeys(name for row in rows for name in row.broken))


@dataclass(frozen=True, slots=True)
class BrokenInvariant:
    """An invariant that did not hold, and how often.

    Attributes:
        id: Its id.
        rule: It in words.
        scenarios: In how many scenarios it was broken.
        story: The id of the first.
    """

    id: str
    rule: str
    scenarios: int
    story: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What was explored of one choice at one step.

    Attributes:
        histories: How many histories made it.
        calls: At which calls they did, in words.
        ways: In how many counterexamples it has a part.
        story: The id of the first of them, empty for none.
    """

    histories: int
    calls: str
    ways: int = 0
    story: str = ""


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration tried.

    Attributes:
        histories: How many histories were played.
        violating: How many of them broke an invariant.
        seconds: How long it took.
        faults: At most so many choices a history.
        complete: Whether all of it was searched.
        steps: The operations, and other moments, at which something can happen.
        positions: Where choices strike; each with its choices, each with its cells by step.
        kept: How many counterexamples are shown.
        ways: How many there are.
        unknown: What was to be seen and was not.
    """

    histories: int
    violating: int
    seconds: float
    faults: int
    complete: bool
    steps: tuple[str, ...]
    positions: Mapping[str, Mapping[str, Mapping[str, Cell]]]
    kept: int
    ways: int
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report.

    Attributes:
        verdict: Over everything.
        title: What was examined.
        command: The command that does it again.
        made_at: When it was made, as people write it.
        seconds: How long the run took.
        engines: The engines, in the order of the matrix's columns.
        counts: How many scenarios came out how.
        violating: How many of them break an invariant.
        broken: The invariants that did not hold.
        facts: How many facts were checked.
        invariants: By how many invariants.
        idle: Those of them that had nothing to look at.
        disagreements: What the engines do not agree about.
        stories: The scenarios.
        total: How many scenarios there were before some were left out.
        explored: What was explored, for an exploration: its stories are counterexamples.
    """

    verdict: Verdict
    title: str
    command: str
    made_at: str
    seconds: float
    engines: tuple[str, ...]
    counts: Mapping[Verdict, int]
    violating: int
    broken: tuple[BrokenInvariant, ...]
    facts: int
    invariants: int
    stories: tuple[Story, ...]
    total: int
    idle: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    explored: Explored | None = None

    @property
    def is_merely_unexpected(self) -> bool:
        """Whether no invariant is broken, but some scenario expects something else."""
        return self.verdict is Verdict.INVALID and not self.violating
