"""The report of an exploration: what was tried where, and each counterexample played again."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sagacheck.engines import open_engine
from sagacheck.explore import WORLD, Exploration, Label, Saved
from sagacheck.language import load
from sagacheck.network import FAULTS
from sagacheck.report.build_model import page_of
from sagacheck.report.page_model import Cell, Explored, Page
from sagacheck.report.rendering import write_report
from sagacheck.report.run_header import RunHeader
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest

_CLIENT, _WORLD = "the client", "the world"


def write_exploration_report(
    exploration: Exploration,
    saved: Sequence[Saved],
    header: RunHeader,
    *,
    saga: SagaUnderTest,
    folder: Path,
) -> Path:
    """Write the report of a search into `folder`; returns the file.

    Args:
        exploration: The result of the search.
        saved: Its counterexamples.
        header: The top of the page.
        saga: The saga that they were found in.
        folder: Where the page goes.
    """
    results = asyncio.run(_played(saved, saga)) if saved else []
    page = page_of(results, header)
    page = replace(
        page,
        explored=explored(exploration, saved, page),
        orders=exploration.tally.orders,
    )
    return write_report(page, folder)


async def _played(saved: Sequence[Saved], saga: SagaUnderTest) -> list[ScenarioResult]:
    scenarios = load([each.file for each in saved], saga.dialect)
    async with open_engine("simulated", saga) as engine:
        return await run_all(scenarios, engine, saga, at_once=1)


def explored(exploration: Exploration, saved: Sequence[Saved], page: Page) -> Explored:
    """What was explored, with links to the counterexamples on `page`."""
    tally = exploration.tally
    return Explored(
        histories=tally.histories,
        violating=tally.violating,
        seconds=exploration.seconds,
        faults=exploration.search.faults,
        complete=exploration.complete,
        steps=tuple(dict.fromkeys(where for where, _, _ in tally.choices)),
        positions=_cells(exploration, saved, page),
        kept=len(saved),
        ways=len(tally.counterexamples),
        findings=len(exploration.findings),
        unknown=tuple(filter(None, (exploration.why_vacuous, *tally.unknown))),
    )


def _cells(
    exploration: Exploration, saved: Sequence[Saved], page: Page
) -> dict[str, dict[str, dict[str, Cell]]]:
    """A cell for each choice at each step, by its position, by what happens and by the step."""
    section_of = {section.file: section.id for section in page.scenarios}
    ways: Counter[Label] = Counter()
    first: dict[Label, str] = {}
    for each in saved:
        for label in dict.fromkeys(each.counterexample.labels):
            ways[label] += 1
            first.setdefault(label, section_of.get(str(each.file), ""))
    calls: dict[Label, dict[int, int]] = {}
    for (where, what, number), count in exploration.tally.choices.items():
        calls.setdefault((where, what), {})[number] = count
    cells: dict[str, dict[str, dict[str, Cell]]] = {}
    for label, counts in calls.items():
        where, what = label
        cell = Cell(sum(counts.values()), _by_call(counts), ways[label], first.get(label, ""))
        cells.setdefault(_position(where, what), {}).setdefault(what, {})[where] = cell
    return cells


def _by_call(counts: Mapping[int, int]) -> str:
    """How often a choice was made at each call, in words."""
    return ", ".join(
        f"call {number}: {count:,}" if number else f"{count:,}"
        for number, count in sorted(counts.items())
    )


def _position(where: str, what: str) -> str:
    """Where a choice acts, relative to the effect of the call."""
    name = re.match(r"\w+", what)
    kind = FAULTS.get(name[0]) if name else None
    if kind is not None:
        return str(kind.position)
    return _WORLD if where == WORLD else _CLIENT
