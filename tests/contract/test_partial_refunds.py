from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE, KEY, effects, refusal

pytestmark = pytest.mark.asyncio


async def refund(face: Face, amount: Any = None, **more: Any) -> httpx.Response:
    """Ask for a part of the charge of 19.99, or for all that is left of it."""
    body = {"charge_idempotency_key": KEY, "reason": "r", **more}
    return await face.post("/refunds", body if amount is None else {**body, "amount": amount})


def left(face: Face) -> int:
    """Cents that the merchant has."""
    return face.world.ledger.balances().get("merchant", {}).get("USD", 0)


async def test_a_part_of_a_charge_is_given_back(face: Face) -> None:
    """Nine tenths refunded leave a tenth charged; the charge is live, and its key still good."""
    charged = await CHARGE.ask(face)

    assert (await refund(face, "17.99")).status_code == 201

    assert (left(face), effects(face, CHARGE)) == (200, ["live"])
    assert (await CHARGE.ask(face)).json() == charged.json()
    (row,) = await face.get("/refunds")
    assert (row["amount"], row["refunded"]) == (1999, 1799)


async def test_parts_add_up_to_the_charge(face: Face) -> None:
    """When nothing is left the charge is undone, and its key is cancelled."""
    await CHARGE.ask(face)

    for amount in ("10.00", "9.00", "0.99"):
        assert (await refund(face, amount)).status_code == 201

    assert (left(face), effects(face, CHARGE)) == (0, ["undone"])
    assert refusal(await CHARGE.ask(face)) == (410, "key_cancelled")


async def test_a_refund_without_an_amount_gives_back_what_is_left(face: Face) -> None:
    """After a part, it is the rest."""
    await CHARGE.ask(face)
    await refund(face, "5.00")

    assert (await refund(face)).status_code == 201

    assert (left(face), effects(face, CHARGE)) == (0, ["undone"])


@pytest.mark.parametrize("before", [(), ("10.00",), ("10.00", "9.99")])
async def test_parts_are_never_more_than_the_charge(face: Face, before: tuple[str, ...]) -> None:
    """422 refund_exceeds_charge says how much is left, and nothing moves."""
    await CHARGE.ask(face)
    for amount in before:
        await refund(face, amount)
    had = left(face)

    response = await refund(face, "20.00")

    assert refusal(response) == (422, "refund_exceeds_charge")
    assert f"{had / 100:.2f} USD left" in response.json()["detail"]
    assert left(face) == had


async def test_a_part_that_is_asked_for_again_is_given_back_once(face: Face) -> None:
    """The refund's own key tells a retry from another part."""
    await CHARGE.ask(face)

    first = await refund(face, "5.00", idempotency_key="refund-1")
    again = await refund(face, "5.00", idempotency_key="refund-1")
    other = await refund(face, "6.00", idempotency_key="refund-1")
    second = await refund(face, "5.00", idempotency_key="refund-2")

    assert (first.json(), refusal(other)) == (again.json(), (422, "idempotency_key_reused"))
    assert (second.status_code, left(face)) == (201, 999)


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.999", "NaN", True, [], "all"], ids=str)
async def test_a_part_is_a_sum_of_money(face: Face, amount: Any) -> None:
    """What is none answers 400."""
    await CHARGE.ask(face)

    assert refusal(await refund(face, amount)) == (400, "invalid_amount")
    assert left(face) == 1999
