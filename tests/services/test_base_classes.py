"""The base classes serve any operations: here those of a club with fees, kits and letters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from sagacheck.network import Call, Network, WireReply
from sagacheck.services import (
    ALREADY_REFUNDED,
    ALREADY_SHIPPED,
    INVALID_AMOUNT,
    PAYMENT_DECLINED,
    REFUND_EXCEEDS_CHARGE,
    REFUND_REFUSED,
    MessageService,
    Operation,
    PaymentService,
    Refusal,
    Request,
    Service,
    Services,
    ShipmentService,
    StockService,
    minor_units,
)
from sagacheck.world import Effect, ManualClock, Settings, World
from tests.order_calls import error, states

pytestmark = pytest.mark.asyncio

NO_KIT_LEFT = Refusal(409, "no_kit_left")
REFUNDS = (REFUND_REFUSED, ALREADY_REFUNDED, REFUND_EXCEEDS_CHARGE, INVALID_AMOUNT)


def create(name: str, *refusals: Refusal, fields: tuple[str, ...] = ()) -> Operation:
    """A create that answers an id."""
    return Operation(
        name=name,
        routes=(f"POST /{name}",),
        success=201,
        refusals=refusals,
        reply_fields=("id",),
        key_at="key",
        fields=fields,
    )


def undo(name: str, undoes: str, *refusals: Refusal, fields: tuple[str, ...] = ()) -> Operation:
    """The undo of a create, by its key or id."""
    return Operation(
        name=name,
        routes=(f"DELETE /{name}",),
        success=200,
        undoes=undoes,
        refusals=refusals,
        fields=fields,
        key_at=None,
        target_key_at="key",
        target_id_at="id",
    )


class Kits(StockService):
    """A kit for each member."""

    operations: ClassVar = (
        create("kits.book", NO_KIT_LEFT, fields=("size",)),
        undo("kits.return", "kits.book", ALREADY_SHIPPED),
    )
    out_of_stock = NO_KIT_LEFT

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Book a kit."""
        effect = self.reserve(request, {request.required("size"): 1})
        return effect, {"id": effect.id}


class Fees(PaymentService):
    """The fee of a year."""

    operations: ClassVar = (
        create("fees.collect", PAYMENT_DECLINED, INVALID_AMOUNT, fields=("fee", "card")),
        undo("fees.repay", "fees.collect", *REFUNDS, fields=("amount",)),
    )
    id_prefix = "fee"

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Collect the fee."""
        amount = minor_units(request.fields.get("fee"), "CHF")
        effect = self.charge(
            request, method=request.required("card"), amount=amount, currency="CHF"
        )
        return effect, {"id": effect.id}

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any]:
        """The id of the repayment."""
        return {"repayment": self.refund_id(request, effect)}


class Parcels(ShipmentService):
    """The kit on its way."""

    operations: ClassVar = (
        create("parcels.send"),
        undo("parcels.stop", "parcels.send", ALREADY_SHIPPED),
    )

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Send a parcel."""
        effect = self.label(request)
        return effect, {"id": effect.id, **effect.details}


class Letters(MessageService):
    """A word of welcome."""

    operations: ClassVar = (create("letters.write", fields=("text",)),)

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Write a letter."""
        effect = self.send(request, text=request.required("text"))
        return effect, {"id": effect.id}


def club(world: World) -> list[Service]:
    """The services of the club."""
    kits = Kits(world)
    return [kits, Fees(world), Parcels(world, on_departure=kits.ship), Letters(world)]


def network(**settings: Any) -> Network:
    """A network to them."""
    return Network(Services(World(Settings(**settings)), club))


async def call(to: Network, name: str, **fields: Any) -> WireReply:
    """Call an operation for member m1."""
    return await to.send(Call(to.operations[name], fields, order="m1", timeout=5.0))


def body(reply: WireReply) -> Any:
    """The body of a reply."""
    return json.loads(reply.content)


async def test_ids_begin_with_the_prefix_or_the_name_of_the_service() -> None:
    """A class may choose how its ids begin."""
    to = network(stock={"M": 1})

    booked = await call(to, "kits.book", size="M")
    paid = await call(to, "fees.collect", card="c", fee="9.50")

    assert (body(booked)["id"], body(paid)["id"]) == ("kits_1", "fee_1")


async def test_a_refusal_of_ones_own_says_that_nothing_is_left() -> None:
    """The reason has the SKU, and how many pieces were wanted and available."""
    to = network(stock={"M": 1})
    await call(to, "kits.book", size="M", key="k1")

    refused = await call(to, "kits.book", size="M", key="k2")

    assert body(refused) == {"error": "no_kit_left", "detail": "1 of M wanted, 0 available"}


async def test_what_is_undone_is_available_again() -> None:
    """A return by its key, a repayment by its id."""
    to = network(stock={"M": 1})
    await call(to, "kits.book", size="M", key="k1")
    fee = body(await call(to, "fees.collect", card="c", fee=12))["id"]

    assert (await call(to, "kits.return", key="k1")).status == 200
    assert body(await call(to, "fees.repay", id=fee)) == {"repayment": "re_1"}

    assert to.world.ledger.balances() == {"world": {"M": -1}, "available": {"M": 1}}
    assert error(await call(to, "fees.repay", id=fee)) == "already_refunded"
    assert body(await call(to, "fees.repay", key="k9")) == {"repayment": "re_of_nothing_k9"}


async def test_a_parcel_leaves_in_time_with_what_was_reserved() -> None:
    """From then on it cannot be stopped, nor can the kit be returned."""
    to = network(stock={"M": 1}, ships_after=60.0)
    await call(to, "kits.book", size="M", key="k1")
    sent = await call(to, "parcels.send", key="k1")
    assert isinstance(to.world.clock, ManualClock)

    to.world.clock.advance_to(60.0)

    assert body(sent) == {"id": "parcels_1", "tracking_number": "TRACK-1"}
    assert (states(to, "parcels.send"), states(to, "kits.book")) == (["final"], ["final"])
    for operation in ("parcels.stop", "kits.return"):
        assert error(await call(to, operation, key="k1")) == "already_shipped"


async def test_settling_touches_no_effects_but_parcels() -> None:
    """A fee stays as it is when the parcels leave."""
    to = network(stock={"M": 1})
    await call(to, "fees.collect", card="c", fee=12)
    await call(to, "parcels.send")

    to.services.settle()

    assert (states(to, "fees.collect"), states(to, "parcels.send")) == (["live"], ["final"])


async def test_a_message_is_final_and_keeps_what_it_said() -> None:
    """Nothing can undo it."""
    to = network()

    await call(to, "letters.write", text="welcome")

    (letter,) = to.world.ledger.effects.values()
    assert (letter.state, letter.details) == ("final", {"text": "welcome"})
