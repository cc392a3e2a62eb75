"""What a page shows, as plain values, without how it is rendered or where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagacheck.checks import NO_ORDERS, OrderCount, Verdict
from sagacheck.report.ledger_table import LedgerTable
from sagacheck.report.timeline import Timeline


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
class EngineSection:
    """The result of a scenario on one engine."""

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
class ScenarioSection:
    """A scenario and its result on each engine that played it.

    Attributes:
        id: Its place in the page, for links.
        name: What happens.
        why: Why it matters.
        file: Where it stands.
        line: The line there.
        theme: The folder.
        covers: The anomalies that it covers.
        verdict: Over all engines.
        by_engine: One section for each engine.
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
    by_engine: tuple[EngineSection, ...]
    yaml: str
    command: str

    @property
    def broken(self) -> tuple[str, ...]:
        """The ids of the invariants that were broken on any engine, each once."""
        rows = (row for each in self.by_engine for row in each.timeline.rows)
        return tuple(dict.fromkeys(name for row in rows for name in row.broken))


@dataclass(frozen=True, slots=True)
class BrokenInvariant:
    """An invariant that did not hold, and how often.

    Attributes:
        id: Its id.
        rule: It in words.
        scenarios: In how many scenarios it was broken.
        first: The id of the first of their sections.
    """

    id: str
    rule: str
    scenarios: int
    first: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What was explored of one choice at one step.

    Attributes:
        histories: How many histories made it.
        calls: At which calls they did, in words.
        ways: In how many counterexamples it has a part.
        first: The id of the section of the first of them, empty for none.
    """

    histories: int
    calls: str
    ways: int = 0
    first: str = ""


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
        positions: Where choices act; each with its choices, each with its cells by step.
        kept: How many counterexamples are shown.
        ways: How many there are.
        findings: How many causes they have.
        unknown: Observations that were expected and are missing.
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
    findings: int = 0
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report.

    Attributes:
        verdict: Over all.
        title: What was tested.
        command: The command that repeats it.
        made_at: When it was made, as people write it.
        seconds: How long the run took.
        engines: The engines, in the order of the matrix's columns.
        counts: How many scenarios came out how.
        violating: How many of them break an invariant.
        broken: The invariants that did not hold.
        facts: How many facts were checked.
        invariants: By how many invariants.
        idle: Those of them that had nothing to look at.
        engine_diff: Where the engines disagree, a line each.
        scenarios: The sections of the scenarios.
        total: How many scenarios there were before some were left out.
        orders: How many orders completed.
        explored: What was explored, for an exploration: its scenarios are counterexamples.
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
    scenarios: tuple[ScenarioSection, ...]
    total: int
    idle: tuple[str, ...] = ()
    engine_diff: tuple[str, ...] = ()
    orders: OrderCount = NO_ORDERS
    explored: Explored | None = None

    @property
    def is_merely_unexpected(self) -> bool:
        """Whether no invariant is broken, but some scenario expects something else."""
        return self.verdict is Verdict.INVALID and not self.violating
