from __future__ import annotations

import pytest

from fakes import order_network
from sagacheck.network import Calls, Fault, FaultRule, Network
from sagacheck.world import Idempotency, Settings
from tests.order_calls import ask, clock_of, error, states

pytestmark = pytest.mark.asyncio

CHARGE, REFUND = "payments.charge", "payments.refund"
DAY = 86_400.0


def world_with(profile: Idempotency, **settings: float) -> Network:
    """A network whose first charge makes its effect and answers 500."""
    network = order_network(
        Settings(idempotency=profile, idempotency_expires_after=settings.get("expires"))
    )
    fault = Fault("status_after_effect", status=500)
    network.rules.append(FaultRule(frozenset({CHARGE}), fault, Calls(frozenset({1}))))
    return network


async def charge(network: Network) -> tuple[int, str]:
    """Status and error code of a charge."""
    reply = await ask(network, CHARGE)
    return reply.status, error(reply) if reply.status >= 400 else ""


async def test_by_default_a_hidden_success_is_found_by_its_key() -> None:
    """Replay: the second attempt gets the reply that the first one should have had."""
    network = world_with(Idempotency.REPLAY)

    assert [await charge(network) for _ in range(2)] == [(500, "internal_server_error"), (201, "")]
    assert states(network, CHARGE) == ["live"]


async def test_a_key_can_be_poisoned() -> None:
    """Stored errors: the charge was made, and its key answers 500 for ever."""
    network = world_with(Idempotency.STORES_ERRORS)

    assert [await charge(network) for _ in range(3)] == [(500, "internal_server_error")] * 3
    assert states(network, CHARGE) == ["live"]


async def test_a_poisoned_key_can_still_be_undone() -> None:
    """An undo by key finds what the key has made, and the key answers 410 from then on."""
    network = world_with(Idempotency.STORES_ERRORS)
    await charge(network)

    assert (await ask(network, REFUND)).status == 201
    assert await charge(network) == (410, "key_cancelled")
    assert states(network, CHARGE) == ["undone"]


async def test_stored_refusals_come_again() -> None:
    """Stored errors: a decline stays a decline, although the card would do by now."""
    network = order_network(
        Settings(idempotency=Idempotency.STORES_ERRORS, stock={"WIDGET": 1}, default_stock=1)
    )
    two = {"items": [{"sku": "WIDGET", "qty": 1}]}
    await ask(network, "inventory.reserve", "o1", **two)
    refused = await ask(network, "inventory.reserve", "o2", **two)
    await ask(network, "inventory.release", "o1")

    again = await ask(network, "inventory.reserve", "o2", **two)

    assert (refused.status, again.content) == (409, refused.content)


@pytest.mark.parametrize("profile", list(Idempotency))
async def test_a_malformed_request_is_never_stored(profile: Idempotency) -> None:
    """A 400 does not use up its key."""
    network = order_network(Settings(idempotency=profile))

    assert (await ask(network, CHARGE, amount="-1")).status == 400
    assert (await ask(network, CHARGE)).status == 201


@pytest.mark.parametrize("profile", [Idempotency.REPLAY, Idempotency.STORES_ERRORS])
async def test_refusals_of_the_protocol_are_never_stored(profile: Idempotency) -> None:
    """422 and 409 are about the second request; the first one's reply stays what it was."""
    network = order_network(Settings(idempotency=profile))
    slow = Fault("delay_response", delay=60)
    network.rules.append(FaultRule(frozenset({CHARGE}), slow, Calls(frozenset({1}))))
    with pytest.raises(Exception, match="no reply"):
        await ask(network, CHARGE)

    in_flight = await charge(network)
    reused = (await ask(network, CHARGE, amount="1.00")).status
    clock_of(network).run_all()

    assert (in_flight, reused) == ((409, "request_in_flight"), 422)
    assert await charge(network) == (201, "")


async def test_only_the_first_request_of_a_key_can_poison_it() -> None:
    """A 500 in place of a replayed reply is not what the service has stored."""
    network = order_network(Settings(idempotency=Idempotency.STORES_ERRORS))
    fault = Fault("status_after_effect", status=500)
    network.rules.append(FaultRule(frozenset({CHARGE}), fault, Calls(frozenset({2, 3}))))

    assert await charge(network) == (201, "")
    assert await charge(network) == (500, "internal_server_error")
    assert (await ask(network, CHARGE, amount="1.00")).status == 500
    assert await charge(network) == (201, "")


async def test_without_idempotency_each_create_creates() -> None:
    """None: the key is ignored, so a retry charges again."""
    network = world_with(Idempotency.NONE)

    assert [await charge(network) for _ in range(2)] == [(500, "internal_server_error"), (201, "")]
    assert states(network, CHARGE) == ["live", "live"]


async def test_without_idempotency_an_undo_by_key_ends_all_that_it_made() -> None:
    """None: the key is still a reference to what was made with it."""
    network = order_network(Settings(idempotency=Idempotency.NONE))
    await charge(network)
    await charge(network)

    await ask(network, REFUND)

    assert states(network, CHARGE) == ["undone", "undone"]
    assert network.world.ledger.balances() == {}


async def test_without_idempotency_there_are_no_tombstones() -> None:
    """None: a create that comes after its undo goes through."""
    network = order_network(Settings(idempotency=Idempotency.NONE))
    await ask(network, REFUND)

    assert await charge(network) == (201, "")


@pytest.mark.parametrize(("later", "made"), [(DAY - 1, 1), (DAY, 2)])
async def test_a_key_is_forgotten_after_its_lifetime(later: float, made: int) -> None:
    """Expires: a retry that comes too late charges again."""
    network = order_network(Settings(idempotency_expires_after=DAY))
    await charge(network)
    clock_of(network).advance_to(later)

    assert await charge(network) == (201, "")
    assert states(network, CHARGE) == ["live"] * made


@pytest.mark.parametrize(("later", "answer"), [(DAY - 1, (410, "key_cancelled")), (DAY, (201, ""))])
async def test_a_tombstone_lasts_a_lifetime_from_its_undo(
    later: float, answer: tuple[int, str]
) -> None:
    """Expires: the door stays shut for as long as a key lives, counted from the undo."""
    network = order_network(Settings(idempotency_expires_after=DAY))
    await charge(network)
    clock_of(network).advance_to(DAY / 2)
    await ask(network, REFUND)
    clock_of(network).advance_to(DAY / 2 + later)

    assert await charge(network) == answer


async def test_an_undo_after_the_lifetime_still_shuts_the_door() -> None:
    """Expires: a key that was forgotten is remembered again by its undo."""
    network = order_network(Settings(idempotency_expires_after=DAY))
    await charge(network)
    clock_of(network).advance_to(2 * DAY)

    await ask(network, REFUND)

    assert await charge(network) == (410, "key_cancelled")
    assert states(network, CHARGE) == ["undone"]
