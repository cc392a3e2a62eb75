"""Sagas that are not ours run as they are."""

from __future__ import annotations

import base64
import json

import pytest

from sagacheck.checks import Verdict
from sagacheck.run import ScenarioResult
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.sagas.small import RESERVES, THREADED
from tests.sagas.unsandboxed import SAGA as UNSANDBOXED

SCENARIO = """
scenario: three pieces
why: w
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 3, price: "19.99"}]
faults: [{on: inventory.reserve, fault: drop_response}]
expect:
  o1: {status: completed}
  calls: {inventory.reserve: 2}
  effects: {inventory.reserve: 1}
"""


def _findings(result: ScenarioResult) -> list[str]:
    broken = [violation.detail for violation in result.violations]
    return broken + [unmet.detail for unmet in result.unmet]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("saga", "sandboxed"),
    [(RESERVES, True), (THREADED, True), (UNSANDBOXED, False)],
    ids=["async", "threads", "unsandboxed"],
)
async def test_any_saga_talks_to_the_fakes(
    play: Play, saga: SagaUnderTest, sandboxed: bool
) -> None:
    """Coroutines, threads, files that the sandbox cannot import: a lost reply is lost to each."""
    (result,) = await play(SCENARIO, saga=saga)

    assert _findings(result) == []
    assert result.verdict is Verdict.VALID
    assert saga.sandboxed is sandboxed


@pytest.mark.asyncio
async def test_prices_are_numbers_where_the_hints_say_float(play: Play) -> None:
    """A saga whose type hints say float is sent JSON numbers, and computes with them."""
    (result,) = await play(SCENARIO, saga=RESERVES)

    events = json.loads(result.trial.outcomes["o1"].history)["events"]
    (sent,) = events[0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    total = result.trial.outcomes["o1"].ending.result["total"]
    assert '"price":19.99' in _decoded(sent["data"])
    assert total == pytest.approx(59.97)


@pytest.mark.asyncio
async def test_prices_are_decimal_strings_for_our_saga(play: Play) -> None:
    """Our saga asks for decimals, and gets them as strings, exact to the cent."""
    (result,) = await play(SCENARIO)

    events = json.loads(result.trial.outcomes["o1"].history)["events"]
    (sent,) = events[0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    assert _findings(result) == []
    assert '"price":"19.99"' in _decoded(sent["data"])


def _decoded(data: str) -> str:
    return base64.b64decode(data).decode()
