"""What a stale read shows: each fact of an effect as it was at the moment asked for."""

from __future__ import annotations

import pytest

from fakes import order_network
from sagacheck.world import Effect, EffectState, Settings
from tests.order_calls import ask, clock_of

pytestmark = pytest.mark.asyncio


async def test_a_charge_shows_the_refunds_that_it_had_then() -> None:
    """Refunded in two parts, then whole: each earlier moment has what was refunded until then."""
    network = order_network(Settings(default_stock=10))
    ledger, clock = network.world.ledger, clock_of(network)
    await ask(network, "payments.charge")
    for at, amount in ((10, "5.00"), (20, None)):
        clock.advance_to(at)
        await ask(network, "payments.refund", amount=amount)

    def then(when: float) -> Effect:
        (effect,) = ledger.as_of(when).effects_by("payments.charge")
        return effect

    assert [then(when).refunded for when in (5, 10, 15, 20)] == [0, 500, 500, 1999]
    assert [then(when).state for when in (15, 20)] == [EffectState.LIVE, EffectState.UNDONE]
    assert [then(when).details for when in (5, 15)] == [{}, {"refund_id": "re_1"}]


async def test_a_parcel_that_left_later_still_waits() -> None:
    """Its goods are reserved then, and at the present they are shipped."""
    network = order_network(Settings(default_stock=10, ships_after=60))
    ledger, clock = network.world.ledger, clock_of(network)
    await ask(network, "inventory.reserve")
    await ask(network, "shipping.create")
    clock.advance_to(60)

    def states(when: float) -> list[EffectState]:
        return [effect.state for effect in ledger.as_of(when).effects.values()]

    assert states(59) == [EffectState.LIVE, EffectState.LIVE]
    assert states(60) == [EffectState.FINAL, EffectState.FINAL]
    assert ledger.as_of(59).balances()["reserved"] == {"WIDGET": 2}
