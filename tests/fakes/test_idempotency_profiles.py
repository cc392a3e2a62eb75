from __future__ import annotations

import json

import pytest

from sagacheck.network import Calls, Fault, FaultRule
from sagacheck.world import Idempotency, Settings, World
from tests.fakes.callers import ask, clock_of, states

pytestmark = pytest.mark.anyio

CHARGE, REFUND = "payments.charge", "payments.refund"
DAY = 86_400.0


def world_with(profile: Idempotency, **settings: float) -> World:
    """A world whose first charge makes its effect and answers 500."""
    world = World(Settings(idempotency=profile, idempotency_expires_after=settings.get("expires")))
    fault = Fault("status_after_effect", status=500)
    world.network.rules.append(FaultRule(frozenset({CHARGE}), fault, Calls(frozenset({1}))))
    return world


async def charge(world: World) -> tuple[int, str]:
    """Status and error code of a charge."""
    reply = await ask(world, CHARGE)
    return reply.status, json.loads(reply.content).get("error", "")


async def test_by_default_a_hidden_success_is_found_by_its_key() -> None:
    """Replay: the second attempt gets the reply that the first one should have had."""
    world = world_with(Idempotency.REPLAY)

    assert [await charge(world) for _ in range(2)] == [(500, "internal_server_error"), (201, "")]
    assert states(world, CHARGE) == ["live"]


async def test_a_key_can_be_poisoned() -> None:
    """Stored errors: the charge was made, and its key answers 500 for ever."""
    world = world_with(Idempotency.STORES_ERRORS)

    assert [await charge(world) for _ in range(3)] == [(500, "internal_server_error")] * 3
    assert states(world, CHARGE) == ["live"]


async def test_a_poisoned_key_can_still_be_undone() -> None:
    """An undo by key finds what the key has made, and the key answers 410 from then on."""
    world = world_with(Idempotency.STORES_ERRORS)
    await charge(world)

    assert (await ask(world, REFUND)).status == 201
    assert await charge(world) == (410, "key_cancelled")
    assert states(world, CHARGE) == ["undone"]


async def test_stored_refusals_come_again() -> None:
    """Stored errors: a decline stays a decline, although the card would do by now."""
    world = World(
        Settings(idempotency=Idempotency.STORES_ERRORS, stock={"WIDGET": 1}, default_stock=1)
    )
    two = {"items": [{"sku": "WIDGET", "qty": 1}]}
    await ask(world, "inventory.reserve", "o1", **two)
    refused = await ask(world, "inventory.reserve", "o2", **two)
    await ask(world, "inventory.release", "o1")

    again = await ask(world, "inventory.reserve", "o2", **two)

    assert (refused.status, again.content) == (409, refused.content)


@pytest.mark.parametrize("profile", list(Idempotency))
async def test_a_malformed_request_is_never_stored(profile: Idempotency) -> None:
    """A 400 does not use up its key."""
    world = World(Settings(idempotency=profile))

    assert (await ask(world, CHARGE, amount="-1")).status == 400
    assert (await ask(world, CHARGE)).status == 201


@pytest.mark.parametrize("profile", [Idempotency.REPLAY, Idempotency.STORES_ERRORS])
async def test_refusals_of_the_protocol_are_never_stored(profile: Idempotency) -> None:
    """422 and 409 are about the second request; the first one's reply stays what it was."""
    world = World(Settings(idempotency=profile))
    slow = Fault("delay_response", delay=60)
    world.network.rules.append(FaultRule(frozenset({CHARGE}), slow, Calls(frozenset({1}))))
    with pytest.raises(Exception, match="no reply"):
        await ask(world, CHARGE)

    in_flight = await charge(world)
    reused = (await ask(world, CHARGE, amount="1.00")).status
    clock_of(world).run_all()

    assert (in_flight, reused) == ((409, "request_in_flight"), 422)
    assert await charge(world) == (201, "")


async def test_only_the_first_request_of_a_key_can_poison_it() -> None:
    """A 500 in place of a replayed reply is not what the service has stored."""
    world = World(Settings(idempotency=Idempotency.STORES_ERRORS))
    fault = Fault("status_after_effect", status=500)
    world.network.rules.append(FaultRule(frozenset({CHARGE}), fault, Calls(frozenset({2, 3}))))

    assert await charge(world) == (201, "")
    assert await charge(world) == (500, "internal_server_error")
    assert (await ask(world, CHARGE, amount="1.00")).status == 500
    assert await charge(world) == (201, "")


async def test_without_idempotency_each_create_creates() -> None:
    """None: the key is ignored, so a retry charges again."""
    world = world_with(Idempotency.NONE)

    assert [await charge(world) for _ in range(2)] == [(500, "internal_server_error"), (201, "")]
    assert states(world, CHARGE) == ["live", "live"]


async def test_without_idempotency_an_undo_by_key_ends_all_that_it_made() -> None:
    """None: the key is still a reference to what was made with it."""
    world = World(Settings(idempotency=Idempotency.NONE))
    await charge(world)
    await charge(world)

    await ask(world, REFUND)

    assert states(world, CHARGE) == ["undone", "undone"]
    assert world.ledger.balances() == {}


async def test_without_idempotency_there_are_no_tombstones() -> None:
    """None: a create that comes after its undo goes through."""
    world = World(Settings(idempotency=Idempotency.NONE))
    await ask(world, REFUND)

    assert await charge(world) == (201, "")


@pytest.mark.parametrize(("later", "made"), [(DAY - 1, 1), (DAY, 2)])
async def test_a_key_is_forgotten_after_its_lifetime(later: float, made: int) -> None:
    """Expires: a retry that comes too late charges again."""
    world = World(Settings(idempotency_expires_after=DAY))
    await charge(world)
    clock_of(world).advance_to(later)

    assert await charge(world) == (201, "")
    assert states(world, CHARGE) == ["live"] * made


@pytest.mark.parametrize(("later", "answer"), [(DAY - 1, (410, "key_cancelled")), (DAY, (201, ""))])
async def test_a_tombstone_lasts_a_lifetime_from_its_undo(
    later: float, answer: tuple[int, str]
) -> None:
    """Expires: the door stays shut for as long as a key lives, counted from the undo."""
    world = World(Settings(idempotency_expires_after=DAY))
    await charge(world)
    clock_of(world).advance_to(DAY / 2)
    await ask(world, REFUND)
    clock_of(world).advance_to(DAY / 2 + later)

    assert await charge(world) == answer


async def test_an_undo_after_the_lifetime_still_shuts_the_door() -> None:
    """Expires: a key that was forgotten is remembered again by its undo."""
    world = World(Settings(idempotency_expires_after=DAY))
    await charge(world)
    clock_of(world).advance_to(2 * DAY)

    await ask(world, REFUND)

    assert await charge(world) == (410, "key_cancelled")
    assert states(world, CHARGE) == ["undone"]
