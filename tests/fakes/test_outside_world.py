from __future__ import annotations

import json

import pytest

from sagacheck.world import Settings, World
from tests.fakes.callers import ask, clock_of, states

pytestmark = pytest.mark.anyio

HOUR = 3600.0
RESERVE, RELEASE = "inventory.reserve", "inventory.release"
SHIP, CANCEL = "shipping.create", "shipping.cancel"


def stock(world: World) -> dict[str, int]:
    """Pieces of WIDGET by where they are."""
    row: dict[str, int] = world.reads()["stock"]["WIDGET"]
    return row


def error(content: bytes) -> str:
    """The error code of a reply."""
    return str(json.loads(content)["error"])


async def test_a_parcel_takes_the_reserved_goods_along() -> None:
    """When the parcel leaves, what was reserved for its order is shipped."""
    world = World(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(world, RESERVE)
    await ask(world, SHIP)

    clock_of(world).advance_to(HOUR)

    assert stock(world) == {"available": 3, "reserved": 0, "shipped": 2}
    assert (states(world, SHIP), states(world, RESERVE)) == (["final"], ["final"])


async def test_what_has_left_can_be_neither_cancelled_nor_released() -> None:
    """After its departure a parcel answers 409 already_shipped, and so do its goods."""
    world = World(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(world, RESERVE)
    await ask(world, SHIP)
    clock_of(world).advance_to(HOUR)

    for undo in (CANCEL, RELEASE):
        reply = await ask(world, undo)

        assert (reply.status, error(reply.content)) == (409, "already_shipped")


async def test_a_cancelled_parcel_does_not_leave() -> None:
    """The carrier finds nothing to take."""
    world = World(Settings(stock={"WIDGET": 5}, ships_after=HOUR))
    await ask(world, RESERVE)
    await ask(world, SHIP)
    await ask(world, CANCEL)

    clock_of(world).run_all()

    assert stock(world) == {"available": 3, "reserved": 2, "shipped": 0}


async def test_goods_that_were_released_leave_all_the_same() -> None:
    """A parcel without a reservation takes stock from the shelf: that is how stock gets lost."""
    world = World(Settings(stock={"WIDGET": 2}, ships_after=HOUR))
    await ask(world, RESERVE)
    await ask(world, SHIP)
    await ask(world, RELEASE)
    await ask(world, RESERVE, "o2")

    clock_of(world).run_all()

    assert stock(world) == {"available": -2, "reserved": 2, "shipped": 2}


async def test_a_quiet_world_lets_its_parcels_leave() -> None:
    """Settling does what the outside world would do in the end, without a time for it."""
    world = World(Settings(stock={"WIDGET": 5}))
    await ask(world, RESERVE)
    await ask(world, SHIP)

    world.settle()

    assert stock(world) == {"available": 3, "reserved": 0, "shipped": 2}


async def test_a_reservation_expires() -> None:
    """After its time the stock is available again, and the reservation's key is closed."""
    world = World(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    await ask(world, RESERVE)

    clock_of(world).advance_to(HOUR)

    assert stock(world) == {"available": 5, "reserved": 0, "shipped": 0}
    assert error((await ask(world, RESERVE)).content) == "key_cancelled"


@pytest.mark.parametrize("how", ["by key", "by id"])
async def test_a_release_after_expiry_makes_no_stock(how: str) -> None:
    """Releasing what has expired succeeds and moves nothing."""
    world = World(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    reservation = json.loads((await ask(world, RESERVE)).content)["reservation_id"]
    clock_of(world).advance_to(HOUR)

    by_id = {"reservation_id": reservation, "idempotency_key": None} if how == "by id" else {}
    reply = await ask(world, RELEASE, **by_id)

    assert reply.status == 204
    assert stock(world) == {"available": 5, "reserved": 0, "shipped": 0}


async def test_a_reservation_that_was_released_does_not_expire() -> None:
    """The stock comes back once, whichever is first."""
    world = World(Settings(stock={"WIDGET": 5}, reservation_expires_after=HOUR))
    await ask(world, RESERVE)
    await ask(world, RELEASE)

    clock_of(world).run_all()

    assert stock(world) == {"available": 5, "reserved": 0, "shipped": 0}
    assert [entry.operation for entry in world.ledger.entries][-1] == RELEASE


async def test_declined_cards_are_declined_and_others_are_not() -> None:
    """The cards of the settings answer 402 payment_declined."""
    world = World(Settings(cards={"pm_bad": "declined"}))

    declined = await ask(world, "payments.charge", payment_method_id="pm_bad")

    assert (declined.status, error(declined.content)) == (402, "payment_declined")
    assert (await ask(world, "payments.charge")).status == 201


async def test_refused_refunds_leave_the_money_where_it_is() -> None:
    """422 refund_refused; but a charge never seen has nothing to refuse."""
    world = World(Settings(refunds_refused=True))
    await ask(world, "payments.charge")

    refused = await ask(world, "payments.refund")

    assert (refused.status, error(refused.content)) == (422, "refund_refused")
    assert world.ledger.balances()["merchant"] == {"USD": 1999}
    assert (await ask(world, "payments.refund", "o2")).status == 201


async def test_a_sku_that_was_not_stocked_has_the_default() -> None:
    """Every other SKU has as many pieces as the settings say, none by default."""
    assert (await ask(World(Settings(default_stock=2)), RESERVE)).status == 201
    assert (await ask(World(Settings(stock={"GADGET": 2})), RESERVE)).status == 409
