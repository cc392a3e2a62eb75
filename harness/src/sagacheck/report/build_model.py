"""Makes the model of a report out of the results of a run."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePath

from sagacheck.checks import INVARIANTS, Verdict, Violation
from sagacheck.report.amounts import clock
from sagacheck.report.ledger_table import ledger_table_of
from sagacheck.report.model import (
    BrokenInvariant,
    EndRow,
    Finding,
    Page,
    Row,
    Story,
    Telling,
    Timeline,
)
from sagacheck.report.rows import rows_of
from sagacheck.report.run_facts import RunFacts
from sagacheck.report.trimming import trimmed
from sagacheck.report.yaml_lines import text_of, yaml_lines
from sagacheck.run import ScenarioResult

MAX_FINDINGS = 25
"""So many findings of one scenario are shown."""
MAX_STORIES = 2000
"""So many scenarios are shown, the worst first."""
_SEVERITY = {Verdict.INVALID: 0, Verdict.UNKNOWN: 1, Verdict.VALID: 2}


def page_of(results: Sequence[ScenarioResult], facts: RunFacts) -> Page:
    """The report of a run of scenarios."""
    by_scenario: dict[int, list[ScenarioResult]] = {}
    for result in results:
        by_scenario.setdefault(id(result.scenario), []).append(result)
    groups = sorted(by_scenario.values(), key=_weight)
    stories = tuple(
        story_of(group, id=f"s{number}", again=facts.again)
        for number, group in enumerate(groups[:MAX_STORIES], 1)
    )
    checked: Counter[str] = Counter()
    for result in results:
        checked.update(result.facts)
    agreement = Verdict.UNKNOWN if facts.disagreements else Verdict.VALID
    return Page(
        verdict=Verdict.merge([agreement, *(result.verdict for result in results)]),
        title=_title(results),
        command=facts.command,
        made_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        seconds=facts.seconds,
        engines=tuple(dict.fromkeys(result.engine for result in results)),
        counts=Counter(_verdict_of(group) for group in groups),
        violating=sum(any(each.violations for each in group) for group in groups),
        broken=tuple(_broken(groups[:MAX_STORIES])),
        facts=sum(checked.values()),
        invariants=len(checked),
        idle=tuple(name for name, count in checked.items() if not count),
        stories=stories,
        total=len(groups),
        disagreements=facts.disagreements,
    )


def _title(results: Sequence[ScenarioResult]) -> str:
    sagas = {result.trial.saga.workflow_name for result in results}
    return f"{' and '.join(sorted(sagas)) or 'No saga'} under failure"


def story_of(results: Sequence[ScenarioResult], *, id: str, again: Sequence[str] = ()) -> Story:  # noqa: A002 - it is one
    """What became of one scenario on the engines that played it."""
    scenario = results[0].scenario
    text = text_of(scenario.file)
    words = ["sagacheck", "run", scenario.file, *again]
    return Story(
        id=id,
        name=scenario.name,
        why=scenario.why,
        file=scenario.file,
        line=scenario.place.line,
        theme=PurePath(scenario.file).parent.name,
        covers=scenario.covers,
        verdict=_verdict_of(results),
        tellings=tuple(_telling_of(result, text) for result in results),
        yaml=text,
        command=shlex.join(words),
    )


def rule_of(invariant: str) -> str:
    """What an invariant means, as a sentence goes on behind its id; empty for any other id."""
    meaning = INVARIANTS[invariant].meaning if invariant in INVARIANTS else ""
    return meaning[:1].lower() + meaning[1:]


def _weight(results: Sequence[ScenarioResult]) -> tuple[int, bool, bool, int]:
    """The worst first, and of those what is most telling: something broke, of something, soon."""
    worlds = [result.trial.world for result in results]
    is_broken = any(result.violations for result in results)
    has_effects = any(world.ledger.effects for world in worlds)
    moments = sum(len(world.journal) for world in worlds)
    return _SEVERITY[_verdict_of(results)], not is_broken, not has_effects, moments


def _verdict_of(results: Sequence[ScenarioResult]) -> Verdict:
    return Verdict.merge(result.verdict for result in results)


def _telling_of(result: ScenarioResult, text: str) -> Telling:
    trial = result.trial
    every_row = rows_of(trial)
    at_row = {id(each): _row_of(each, every_row) for each in result.violations}
    marked = list(every_row)
    for violation in result.violations:
        index = at_row[id(violation)]
        if index is not None and violation.invariant not in marked[index].broken:
            row = marked[index]
            marked[index] = replace(row, broken=(*row.broken, violation.invariant))
    shown = trimmed(marked)
    findings = tuple(_findings(result, [at_row[id(v)] for v in result.violations]))
    return Telling(
        engine=result.engine,
        verdict=result.verdict,
        seconds=result.seconds,
        ends=ends_of(result),
        findings=findings[:MAX_FINDINGS],
        total_findings=len(findings),
        timeline=Timeline(
            services=tuple(trial.network.operations.services),
            orders=tuple(order.id for order in trial.scenario.orders),
            rows=shown,
            total=len(every_row),
        ),
        ledger=ledger_table_of(trial, marked, result.violations),
        yaml=yaml_lines(text, trial, result.unmet),
    )


def ends_of(result: ScenarioResult) -> str:
    """How the orders ended: ``failed``, or ``2 completed, failed``."""
    counts = Counter(str(outcome.status) for outcome in result.trial.outcomes.values())
    return ", ".join(f"{n} {status}" if n > 1 else status for status, n in counts.items())


def _row_of(violation: Violation, rows: Sequence[Row]) -> int | None:
    """The moment at which an invariant first broke: by the ledger' entry, else by its time."""
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


def _findings(result: ScenarioResult, rows: Sequence[int | None]) -> Iterator[Finding]:
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


def _broken(groups: Sequence[Sequence[ScenarioResult]]) -> Iterator[BrokenInvariant]:
    first: dict[str, str] = {}
    scenarios: Counter[str] = Counter()
    for number, group in enumerate(groups, 1):
        for invariant in {each.invariant for result in group for each in result.violations}:
            first.setdefault(invariant, f"s{number}")
            scenarios[invariant] += 1
    for invariant in sorted(scenarios, key=lambda name: -scenarios[name]):
        yield BrokenInvariant(invariant, rule_of(invariant), scenarios[invariant], first[invariant])
