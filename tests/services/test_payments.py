from __future__ import annotations

import pytest

from fakes import order_network
from sagacheck.world import Settings
from tests.order_calls import ask, error

pytestmark = pytest.mark.asyncio


async def test_declined_cards_are_declined_and_others_are_not() -> None:
    """The cards of the settings answer 402 payment_declined."""
    network = order_network(Settings(cards={"pm_bad": "declined"}))

    declined = await ask(network, "payments.charge", payment_method_id="pm_bad")

    assert (declined.status, error(declined)) == (402, "payment_declined")
    assert (await ask(network, "payments.charge")).status == 201


async def test_refused_refunds_leave_the_money_where_it_is() -> None:
    """422 refund_refused; but a charge never seen has nothing to refuse."""
    network = order_network(Settings(refunds_refused=True))
    await ask(network, "payments.charge")

    refused = await ask(network, "payments.refund")

    assert (refused.status, error(refused)) == (422, "refund_refused")
    assert network.world.ledger.balances()["merchant"] == {"USD": 1999}
    assert (await ask(network, "payments.refund", "o2")).status == 201
