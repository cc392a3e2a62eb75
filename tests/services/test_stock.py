from __future__ import annotations

import json

import pytest

from fakes import order_network
from sagacheck.world import Settings
from tests.order_calls import ask, clock_of, error, states, stock

pytestmark = pytest.mark.asyncio

HOUR = 3600.0
RESERVE, RELEASE = "inventory.reserve", "inventory.release"
SHIP = "shipping.create"


async def test_a_parcel_takes_the_reserved_goods_along() -> None:
    """When the parcel leaves, what was reserved for its order is shipped."""
    network = order_network(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)

    clock_of(network).advance_to(HOUR)

    assert stock(network) == {"available": 3, "reserved": 0, "shipped": 2}
    assert (states(network, SHIP), states(network, RESERVE)) == (["final"], ["final"])


async def test_goods_that_were_released_leave_all_the_same() -> None:
    """A parcel without a reservation takes stock from the shelf: that is how stock gets lost."""
    network = order_network(Settings(stock={"WIDGET": 2}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)
    await ask(network, RELEASE)
    await ask(network, RESERVE, "o2")

    clock_of(network).run_all()

    assert stock(network) == {"available": -2, "reserved": 2, "shipped": 2}


async def test_a_reservation_expires() -> None:
    """After its time the stock is available again, and the reservation's key is closed."""
    network = order_network(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    await ask(network, RESERVE)

    clock_of(network).advance_to(HOUR)

    assert stock(network) == {"available": 5, "reserved": 0, "shipped": 0}
    assert error(await ask(network, RESERVE)) == "key_cancelled"


@pytest.mark.parametrize("how", ["by key", "by id"])
async def test_a_release_after_expiry_makes_no_stock(how: str) -> None:
    """Releasing what has expired succeeds and moves nothing."""
    network = order_network(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    reservation = json.loads((await ask(network, RESERVE)).content)["reservation_id"]
    clock_of(network).advance_to(HOUR)

    by_id = {"reservation_id": reservation, "idempotency_key": None} if how == "by id" else {}
    reply = await ask(network, RELEASE, **by_id)

    assert reply.status == 204
    assert stock(network) == {"available": 5, "reserved": 0, "shipped": 0}


async def test_a_reservation_that_was_released_does_not_expire() -> None:
    """The stock comes back once, whichever is first."""
    network = order_network(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, RELEASE)

    clock_of(network).run_all()

    assert stock(network) == {"available": 5, "reserved": 0, "shipped": 0}
    assert [entry.operation for entry in network.world.ledger.entries][-1] == RELEASE


async def test_a_sku_that_was_not_stocked_has_the_default() -> None:
    """Every other SKU has as many pieces as the settings say, none by default."""
    assert (await ask(order_network(Settings(default_stock=2)), RESERVE)).status == 201
    assert (await ask(order_network(Settings(stock={"GADGET": 2})), RESERVE)).status == 409
