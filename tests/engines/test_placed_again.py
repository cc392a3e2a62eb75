"""Orders placed again with another content or as another order, and starts of workflows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from temporalio.common import WorkflowIDReusePolicy

from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from scenarios.goods import Order
from tests.sagas.approval import APPROVED
from tests.shop import load_text

On = Callable[..., Awaitable[Sequence[ScenarioResult]]]
RUNS_AGAIN = replace(APPROVED, id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE)

CHANGED_AFTER_ITS_END = """
scenario: an order is placed again with more goods, once nobody has approved the first
why: w
given: {stock: {WIDGET: 5}}
orders: [{id: o1}]
events:
  - submit: o1
    changes: {items: [{sku: WIDGET, quantity: 3, price: "1.00"}]}
    when: {at: 4h}
expect:
  o1: {status: failed}
"""
CHANGED_WHILE_IT_RUNS = """
scenario: an order is placed again with more goods while the first one is open
why: w
given: {stock: {WIDGET: 5}}
orders: [{id: o1}]
events:
  - submit: o1
    changes: {items: [{sku: WIDGET, quantity: 3, price: "1.00"}]}
    when: {at: 1h}
expect:
  o1: {status: failed}
"""
FAR_LATER = """
scenario: another order is placed five hours later, and cancelled after its second attempt
why: w
orders: [{id: o1}]
faults:
  - {on: shipping.create, order: o2, calls: [1, 2], fault: 503}
events:
  - {submit: o1, as: o2, when: {at: 5h}}
  - {cancel: o2, when: {after: shipping.create, call: 2}}
expect:
  o1: {status: completed}
  o2: {status: failed}
  statuses: {completed: 1, failed: 1}
"""
NEVER_PLACED = """
scenario: another order is to be placed at a call that nobody makes
why: w
orders: [{id: o1}]
events:
  - {submit: o1, as: o2, when: {after: payments.refund}}
expect:
  o1: {status: completed}
"""
TIMED_OUT = """
scenario: the run of an order times out while it waits, and leaves its goods
why: w
orders: [{id: o1, start: {run_timeout: 1h}}]
expect:
  o1: {status: timed_out}
"""
RUN_AGAIN = """
scenario: the run of an order times out twice, and the second one finds its reservation
why: w
orders: [{id: o1, start: {execution_timeout: 10h, run_timeout: 2h, retry_policy: RETRY}}]
expect:
  o1: {status: timed_out}
  effects: {inventory.reserve: 1}
  calls: {inventory.reserve: 2}
""".replace("RETRY", "{maximum_attempts: 2, initial_interval: 10s}")


async def simulated(*texts: str, saga: SagaUnderTest = SAGA) -> Sequence[ScenarioResult]:
    """Play scenarios in virtual time."""
    scenarios = [load_text(text, dialect=saga.dialect) for text in texts]
    async with SimulatedEngine(saga) as engine:
        return await run_all(scenarios, engine, saga, at_once=1)


@pytest.fixture(params=["simulated", "server"])
def on(request: pytest.FixtureRequest) -> Any:
    """Plays scenarios on an engine."""
    return simulated if request.param == "simulated" else request.getfixturevalue("play")


def broken(result: ScenarioResult) -> set[str]:
    """The invariants that are broken, and what is missing."""
    return {each.invariant for each in result.violations} | {u.detail for u in result.unmet}


@pytest.mark.asyncio
async def test_a_new_run_runs_with_what_it_was_placed_with(on: On) -> None:
    """Where the first run has ended, the changed order is the order from then on.

    This saga takes the same key for it, and that is wrong; and its two clients see two ends.
    """
    (result,) = await on(CHANGED_AFTER_ITS_END, saga=RUNS_AGAIN)

    (order,) = result.trial.orders
    assert broken(result) == {"I9", "I13"}
    assert isinstance(order, Order)
    assert order.lines == {"WIDGET": 3}
    assert str(result.trial.events[0].answer) == "started"


@pytest.mark.asyncio
async def test_an_open_run_goes_on_with_what_it_was_placed_with(on: On) -> None:
    """A client that places another content under the id of an open run joins that run."""
    (result,) = await on(CHANGED_WHILE_IT_RUNS, saga=APPROVED)

    (order,) = result.trial.orders
    assert broken(result) == set()
    assert order.lines == {"WIDGET": 1}
    assert str(result.trial.events[0].answer) == "joined the open run of another content"


@pytest.mark.asyncio
async def test_another_order_is_placed_when_its_time_has_come(on: On) -> None:
    """It has its own calls and events, even where the first order has ended long before."""
    (result,) = await on(FAR_LATER)

    assert broken(result) == set()
    first = next(a.sent_at for a in result.trial.world.journal if a.order == "o2")
    assert first == pytest.approx(5 * 3600, abs=10)


@pytest.mark.asyncio
async def test_an_order_that_is_never_placed_is_missed(on: On) -> None:
    """It has no outcome, and the event that was to place it never happened."""
    (result,) = await on(NEVER_PLACED)

    (missing,) = broken(result)
    assert missing.startswith("submit o1 as o2 after call 1 of payments.refund never happened")
    assert set(result.trial.outcomes) == {"o1"}


@pytest.mark.asyncio
async def test_a_timeout_of_the_workflow_runs_no_undo(on: On) -> None:
    """What the order had done by then is left behind, and that is seen."""
    (result,) = await on(TIMED_OUT, saga=APPROVED)

    assert broken(result) == {"I6", "I7", "I11"}


@pytest.mark.asyncio
async def test_temporal_starts_a_run_again_that_has_timed_out(on: On) -> None:
    """The retry policy of the workflow is the client's, and the second run uses the same keys."""
    (result,) = await on(RUN_AGAIN, saga=APPROVED)

    assert broken(result) == {"I6", "I7", "I11"}


FORGOTTEN = """
scenario: an order is placed again once Temporal and the services have forgotten it
why: w
given: {retention: 24h}
orders: [{id: o1}]
events: [{submit: o1, when: {at: AT}}]
expect:
  o1: {status: completed}
"""


@pytest.mark.asyncio
@pytest.mark.parametrize(("at", "charges"), [("23h", 1), ("25h", 2)])
async def test_an_order_that_is_forgotten_is_charged_twice(at: str, charges: int) -> None:
    """As long as its id is known it is one order; after that each submission is another."""
    (result,) = await simulated(FORGOTTEN.replace("AT", at))

    found = result.trial.world.ledger.effects.values()
    assert [effect.operation for effect in found].count("payments.charge") == charges
    assert ({"I4", "I13"} <= broken(result)) is (charges == 2)
