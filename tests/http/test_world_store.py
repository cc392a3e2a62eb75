from __future__ import annotations

import asyncio

import msgspec
import pytest

from fakes import order_network
from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.world_store import WorldStore
from sagacheck.world import ManualClock, Settings
from tests.order_calls import ask
from tests.reachable import objects_below

CREATES = ("inventory.reserve", "payments.charge", "shipping.create", "notifications.send")
UNDOS = ("shipping.cancel", "payments.refund", "inventory.release")


@pytest.fixture(name="store")
def _store() -> WorldStore:
    return WorldStore(
        order_network(Settings(default_stock=100_000), clock=ManualClock()), EvictedOrders()
    )


async def live_and_finish(store: WorldStore, numbers: range) -> None:
    """Let orders do all they can, every other one be undone, and finish each."""
    for number in numbers:
        order = f"o{number:04}"
        store.recall(order, f"order-{order}")
        for name in (*CREATES[:3], *(UNDOS if number % 2 else CREATES[3:])):
            await ask(store.network, name, order)
        store.finish({order: [f"order-{order}"]})


def stored(store: WorldStore, order: str) -> bytes:
    """The record of an order as it is on disk."""
    return msgspec.json.encode(store.evicted.raw(order))


def test_memory_holds_the_open_orders_alone(store: WorldStore) -> None:
    """After a hundred more finished orders there is not one object more in the network."""
    asyncio.run(live_and_finish(store, range(10)))
    before = objects_below(store.network, *vars(store).values())
    asyncio.run(live_and_finish(store, range(10, 110)))
    after = objects_below(store.network, *vars(store).values())
    asyncio.run(ask(store.network, "payments.charge"))
    with_an_open_one = objects_below(store.network, *vars(store).values())

    assert after <= before
    assert with_an_open_one > after
    assert store.evicted.orders == 110


def test_what_is_recalled_is_what_was_evicted(store: WorldStore) -> None:
    """An order that comes back is the same to the last field."""
    asyncio.run(live_and_finish(store, range(1)))
    before = stored(store, "o0000")

    store.recall("order-o0000")
    assert "o0000" not in store.evicted
    store.evict(["o0000"])

    assert before == stored(store, "o0000")
