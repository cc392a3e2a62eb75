"""Makes the model of a report out of the results of a run."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sagacheck.checks import NO_ORDERS, Verdict
from sagacheck.report.findings import findings_in, first_moment, rule_of
from sagacheck.report.ledger_table import ledger_table_of
from sagacheck.report.page_model import BrokenInvariant, EngineSection, Page, ScenarioSection
from sagacheck.report.run_header import RunHeader
from sagacheck.report.timeline import Timeline, rows_of, trimmed
from sagacheck.report.yaml_lines import text_of, yaml_lines
from sagacheck.run import ScenarioResult

MAX_FINDINGS = 25
"""So many findings of one scenario are shown."""
MAX_SCENARIOS = 2000
"""So many scenarios are shown, the worst first."""
_SEVERITY = {Verdict.INVALID: 0, Verdict.UNKNOWN: 1, Verdict.VALID: 2}


def page_of(results: Sequence[ScenarioResult], header: RunHeader) -> Page:
    """The report of a run of scenarios."""
    by_scenario: dict[int, list[ScenarioResult]] = {}
    for result in results:
        by_scenario.setdefault(id(result.scenario), []).append(result)
    groups = sorted(by_scenario.values(), key=_weight)
    sections = tuple(
        section_of(group, anchor=f"s{number}", again=header.again)
        for number, group in enumerate(groups[:MAX_SCENARIOS], 1)
    )
    checked: Counter[str] = Counter()
    for result in results:
        checked.update(result.facts)
    return Page(
        verdict=header.verdict or _verdict_over_all(results, header),
        title=_title(results),
        command=header.command,
        made_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        seconds=header.seconds,
        engines=tuple(dict.fromkeys(result.engine for result in results)),
        counts=Counter(_verdict_of(group) for group in groups),
        violating=sum(any(each.violations for each in group) for group in groups),
        broken=tuple(_broken(groups[:MAX_SCENARIOS])),
        facts=sum(checked.values()),
        invariants=len(checked),
        idle=tuple(name for name, count in checked.items() if not count),
        scenarios=sections,
        total=len(groups),
        engine_diff=header.engine_diff,
        orders=sum((result.orders for result in results), NO_ORDERS),
    )


def _title(results: Sequence[ScenarioResult]) -> str:
    sagas = {result.trial.saga.workflow_name for result in results}
    return f"{' and '.join(sorted(sagas)) or 'No saga'} under failure"


def _verdict_over_all(results: Sequence[ScenarioResult], header: RunHeader) -> Verdict:
    agreement = Verdict.UNKNOWN if header.engine_diff else Verdict.VALID
    return Verdict.merge([agreement, *(result.verdict for result in results)])


def section_of(
    results: Sequence[ScenarioResult], *, anchor: str, again: Sequence[str] = ()
) -> ScenarioSection:
    """The result of one scenario on the engines that played it.

    Args:
        results: One for each engine.
        anchor: The id of the section in the page.
        again: The options with which a command repeats it.
    """
    scenario = results[0].scenario
    text = text_of(scenario.file)
    words = ["sagacheck", "run", scenario.file, *again]
    return ScenarioSection(
        id=anchor,
        name=scenario.name,
        why=scenario.why,
        file=scenario.file,
        line=scenario.place.line,
        theme=results[0].theme,
        covers=scenario.covers,
        verdict=_verdict_of(results),
        by_engine=tuple(_engine_section(result, text) for result in results),
        yaml=text,
        command=shlex.join(words),
    )


def _weight(results: Sequence[ScenarioResult]) -> tuple[int, bool, bool, int]:
    """The worst first, and of those the clearest: an invariant is broken, and little happened."""
    worlds = [result.trial.world for result in results]
    is_broken = any(result.violations for result in results)
    has_effects = any(world.ledger.effects for world in worlds)
    moments = sum(len(world.journal) for world in worlds)
    return _SEVERITY[_verdict_of(results)], not is_broken, not has_effects, moments


def _verdict_of(results: Sequence[ScenarioResult]) -> Verdict:
    return Verdict.merge(result.verdict for result in results)


def _engine_section(result: ScenarioResult, text: str) -> EngineSection:
    trial = result.trial
    every_row = rows_of(trial)
    at_row = {id(each): first_moment(each, every_row) for each in result.violations}
    marked = list(every_row)
    for violation in result.violations:
        index = at_row[id(violation)]
        if index is not None and violation.invariant not in marked[index].broken:
            row = marked[index]
            marked[index] = replace(row, broken=(*row.broken, violation.invariant))
    shown = trimmed(marked)
    findings = tuple(findings_in(result, [at_row[id(v)] for v in result.violations]))
    return EngineSection(
        engine=result.engine,
        verdict=result.verdict,
        seconds=result.seconds,
        ends=result.endings,
        findings=findings[:MAX_FINDINGS],
        total_findings=len(findings),
        timeline=Timeline(
            services=tuple(trial.network.operations.services),
            orders=tuple(order.id for order in trial.orders),
            rows=shown,
            total=len(every_row),
        ),
        ledger=ledger_table_of(trial, marked, result.violations),
        yaml=yaml_lines(text, trial, result.unmet),
    )


def _broken(groups: Sequence[Sequence[ScenarioResult]]) -> Iterator[BrokenInvariant]:
    first: dict[str, str] = {}
    scenarios: Counter[str] = Counter()
    for number, group in enumerate(groups, 1):
        for invariant in {each.invariant for result in group for each in result.violations}:
            first.setdefault(invariant, f"s{number}")
            scenarios[invariant] += 1
    for invariant in sorted(scenarios, key=lambda name: -scenarios[name]):
        yield BrokenInvariant(invariant, rule_of(invariant), scenarios[invariant], first[invariant])
