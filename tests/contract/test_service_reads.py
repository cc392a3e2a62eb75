from __future__ import annotations

from typing import Any

import pytest

from sagacheck.world import Settings
from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE, RESERVE, SEND, SHIP, STEPS, Step

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_collection_shows_each_effect(face: Face, step: Step) -> None:
    """GET on the path of a create lists what was created, with id, order, key and state."""
    effect = (await step.ask(face)).json()[step.id_at]

    (row,) = await face.get(step.path)

    assert (row["id"], row["order"], row["key"]) == (effect, "o1", "order-o1")
    assert row["state"] == ("final" if step is SEND else "live")


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_collection_can_be_asked_for_one_order(face: Face, step: Step) -> None:
    """With order_id only the rows of that order are shown."""
    await step.ask(face)
    await step.ask(face, order_id="o2", idempotency_key="order-o2")

    assert [row["order"] for row in await face.get(f"{step.path}?order_id=o2")] == ["o2"]
    assert await face.get(f"{step.path}?order_id=o3") == []


async def test_refunds_are_the_charges_that_were_given_back(face: Face) -> None:
    """GET /refunds shows the refunded charges with the refund's id."""
    await CHARGE.ask(face)
    await CHARGE.ask(face, order_id="o2", idempotency_key="order-o2")
    refund = (await CHARGE.undo_by_key(face)).json()["refund_id"]

    (row,) = await face.get("/refunds?order_id=o1")

    assert (row["order"], row["amount"], row["details"]["refund_id"]) == ("o1", 1999, refund)
    assert await face.get("/refunds?order_id=o2") == []


async def test_stock_follows_the_goods(face: Face) -> None:
    """Stock goes from available to reserved to shipped, and its sum never changes."""
    face.begin(Settings(stock={"WIDGET": 5}, default_stock=1, ships_after=60))
    seen: list[Any] = [(await face.get("/stock"))["WIDGET"]]
    await RESERVE.ask(face)
    seen.append((await face.get("/stock"))["WIDGET"])
    await SHIP.ask(face)
    face.advance(60)
    seen.append((await face.get("/stock"))["WIDGET"])

    assert seen == [
        {"available": 5, "reserved": 0, "shipped": 0},
        {"available": 3, "reserved": 2, "shipped": 0},
        {"available": 3, "reserved": 0, "shipped": 2},
    ]


async def test_reads_are_not_in_the_journal(face: Face) -> None:
    """Looking changes nothing, not even the journal."""
    await face.get("/charges")

    assert len(face.world.journal) == 0
