from __future__ import annotations

import pytest

from fakes import order_network
from sagacheck.world import Settings
from tests.order_calls import ask, clock_of, error, stock

pytestmark = pytest.mark.asyncio

HOUR = 3600.0
RESERVE, RELEASE = "inventory.reserve", "inventory.release"
SHIP, CANCEL = "shipping.create", "shipping.cancel"


async def test_what_has_left_can_be_neither_cancelled_nor_released() -> None:
    """After its departure a parcel answers 409 already_shipped, and so do its goods."""
    network = order_network(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)
    clock_of(network).advance_to(HOUR)

    for undo in (CANCEL, RELEASE):
        reply = await ask(network, undo)

        assert (reply.status, error(reply)) == (409, "already_shipped")


async def test_a_cancelled_parcel_does_not_leave() -> None:
    """The carrier does not take it."""
    network = order_network(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)
    await ask(network, CANCEL)

    clock_of(network).run_all()

    assert stock(network) == {"available": 3, "reserved": 2, "shipped": 0}


async def test_a_quiet_world_lets_its_parcels_leave() -> None:
    """Settling does what the outside network would do in the end, without a time for it."""
    network = order_network(Settings(stock={"WIDGET": 5}))
    await ask(network, RESERVE)
    await ask(network, SHIP)

    network.services.settle()

    assert stock(network) == {"available": 3, "reserved": 0, "shipped": 2}
