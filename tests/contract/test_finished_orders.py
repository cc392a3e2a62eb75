from __future__ import annotations

from typing import Any

import pytest

from sagacheck.world import Settings
from tests.contract.control_requests import finish
from tests.contract.faces import OverHttp
from tests.contract.order_requests import CHARGE, KEY, RESERVE, SEND, SHIP, STEPS, refusal

pytestmark = pytest.mark.asyncio

KINDS = ("attempts", "entries", "effects", "keys")


async def all_steps(face: OverHttp) -> None:
    """Ask for everything that an order needs."""
    for step in STEPS:
        assert (await step.ask(face)).status_code == step.success


async def test_a_finished_order_is_handed_over_and_leaves_memory(over_http: OverHttp) -> None:
    """The stream has all that the services know of it; the world holds none of it any more."""
    await all_steps(over_http)

    (record,), waiting = await finish(over_http, o1=[KEY])

    assert waiting == []
    assert record["order"] == "o1"
    assert [attempt["operation"] for attempt in record["attempts"]] == [s.create for s in STEPS]
    assert [entry["operation"] for entry in record["entries"]] == [
        *(step.create for step in STEPS),
        "world.ship",
        "world.ship",
    ]
    assert {effect["state"] for effect in record["effects"]} == {"final", "live"}
    assert {key["key"] for key in record["keys"]} == {KEY}
    assert list(over_http.world.journal) == []
    assert over_http.world.ledger.effects == {}
    assert {entry.order for entry in over_http.world.ledger.entries} == {""}


async def test_parcels_leave_when_their_order_is_finished(over_http: OverHttp) -> None:
    """The carrier comes for the goods of a finished order and for no others."""
    for order in ("o1", "o2"):
        for step in (RESERVE, SHIP):
            await step.ask(over_http, order_id=order, idempotency_key=order)

    await finish(over_http, o1=["o1"])

    assert (await over_http.get("/stock"))["WIDGET"] == {
        "available": 6,
        "reserved": 2,
        "shipped": 2,
    }


async def test_a_finished_order_is_handed_over_each_time(over_http: OverHttp) -> None:
    """A reader that lost the stream asks again and gets the same."""
    await all_steps(over_http)

    assert await finish(over_http, o1=[KEY]) == await finish(over_http, o1=[KEY])


async def test_an_order_that_never_came_here_has_an_empty_record(over_http: OverHttp) -> None:
    """An order that ended before its first step is finished like any other."""
    (record,), waiting = await finish(over_http, o9=[])

    nothing: list[Any] = []
    assert waiting == []
    assert record == {"order": "o9"} | dict.fromkeys(KINDS, nothing)


async def test_an_order_of_which_something_is_to_come_is_waited_for(over_http: OverHttp) -> None:
    """A late request keeps its order in memory until it has arrived."""
    over_http.fault("payments.charge", {"delay_request": "1h"})
    await over_http.times_out(CHARGE.ask(over_http))

    assert await finish(over_http, o1=[KEY]) == ([], ["o1"])
    over_http.advance(3600)
    (record,), waiting = await finish(over_http, o1=[KEY])

    assert waiting == []
    assert [effect["operation"] for effect in record["effects"]] == [CHARGE.create]


async def test_a_reservation_that_may_expire_is_waited_for(over_http: OverHttp) -> None:
    """What the world will still do to an order belongs into its record."""
    over_http.begin(Settings(default_stock=10, reservation_expires_after=60))
    await RESERVE.ask(over_http)

    assert await finish(over_http, o1=[KEY]) == ([], ["o1"])
    settled = await over_http.post("/__fakes__/settle", {})
    (record,), _ = await finish(over_http, o1=[KEY])

    assert settled.json() == {"now": 60.0}
    assert [entry["operation"] for entry in record["entries"]] == [
        RESERVE.create,
        "world.expire",
    ]


async def test_a_late_request_finds_its_finished_order(over_http: OverHttp) -> None:
    """A zombie is answered as if nothing had been put away, and opens the order again."""
    await CHARGE.ask(over_http)
    await CHARGE.undo_by_key(over_http)
    await finish(over_http, o1=[KEY])

    zombie = await CHARGE.ask(over_http)
    (record,), _ = await finish(over_http, o1=[KEY])

    assert refusal(zombie) == (410, "key_cancelled")
    assert [attempt["number"] for attempt in record["attempts"]] == [0, 1, 2]
    assert [attempt["call"] for attempt in record["attempts"]] == [1, 1, 2]


async def test_an_undo_of_nothing_goes_to_the_order_that_owns_its_key(over_http: OverHttp) -> None:
    """Only the client that finishes the order knows whose key it was, and says so."""
    await CHARGE.undo_by_key(over_http, "order-o1")
    await CHARGE.undo_by_key(over_http, "order-o2")

    (record,), _ = await finish(over_http, o1=["order-o1"])
    zombie = await CHARGE.ask(over_http, idempotency_key="order-o1")

    (attempt,) = record["attempts"]
    assert (attempt["order"], attempt["key"], attempt["call"]) == ("o1", "order-o1", 1)
    assert {key["state"] for key in record["keys"]} == {"cancelled"}
    assert refusal(zombie) == (410, "key_cancelled")
    assert [attempt.order for attempt in over_http.world.journal] == ["o1", "", "o1"]


async def test_totals_count_the_finished_and_the_open(over_http: OverHttp) -> None:
    """Nothing is lost of the sums when an order leaves memory."""
    for order in ("o1", "o2"):
        for step in (RESERVE, CHARGE, SHIP, SEND):
            await step.ask(over_http, order_id=order, idempotency_key=order)
    before = await over_http.get("/__fakes__/totals")
    await finish(over_http, o1=["o1"])
    after = await over_http.get("/__fakes__/totals")

    assert (before["orders"], after["orders"]) == (
        {"open": 2, "finished": 0},
        {"open": 1, "finished": 1},
    )
    assert after["attempts"] == before["attempts"] == 8
    assert after["balances"]["merchant"] == before["balances"]["merchant"] == {"USD": 3998}
    assert before["effects"]["shipping.create"] == {"live": 2}
    assert after["effects"]["shipping.create"] == {"live": 1, "final": 1}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "orders must name keys by order"),
        ({"orders": ["o1"]}, "orders must name keys by order"),
        ({"orders": {"o1": "order-o1"}}, "the keys of o1 must be a list"),
        ({"orders": {"o1": [7]}}, "a key of o1 must be a text, not 7"),
        ({"order": {}}, "did you mean orders?"),
    ],
    ids=str,
)
async def test_what_finishes_nothing_is_refused(
    over_http: OverHttp, body: Any, sentence: str
) -> None:
    """400 invalid_request says what is wrong."""
    response = await over_http.post("/__fakes__/finished", body)

    assert refusal(response) == (400, "invalid_request")
    assert sentence in response.json()["detail"]
