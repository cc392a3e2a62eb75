"""The report of an exploration: what was tried where, and each counterexample played once more."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sagacheck.checks import Verdict
from sagacheck.engines import open_engine
from sagacheck.explore import WORLD, Exploration, Saved
from sagacheck.language import load
from sagacheck.network import FAULTS
from sagacheck.report.build_model import page_of
from sagacheck.report.model import Cell, Explored, Page
from sagacheck.report.page import write_report
from sagacheck.report.run_facts import RunFacts
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest

_CLIENT, _WORLD = "the client", "the world"


def write_exploration_report(  # noqa: PLR0913 - a search has that many sides, all of them named
    exploration: Exploration,
    saved: Sequence[Saved],
    *,
    saga: SagaUnderTest,
    verdict: Verdict,
    command: str,
    again: Sequence[str],
    folder: Path,
) -> Path:
    """Write the report of a search into `folder`; returns the file.

    Args:
        exploration: What came of the search.
        saved: Its counterexamples.
        saga: The saga that they were found in.
        verdict: What the search comes to.
        command: The command that repeats it.
        again: The options that a command needs to run a counterexample again.
        folder: Where the page goes.
    """
    results = asyncio.run(_played(saved, saga)) if saved else []
    facts = RunFacts(command, tuple(again), exploration.seconds)
    page = replace(page_of(results, facts), verdict=verdict)
    return write_report(replace(page, explored=explored(exploration, saved, page)), folder)


async def _played(saved: Sequence[Saved], saga: SagaUnderTest) -> list[ScenarioResult]:
    scenarios = load([each.file for each in saved], saga.dialect)
    async with open_engine("simulated", saga) as engine:
        return await run_all(scenarios, engine, saga, at_once=1)


def explored(exploration: Exploration, saved: Sequence[Saved], page: Page) -> Explored:
    """What was explored, with links to the counterexamples that `page` tells."""
    findings = exploration.findings
    story_at = {story.file: story.id for story in page.stories}
    ways: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for each in saved:
        for label in dict.fromkeys(each.counterexample.labels):
            ways[label] += 1
            first.setdefault(label, story_at.get(str(each.file), ""))
    calls: dict[tuple[str, str], dict[int, int]] = {}
    for (where, what, number), count in findings.choices.items():
        calls.setdefault((where, what), {})[number] = count
    rows: dict[str, dict[str, dict[str, Cell]]] = {}
    for (where, what), counts in calls.items():
        label = (where, what)
        cell = Cell(sum(counts.values()), _by_call(counts), ways[label], first.get(label, ""))
        rows.setdefault(_position(where, what), {}).setdefault(what, {})[where] = cell
    return Explored(
        histories=findings.histories,
        violating=findings.violating,
        seconds=exploration.seconds,
        faults=exploration.search.faults,
        complete=exploration.complete,
        steps=tuple(dict.fromkeys(where for where, _ in calls)),
        positions=rows,
        kept=len(saved),
        ways=len(findings.counterexamples),
        unknown=tuple(findings.unknown),
    )


def _by_call(counts: Mapping[int, int]) -> str:
    """How often a choice was made at each call, in words."""
    return ", ".join(
        f"call {number}: {count:,}" if number else f"{count:,}"
        for number, count in sorted(counts.items())
    )


def _position(where: str, what: str) -> str:
    """Where a choice strikes, seen from the effect of the call."""
    name = re.match(r"\w+", what)
    kind = FAULTS.get(name[0]) if name else None
    if kind is not None:
        return str(kind.position)
    return _WORLD if where == WORLD else _CLIENT
