"""A card payment service: what can be captured, voided and refunded, and what its books say."""

from __future__ import annotations

import pytest

from payments.provider import services
from sagacheck.network import Call, Fault, FaultRule, Network, WireReply
from sagacheck.services import Services
from sagacheck.world import Settings, World
from tests.order_calls import clock_of, error

pytestmark = pytest.mark.asyncio

AUTHORISE, VOID = "payments.authorise", "payments.void"
CAPTURE, REFUND = "payments.capture", "payments.refund"
HOUR = 3600.0
_FIELDS = {
    AUTHORISE: {"idempotency_key": "k", "card": "c", "amount": "19.99", "currency": "USD"},
    VOID: {"idempotency_key": "k"},
    CAPTURE: {"idempotency_key": "k", "authorisation_key": "k"},
    REFUND: {"idempotency_key": "k", "capture_key": "k"},
}


def network(**settings: object) -> Network:
    """The provider in a new world."""
    world = World(Settings(**settings))  # type: ignore[arg-type]  # settings by name
    return Network(Services(world, services))


async def ask(to: Network, name: str, **changes: str) -> WireReply:
    """Call an operation for the order ``o1``."""
    order = {"order_id": "o1"} if name == AUTHORISE else {}
    fields = {**_FIELDS[name], **order, **changes}
    return await to.send(Call(to.operations[name], fields, order="o1", timeout=5.0))


async def statuses(of: Network) -> list[str]:
    """Those of all refunds, as the read shows them."""
    reply = await of.send(Call(of.operations["payments.refunds"], {}, order="o1", timeout=5.0))
    return [row["status"] for row in reply.body]


def books(of: Network) -> dict[str, int]:
    """What stands on the accounts, in cents."""
    return {name: units["USD"] for name, units in of.world.ledger.balances().items()}


async def test_what_is_authorised_is_set_aside_and_what_is_captured_is_taken() -> None:
    """The books show both, and a refund brings the money back."""
    to = network()

    await ask(to, AUTHORISE)
    assert books(to) == {"customer": -1999, "authorised": 1999}
    await ask(to, CAPTURE)
    assert books(to) == {"customer": -1999, "merchant": 1999}
    await ask(to, REFUND)
    assert books(to) == {}


async def test_a_capture_of_a_part_frees_the_rest() -> None:
    """An authorisation is captured once."""
    to = network()
    await ask(to, AUTHORISE)

    await ask(to, CAPTURE, amount="5.00")
    again = await ask(to, CAPTURE, idempotency_key="other")

    assert books(to) == {"customer": -500, "merchant": 500}
    assert (again.status, error(again)) == (409, "already_captured")


async def test_no_more_is_captured_than_is_authorised() -> None:
    """422, and nothing moves."""
    to = network()
    await ask(to, AUTHORISE)

    refused = await ask(to, CAPTURE, amount="20.00")

    assert (refused.status, error(refused)) == (422, "capture_exceeds_authorisation")
    assert books(to) == {"customer": -1999, "authorised": 1999}


async def test_a_voided_authorisation_cannot_be_captured() -> None:
    """409, even for a capture that comes late; the money is free."""
    to = network()
    await ask(to, AUTHORISE)
    await ask(to, VOID)

    refused = await ask(to, CAPTURE)

    assert (refused.status, error(refused)) == (409, "authorisation_voided")
    assert books(to) == {}


async def test_what_is_captured_cannot_be_voided_even_after_its_refund() -> None:
    """409 each time: it is no longer an authorisation."""
    to = network()
    await ask(to, AUTHORISE)
    await ask(to, CAPTURE)

    for _ in range(2):
        refused = await ask(to, VOID)
        assert (refused.status, error(refused)) == (409, "already_captured")
        await ask(to, REFUND)


async def test_an_authorisation_expires_in_time_and_not_once_it_is_captured() -> None:
    """After that a capture is 409, and a void has nothing to do."""
    to, captured = (
        network(authorisations_expire_after=HOUR),
        network(authorisations_expire_after=HOUR),
    )
    await ask(to, AUTHORISE)
    await ask(captured, AUTHORISE)
    await ask(captured, CAPTURE)
    for each in (to, captured):
        clock_of(each).advance_to(HOUR)

    refused = await ask(to, CAPTURE)

    assert (refused.status, error(refused)) == (409, "authorisation_expired")
    assert (await ask(to, VOID)).status == 204
    assert books(to) == {}
    assert books(captured) == {"customer": -1999, "merchant": 1999}


@pytest.mark.parametrize("first", [AUTHORISE, None])
async def test_the_fault_expires_what_a_capture_is_about(first: str | None) -> None:
    """Just before the capture arrives; where there is no authorisation it changes nothing."""
    to = network()
    to.rules.append(FaultRule(frozenset({CAPTURE}), Fault("expire")))
    if first:
        await ask(to, first)

    refused = await ask(to, CAPTURE)

    assert error(refused) == ("authorisation_expired" if first else "not_found")
    assert books(to) == {}


async def test_a_refund_settles_in_time() -> None:
    """Until then the money is due; the read shows the state."""
    to = network(refunds_settle_after=HOUR)
    await ask(to, AUTHORISE)
    await ask(to, CAPTURE)

    reply = await ask(to, REFUND)

    assert reply.body == {"refund_id": "re_1", "status": "pending"}
    assert books(to) == {"customer": -1999, "refunds due": 1999}
    assert await statuses(to) == ["pending"]
    clock_of(to).advance_to(HOUR)
    assert books(to) == {}
    assert await statuses(to) == ["settled"]


async def test_a_refund_fails_in_time_and_can_be_made_again() -> None:
    """By its own key it is answered as before; by another it is a new refund."""
    to = network(refunds_settle_after=HOUR, refunds_that_fail=1)
    await ask(to, AUTHORISE)
    await ask(to, CAPTURE)
    await ask(to, REFUND)
    clock_of(to).advance_to(HOUR)

    assert books(to) == {"customer": -1999, "merchant": 1999}
    assert (await ask(to, REFUND)).status == 201
    assert books(to) == {"customer": -1999, "merchant": 1999}
    await ask(to, REFUND, idempotency_key="k2")
    clock_of(to).advance_to(2 * HOUR)

    assert books(to) == {}
    assert await statuses(to) == ["failed", "settled"]


async def test_refunds_that_fail_and_take_no_time_fail_at_once() -> None:
    """After the reply, which says that they are accepted."""
    to = network(refunds_that_fail=1)
    await ask(to, AUTHORISE)
    await ask(to, CAPTURE)
    await ask(to, REFUND)

    clock_of(to).run_all()

    assert await statuses(to) == ["failed"]


async def test_a_void_of_an_unknown_key_leaves_a_tombstone() -> None:
    """The authorisation that is still on its way is refused."""
    to = network()

    assert (await ask(to, VOID)).status == 204

    assert error(await ask(to, AUTHORISE)) == "key_cancelled"


async def test_an_authorisation_that_is_asked_for_again_is_the_same_one() -> None:
    """Also after its capture: its key says that there was one."""
    to = network()
    first = await ask(to, AUTHORISE)
    await ask(to, CAPTURE)

    assert (await ask(to, AUTHORISE)).body == first.body
