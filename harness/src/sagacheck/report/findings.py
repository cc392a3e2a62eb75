"""What is wrong with a result: each violation with the moment at which it first broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagacheck.checks import INVARIANTS, Violation
from sagacheck.report.amounts import clock
from sagacheck.report.page_model import Finding
from sagacheck.report.timeline import EndRow, Row
from sagacheck.run import ScenarioResult


def rule_of(invariant: str) -> str:
    """What an invariant means, as a sentence goes on behind its id; empty for any other id."""
    meaning = INVARIANTS[invariant].meaning if invariant in INVARIANTS else ""
    return meaning[:1].lower() + meaning[1:]


def first_moment(violation: Violation, rows: Sequence[Row]) -> int | None:
    """The moment at which an invariant first broke: by its entry in the ledger or by its time."""
    if violation.entry is not None:
        for index, row in enumerate(rows):
            if violation.entry in row.entries:
                return index
    if violation.at is None:
        return len(rows) - 1 if rows else None
    ends = [
        index
        for index, row in enumerate(rows)
        if isinstance(row, EndRow) and row.order == violation.order and row.at == violation.at
    ]
    before = [index for index, row in enumerate(rows) if row.at <= violation.at]
    return max(ends or before, default=None)


def findings_in(result: ScenarioResult, rows: Sequence[int | None]) -> Iterator[Finding]:
    """What is wrong, in the order of time; `rows` are the moments of the violations."""
    explained: set[str] = set()
    found = zip(result.violations, rows, strict=True)
    for violation, row in sorted(found, key=lambda pair: -1 if pair[1] is None else pair[1]):
        is_new = violation.invariant not in explained
        explained.add(violation.invariant)
        yield Finding(
            label=violation.invariant,
            rule=rule_of(violation.invariant) if is_new else "",
            detail=violation.detail,
            at="the end" if violation.at is None else clock(violation.at),
            row=row,
        )
    for unmet in result.unmet:
        yield Finding(label=str(unmet.kind), rule="", detail=unmet.detail, line=unmet.line)
