"""Sagas as others write them: the right one is valid, and the bug of the other is found."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from sagacheck.checks import OrderStatus
from sagacheck.engines import embedded_server
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.explore import Search, explore
from sagacheck.explore.tally import Tally
from sagacheck.language import Scenario, load_text, plain_orders
from sagacheck.run import LocalPlayer, ScenarioResult, TrialResult, run_all
from tests.shapes.shapes import FOLDER, SHAPES, Shape

Seen = tuple[str, tuple[str, ...], OrderStatus, tuple[str, ...]]
MOST_LINES = 15
"""Of code that a team writes for the harness, with its imports."""


def search(shape: Shape, name: str) -> Tally:
    """Every history with at most one fault."""
    saga = shape.saga(name)
    base = plain_orders(1, saga.dialect)
    return explore(Search(base=base, saga_reference=shape.reference(name), faults=1)).tally


def glue(file: Path) -> list[str]:
    """The lines that a team writes: neither comments nor the saga with the bug."""
    lines = (each.strip() for each in file.read_text(encoding="utf-8").splitlines())
    code = [each for each in lines if each and not each.startswith(('"""', "#"))]
    return [each for each in code if "replace" not in each]


def test_each_folder_is_in_the_table() -> None:
    """No shape lies there untested."""
    folders = {each.parent.name for each in FOLDER.glob("*/saga.py")}

    assert folders == {each.name for each in SHAPES}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_right_saga_survives_any_one_fault(shape: Shape) -> None:
    """Nothing is wrong with it, and its orders complete."""
    tally = search(shape, "SAGA")

    assert [str(each.violation) for each in tally.smallest_first()] == []
    assert tally.histories > 40
    assert tally.orders.completed > tally.histories / 2


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_one_fault_shows_the_bug(shape: Shape) -> None:
    """The invariant is named, and the fault that shows it."""
    found = {
        (each.violation.invariant, choice): each.violation.detail
        for each in search(shape, "BUGGY").smallest_first()
        for choice in map(str, each.history)
    }

    assert (shape.breaks, shape.fault) in found
    assert shape.detail in found[shape.breaks, shape.fault]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_glue_is_short(shape: Shape) -> None:
    """Fifteen lines, and no more."""
    lines = glue(FOLDER / shape.name / "saga.py")

    assert len(lines) <= MOST_LINES, "\n".join(lines)


def test_both_engines_agree_on_all_of_them() -> None:
    """The right sagas without a fault, and with the reply of their first step lost."""
    simulated = [seen(shape.name, played_here(shape)) for shape in SHAPES]

    assert asyncio.run(played_on_a_server()) == simulated
    assert {each[1:3] for each in simulated} == {((), OrderStatus.COMPLETED)}


def played_here(shape: Shape) -> list[TrialResult]:
    """Both scenarios in virtual time."""
    with LocalPlayer(shape.saga()).ready():
        return [LocalPlayer(shape.saga()).play(each) for each in scenarios_of(shape)]


async def played_on_a_server() -> list[Seen]:
    """Both scenarios of all shapes on one Temporal server."""
    numbers, all_seen = count(1), []
    async with asyncio.timeout(300), embedded_server() as address:
        for shape in SHAPES:
            saga = shape.saga()
            engine = ServerEngine(saga, address=address, skips_time=True, numbers=numbers)
            async with engine:
                results = await run_all(scenarios_of(shape), engine, saga, at_once=2)
            all_seen.append(seen(shape.name, results))
    return all_seen


def seen(name: str, results: Sequence[ScenarioResult | TrialResult]) -> Seen:
    """What both engines must agree on."""
    trials = [each.trial for each in results if each.trial is not None]
    broken = tuple(found.invariant for each in results for found in each.violations)
    (status,) = {each.outcomes["o1"].status for each in trials}
    calls = tuple(f"{a.operation} {a.outcome}" for each in trials for a in each.world.journal)
    return name, broken, status, calls


def scenarios_of(shape: Shape) -> list[Scenario]:
    """Without a fault, and with the reply of the first step lost."""
    dialect = shape.saga().dialect
    step = dialect.operations.creates[0].name
    plain = "scenario: s\nwhy: w\norders: [{id: o1}]\nexpect: {o1: {status: any}}\n"
    lost = f"faults: [{{on: {step}, fault: drop_response}}]\n"
    return [load_text(text, dialect=dialect) for text in (plain, plain + lost)]
