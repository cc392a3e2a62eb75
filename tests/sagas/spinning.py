"""Sagas that never come to rest: each would keep its engine busy for ever.

All reserve the goods first. One of them is only patient, and ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import A_MINUTE, Order, reserve_goods

AT_ONCE = RetryPolicy(initial_interval=timedelta(milliseconds=1), backoff_coefficient=1.0)
QUICKLY = RetryPolicy(
    initial_interval=timedelta(milliseconds=5), backoff_coefficient=1.0, maximum_attempts=1000
)
TWO_WEEKS = timedelta(days=14)
EACH_SECOND = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=1.0)


@activity.defn
async def look(order: Order) -> None:
    """Look whether something has changed."""


@activity.defn(name="look")
async def look_in_vain(order: Order) -> None:
    """Find that nothing has changed, and be tried again."""
    msg = "nothing has changed"
    raise LookupError(msg)


@activity.defn(name="look")
async def look_for_an_hour(order: Order) -> None:
    """Find that nothing has changed, for an hour."""
    if activity.info().attempt < 3600:
        msg = "nothing has changed"
        raise LookupError(msg)


@activity.defn(name="look")
async def look_a_thousand_times(order: Order) -> None:
    """Find that nothing has changed, until the last attempt."""
    if activity.info().attempt < 1000:
        msg = "nothing has changed"
        raise LookupError(msg)


@activity.defn(name="look")
async def look_for_ever(order: Order) -> None:
    """Look, and let others look, too."""
    while True:  # noqa: ASYNC110 - the bug
        await asyncio.sleep(0)


async def _act(name: str, order: Order, retries: RetryPolicy | None = None) -> None:
    await workflow.execute_activity(
        name, order, start_to_close_timeout=A_MINUTE, retry_policy=retries
    )


@workflow.defn
class LooksOnce:
    """Depends on its activity."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then look."""
        await _act("reserve_goods", order)
        await _act("look", order, AT_ONCE)
        return {"status": "completed"}


@workflow.defn
class LooksEachSecond:
    """Waits for its activity as long as that takes."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then look."""
        await _act("reserve_goods", order)
        await _act("look", order, EACH_SECOND)
        return {"status": "completed"}


@workflow.defn
class LooksQuickly:
    """Tries its activity a thousand times in five seconds, and not once more."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then look."""
        await _act("reserve_goods", order)
        await _act("look", order, QUICKLY)
        return {"status": "completed"}


@workflow.defn
class WaitsForTwoWeeks:
    """Waits for a payment as long as customers have for it, and takes that for one."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Wait, then reserve, as often as it takes."""
        await workflow.sleep(TWO_WEEKS)
        await _act("reserve_goods", order, EACH_SECOND)
        return {"status": "completed"}


@workflow.defn
class LooksAgainAndAgain:
    """Polls, and does not wait in between."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then look."""
        await _act("reserve_goods", order)
        while True:
            await _act("look", order)


@workflow.defn
class NeverYields:
    """Waits for a signal, and lets no client send it."""

    def __init__(self) -> None:
        self._approved = False

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then wait."""
        await _act("reserve_goods", order)
        while not self._approved:
            pass
        return {"status": "completed"}


@workflow.defn
class YieldsInVain(NeverYields):
    """The same, and it may be interrupted anywhere."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then wait."""
        await _act("reserve_goods", order)
        while not self._approved:  # noqa: ASYNC110 - the bug
            await asyncio.sleep(0)
        return {"status": "completed"}


def _saga(workflow_class: type, *activities: Callable[..., Any]) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[reserve_goods, *activities],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
    )


POLLS = _saga(LooksAgainAndAgain, look)
TRIES = _saga(LooksOnce, look_in_vain)
LOOKS = _saga(LooksOnce, look_for_ever)
PATIENT = _saga(LooksEachSecond, look_for_an_hour)
QUICK = _saga(LooksQuickly, look_a_thousand_times)
ENDLESS = _saga(LooksEachSecond, look_in_vain)
AFTER_TWO_WEEKS = _saga(WaitsForTwoWeeks)
NEVER_YIELDS = _saga(NeverYields)
YIELDS_IN_VAIN = _saga(YieldsInVain)
