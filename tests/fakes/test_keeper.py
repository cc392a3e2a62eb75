from __future__ import annotations

import asyncio

import pytest

from fakes import order_network
from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.world_store import WorldStore
from sagacheck.world import ManualClock, Settings
from tests.fakes.callers import ask
from tests.reachable import objects_below

CREATES = ("inventory.reserve", "payments.charge", "shipping.create", "notifications.send")
UNDOS = ("shipping.cancel", "payments.refund", "inventory.release")


@pytest.fixture(name="keeper")
def _keeper() -> WorldStore:
    return WorldStore(
        order_network(Settings(default_stock=100_000), clock=ManualClock()), EvictedOrders()
    )


async def live_and_finish(keeper: WorldStore, numbers: range) -> None:
    """Let orders do all they can, every other one be undone, and finish each."""
    for number in numbers:
        order = f"o{number:04}"
        keeper.recall(order, f"order-{order}")
        for name in (*CREATES[:3], *(UNDOS if number % 2 else CREATES[3:])):
            await ask(keeper.network, name, order)
        keeper.finish({order: [f"order-{order}"]})


def test_memory_holds_the_open_orders_alone(keeper: WorldStore) -> None:
    """After a hundred more finished orders there is not one object more in the network."""
    asyncio.run(live_and_finish(keeper, range(10)))
    before = objects_below(keeper.network, *vars(keeper).values())
    asyncio.run(live_and_finish(keeper, range(10, 110)))
    after = objects_below(keeper.network, *vars(keeper).values())
    asyncio.run(ask(keeper.network, "payments.charge"))
    with_an_open_one = objects_below(keeper.network, *vars(keeper).values())

    assert after <= before
    assert with_an_open_one > after
    assert keeper.archive.orders == 110


def test_what_is_put_back_is_what_was_taken_out(keeper: WorldStore) -> None:
    """An order that comes back is the same to the last field."""
    asyncio.run(live_and_finish(keeper, range(1)))
    line = keeper.archive.line("o0000")

    keeper.recall("order-o0000")
    assert "o0000" not in keeper.archive
    keeper.put_away(["o0000"])

    assert line == keeper.archive.line("o0000")
