from __future__ import annotations

import json

import pytest

from fakes import order_network
from sagacheck.network import Network
from sagacheck.world import Settings
from tests.order_calls import ask, clock_of, states

pytestmark = pytest.mark.asyncio

HOUR = 3600.0
RESERVE, RELEASE = "inventory.reserve", "inventory.release"
SHIP, CANCEL = "shipping.create", "shipping.cancel"


def stock(network: Network) -> dict[str, int]:
    """Pieces of WIDGET by where they are."""
    row: dict[str, int] = network.services.reads()["stock"]["WIDGET"]
    return row


def error(content: bytes) -> str:
    """The error code of a reply."""
    return str(json.loads(content)["error"])


async def test_a_parcel_takes_the_reserved_goods_along() -> None:
    """When the parcel leaves, what was reserved for its order is shipped."""
    network = order_network(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)

    clock_of(network).advance_to(HOUR)

    assert stock(network) == {"available": 3, "reserved": 0, "shipped": 2}
    assert (states(network, SHIP), states(network, RESERVE)) == (["final"], ["final"])


async def test_what_has_left_can_be_neither_cancelled_nor_released() -> None:
    """After its departure a parcel answers 409 already_shipped, and so do its goods."""
    network = order_network(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)
    clock_of(network).advance_to(HOUR)

    for undo in (CANCEL, RELEASE):
        reply = await ask(network, undo)

        assert (reply.status, error(reply.content)) == (409, "already_shipped")


async def test_a_cancelled_parcel_does_not_leave() -> None:
    """The carrier finds nothing to take."""
    network = order_network(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)
    await ask(network, CANCEL)

    clock_of(network).run_all()

    assert stock(network) == {"available": 3, "reserved": 2, "shipped": 0}


async def test_goods_that_were_released_leave_all_the_same() -> None:
    """A parcel without a reservation takes stock from the shelf: that is how stock gets lost."""
    network = order_network(Settings(stock={"WIDGET": 2}, ships_after=HOUR))
    await ask(network, RESERVE)
    await ask(network, SHIP)
    await ask(network, RELEASE)
    await ask(network, RESERVE, "o2")

    clock_of(network).run_all()

    assert stock(network) == {"available": -2, "reserved": 2, "shipped": 2}


async def test_a_quiet_world_lets_its_parcels_leave() -> None:
    """Settling does what the outside network would do in the end, without a time for it."""
    network = order_network(Settings(stock={"WIDGET": 5}))
    await ask(network, RESERVE)
    await ask(network, SHIP)

    network.services.settle()

    assert stock(network) == {"available": 3, "reserved": 0, "shipped": 2}


async def test_a_reservation_expires() -> None:
    """After its time the stock is available again, and the reservation's key is closed."""
    network = order_network(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    await ask(network, RESERVE)

    clock_of(network).advance_to(HOUR)

    assert stock(network) == {"available": 5, "reserved": 0, "shipped": 0}
    assert error((await ask(network, RESERVE)).content) == "key_cancelled"


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


async def test_declined_cards_are_declined_and_others_are_not() -> None:
    """The cards of the settings answer 402 payment_declined."""
    network = order_network(Settings(cards={"pm_bad": "declined"}))

    declined = await ask(network, "payments.charge", payment_method_id="pm_bad")

    assert (declined.status, error(declined.content)) == (402, "payment_declined")
    assert (await ask(network, "payments.charge")).status == 201


async def test_refused_refunds_leave_the_money_where_it_is() -> None:
    """422 refund_refused; but a charge never seen has nothing to refuse."""
    network = order_network(Settings(refunds_refused=True))
    await ask(network, "payments.charge")

    refused = await ask(network, "payments.refund")

    assert (refused.status, error(refused.content)) == (422, "refund_refused")
    assert network.world.ledger.balances()["merchant"] == {"USD": 1999}
    assert (await ask(network, "payments.refund", "o2")).status == 201


async def test_a_sku_that_was_not_stocked_has_the_default() -> None:
    """Every other SKU has as many pieces as the settings say, none by default."""
    assert (await ask(order_network(Settings(default_stock=2)), RESERVE)).status == 201
    assert (await ask(order_network(Settings(stock={"GADGET": 2})), RESERVE)).status == 409
