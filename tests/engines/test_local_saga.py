"""A saga with local activities: the same verdicts on both engines, and what only one can play."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult, run_all
from sagacheck.run.engine_diff import differences
from tests.engines.conftest import Play
from tests.sagas.local import SAGA
from tests.shop import load_text

ORDER = """
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]
"""


def _scenario(name: str, faults: str, expect: str) -> str:
    return f"scenario: {name}\nwhy: w\n{ORDER}faults: {faults}\nexpect: {expect}\n"


BOTH = [
    _scenario("nothing fails", "[]", "{o1: {status: completed}}"),
    _scenario(
        "the reply to the charge is lost",
        "[{on: payments.charge, fault: drop_response}]",
        "{o1: {status: completed}, effects: {payments.charge: 1}}",
    ),
    _scenario(
        "the reservation is refused twice for a while",
        "[{on: inventory.reserve, calls: [1, 2], fault: 503}]",
        "{o1: {status: completed}, calls: {inventory.reserve: 3}}",
    ),
    _scenario(
        "the card is declined",
        "[{on: payments.charge, fault: 402}]",
        "{o1: {status: failed, error: PaymentDeclined}, undone: [inventory.release]}",
    ),
    _scenario(
        "shipping is down",
        "[{on: shipping.create, calls: all, fault: 503}]",
        "{o1: {status: failed}, undone: [payments.refund, inventory.release]}",
    ),
    _scenario(
        "shipping is down, and so are the undos at first",
        "[{on: shipping.create, calls: all, fault: 503}, {on: payments.refund, fault: 500}]",
        "{o1: {status: failed}, effects: {payments.refund: 1}}",
    ),
    _scenario(
        "the worker dies before it orders the parcel",
        "[{on: shipping.create, fault: crash_before}]",
        "{o1: {status: completed}, effects: {shipping.create: 1}}",
    ),
    _scenario(
        "the worker dies after it has ordered the parcel",
        "[{on: shipping.create, fault: crash_after}]",
        "{o1: {status: completed}, effects: {shipping.create: 1}}",
    ),
    _scenario(
        "the workflow is forgotten after a local step and an ordinary one",
        "[{on: payments.charge, fault: evict}, {on: shipping.create, fault: evict}]",
        "{o1: {status: completed}, effects: {payments.charge: 1}}",
    ),
    _scenario(
        "the workflow is forgotten in its rollback",
        "[{on: shipping.create, calls: all, fault: 422}, {on: payments.refund, fault: evict}]",
        "{o1: {status: failed}, undone: [payments.refund, inventory.release]}",
    ),
]

DEATHS = {
    "crash_before": """
scenario: the worker dies before it charges, and its task with it
why: the reservation of the same task has no marker yet, so it is asked for again
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]
faults: [{on: payments.charge, calls: 1, fault: crash_before}]
expect:
  o1: {status: completed}
  calls: {inventory.reserve: 2, payments.charge: 2}
  effects: {inventory.reserve: 1, payments.charge: 1}
""",
    "crash_after": """
scenario: the worker dies after it has charged, and its task with it
why: the charge happened and was not reported; only its key keeps it from being done twice
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]
faults: [{on: payments.charge, calls: 1, fault: crash_after}]
expect:
  o1: {status: completed}
  calls: {inventory.reserve: 2, payments.charge: 2}
  effects: {inventory.reserve: 1, payments.charge: 1}
""",
    "a task with steps and undos": """
scenario: the worker dies while it releases what the same task has reserved
why: steps and undos of one task are all done again, and a key that was undone is not used twice
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]
faults:
  - {on: payments.charge, fault: 402}
  - {on: inventory.release, calls: 1, fault: crash_after}
expect:
  o1: {status: failed, error: KeyCancelled}
  effects: {inventory.reserve: 1, inventory.release: 1}
""",
}


async def _simulated(*texts: str) -> list[ScenarioResult]:
    scenarios = [load_text(text, f"{number}.yaml") for number, text in enumerate(texts, 1)]
    async with SimulatedEngine(SAGA) as engine:
        return list(await run_all(scenarios, engine, SAGA, at_once=1))


def _findings(result: ScenarioResult) -> list[str]:
    broken = [violation.detail for violation in result.violations]
    return broken + [unmet.detail for unmet in result.unmet]


@pytest.mark.asyncio
async def test_both_engines_agree(play: Play) -> None:
    """Faults of all kinds, deaths under ordinary steps, evictions: the same verdict and effects."""
    ours, theirs = await _simulated(*BOTH), await play(*BOTH, saga=SAGA)

    assert [_findings(result) for result in ours] == [[] for _ in BOTH]
    for here, there in zip(ours, theirs, strict=True):
        assert list(differences(here, there)) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("text", DEATHS.values(), ids=list(DEATHS))
async def test_a_death_takes_the_whole_task_back(text: str) -> None:
    """What the task had done is done again, by the same keys."""
    (result,) = await _simulated(text)

    assert _findings(result) == []
    assert result.verdict is Verdict.VALID


@pytest.mark.asyncio
async def test_the_server_engine_says_that_it_cannot_die(play: Play) -> None:
    """The verdict is unknown, and names the activity and what to do."""
    (result,) = await play(DEATHS["crash_after"], saga=SAGA)

    (detail,) = _findings(result)
    assert result.verdict is Verdict.UNKNOWN
    assert "die under the local activity charge_payment" in detail
    assert "use --engine simulated" in detail
