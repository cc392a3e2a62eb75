"""The whole catalogue with a naive saga: what it breaks is what the README says."""

from __future__ import annotations

import asyncio
import re
import ssl
from functools import cache
from pathlib import Path

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine
from sagacheck.output import failure_lines
from sagacheck.run import ScenarioResult, run_all
from tests.sagas import naive
from tests.shop import load

README = Path(__file__).parents[2] / "README.md"
ROW = re.compile(r"\| (?P<what>[^|]+) \| `(?P<scenario>[^|`]+)` \| (?P<fact>I\d+: [^|]+) \|")
ROWS = [row.groupdict() for row in ROW.finditer(README.read_text(encoding="utf-8"))]
BROKEN = {"I2", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I17", "I21"}
"""All but those that the services themselves see to, and those about how workflows are written."""


def _name(result: ScenarioResult) -> str:
    """The scenario as the README calls it."""
    file = Path(result.scenario.file)
    return f"{file.parent.name}/{file.stem}"


@pytest.fixture(scope="module", name="results")
def _results() -> dict[str, ScenarioResult]:
    """What becomes of the catalogue, by the scenarios' short names."""

    async def run() -> list[ScenarioResult]:
        async with SimulatedEngine(naive.SAGA) as engine:
            return await run_all(load(), engine, naive.SAGA, at_once=1)

    with pytest.MonkeyPatch.context() as patch:
        # This saga makes a client for each call, and each client would read all certificates.
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        return {_name(result): result for result in asyncio.run(run())}


def test_the_readme_has_facts() -> None:
    """Its table was found, so that what follows checks something."""
    assert len(ROWS) >= 7


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"].replace(" ", "-"))
def test_each_fact_of_the_readme_is_found(
    row: dict[str, str], results: dict[str, ScenarioResult]
) -> None:
    """The scenario shows it, in these words."""
    result = results[row["scenario"]]

    found = [re.sub(r"^(I\d+) at [\d.]+ s:", r"\1:", each) for each in failure_lines(result)]
    assert row["fact"] in found
    assert result.verdict is Verdict.INVALID


def test_it_breaks_what_a_saga_can_break(results: dict[str, ScenarioResult]) -> None:
    """The catalogue finds all of these, and blames it for nothing that is not its doing."""
    broken = {each.invariant for result in results.values() for each in result.violations}

    assert broken == BROKEN


def test_about_half_of_the_scenarios_break_an_invariant(
    results: dict[str, ScenarioResult],
) -> None:
    """As the README says; hardly any scenario leaves it as it should be, though."""
    broken = sum(bool(result.violations) for result in results.values())
    valid = sum(result.verdict is Verdict.VALID for result in results.values())

    assert "in about half of the scenarios of the catalogue" in README.read_text(encoding="utf-8")
    assert 0.4 < broken / len(results) < 0.6
    assert valid / len(results) < 0.2
