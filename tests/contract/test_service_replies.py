from __future__ import annotations

from typing import Any

import pytest

from sagacheck.world import Settings
from tests.contract.faces import Face
from tests.contract.order_requests import (
    CHARGE,
    RESERVE,
    SEND,
    SHIP,
    STEPS,
    UNDOABLE,
    Step,
    refusal,
)

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_create_answers_with_the_id_of_its_effect(face: Face, step: Step) -> None:
    """Each create answers its status of success, and an id that the service knows."""
    response = await step.ask(face)

    assert response.status_code == step.success
    assert response.json()[step.id_at] in face.world.ledger.effects
    assert response.headers["content-type"] == "application/json"


async def test_a_shipment_has_a_tracking_number(face: Face) -> None:
    """A shipment's reply names the tracking number beside the id."""
    assert (await SHIP.ask(face)).json()["tracking_number"].startswith("TRACK-")


async def test_a_charge_takes_the_money(face: Face) -> None:
    """19.99 charged are 1999 cents gone from the customer and come to the merchant."""
    await CHARGE.ask(face)

    assert face.world.ledger.balances() == {"customer": {"USD": -1999}, "merchant": {"USD": 1999}}


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1999", "JPY", 1999),
        (2000, "JPY", 2000),
        ("19.999", "KWD", 19999),
        ("19.9", "KWD", 19900),
        ("19.99", "EUR", 1999),
        ("0.0001", "CLF", 1),
    ],
)
async def test_an_amount_has_the_decimals_of_its_currency(
    face: Face, amount: Any, currency: str, minor: int
) -> None:
    """The yen has none, the dinar three: minor units are counted per currency."""
    await CHARGE.ask(face, amount=amount, currency=currency)

    assert face.world.ledger.balances()["merchant"] == {currency: minor}


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("19.99", "JPY", "invalid_amount"),
        ("1999.0", "JPY", "invalid_amount"),
        ("1.9999", "KWD", "invalid_amount"),
        ("1.00", "DOLLARS", "invalid_currency"),
        ("1.00", "usd", "invalid_currency"),
        ("1.00", "ABC", "invalid_currency"),
        ("1.00", "XAU", "invalid_currency"),
    ],
)
async def test_a_currency_that_is_none_is_refused(
    face: Face, amount: str, currency: str, code: str
) -> None:
    """So is an amount with more decimals than its currency has: 400, and nothing is charged."""
    response = await CHARGE.ask(face, amount=amount, currency=currency)

    assert refusal(response) == (400, code)
    assert face.world.ledger.balances() == {}


async def test_a_refund_is_in_the_currency_of_its_charge(face: Face) -> None:
    """A part of it has that currency's decimals, too."""
    await CHARGE.ask(face, amount="1999", currency="JPY")
    part = {"charge_idempotency_key": "order-o1", "reason": "r", "amount": "999.00"}

    assert refusal(await face.post("/refunds", part)) == (400, "invalid_amount")
    assert (await face.post("/refunds", {**part, "amount": "999"})).status_code == 201

    assert face.world.ledger.balances()["merchant"] == {"JPY": 1000}


async def test_a_reservation_holds_its_stock(face: Face) -> None:
    """What is reserved is no longer available, and not shipped either."""
    await RESERVE.ask(face)

    assert await face.get("/stock") == {
        "GADGET": {"available": 9, "reserved": 1, "shipped": 0},
        "WIDGET": {"available": 8, "reserved": 2, "shipped": 0},
    }


async def test_all_lines_are_reserved_or_none(face: Face) -> None:
    """One line too many refuses the others, and a SKU in two lines counts as their sum."""
    greedy = [{"sku": "GADGET", "qty": 1}, {"sku": "WIDGET", "qty": 6}, {"sku": "WIDGET", "qty": 5}]

    response = await RESERVE.ask(face, items=greedy)

    assert refusal(response) == (409, "insufficient_inventory")
    assert all(row["reserved"] == 0 for row in (await face.get("/stock")).values())


async def test_a_declined_card_is_not_charged(face: Face) -> None:
    """A card that the world declines answers 402 payment_declined."""
    face.begin(Settings(cards={"pm_1": "declined"}))

    assert refusal(await CHARGE.ask(face)) == (402, "payment_declined")
    assert face.world.ledger.balances() == {}


@pytest.mark.parametrize("part", ["street", "city", "zip", "country"])
async def test_an_address_must_be_complete(face: Face, part: str) -> None:
    """A parcel without a whole address answers 422 invalid_address."""
    address = {**SHIP.body["address"], part: " "}

    assert refusal(await SHIP.ask(face, address=address)) == (422, "invalid_address")


async def test_a_provider_can_refuse_refunds(face: Face) -> None:
    """Where refunds are refused the answer is 422 refund_refused, and the money stays."""
    face.begin(Settings(refunds_refused=True))
    await CHARGE.ask(face)

    assert refusal(await CHARGE.undo_by_key(face)) == (422, "refund_refused")
    assert face.world.ledger.balances()["merchant"] == {"USD": 1999}


async def test_a_parcel_that_has_left_cannot_be_cancelled(face: Face) -> None:
    """After ships_after the parcel is gone, by key and by id: 409 already_shipped."""
    face.begin(Settings(default_stock=10, ships_after=3600))
    shipment = (await SHIP.ask(face)).json()["shipment_id"]
    face.advance(3600)

    assert refusal(await SHIP.undo_by_key(face)) == (409, "already_shipped")
    assert refusal(await SHIP.undo_by_id(face, shipment)) == (409, "already_shipped")


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_an_unknown_id_cannot_be_undone(face: Face, step: Step) -> None:
    """An undo by an id that the service never gave away answers 404."""
    assert refusal(await step.undo_by_id(face, "nobody_1")) == (404, "not_found")


async def test_an_id_of_another_service_is_unknown(face: Face) -> None:
    """A reservation's id means nothing to the payment service."""
    reservation = (await RESERVE.ask(face)).json()["reservation_id"]

    assert refusal(await CHARGE.undo_by_id(face, reservation)) == (404, "not_found")


MALFORMED: list[tuple[Step, dict[str, Any]]] = [
    (RESERVE, {"order_id": None}),
    (RESERVE, {"order_id": 1}),
    (RESERVE, {"items": None}),
    (RESERVE, {"items": []}),
    (RESERVE, {"items": [{"sku": "WIDGET"}]}),
    (RESERVE, {"items": [{"qty": 1}]}),
    (RESERVE, {"items": ["WIDGET"]}),
    (RESERVE, {"items": [{"sku": "WIDGET", "qty": 0}]}),
    (RESERVE, {"items": [{"sku": "WIDGET", "qty": 1.5}]}),
    (RESERVE, {"items": [{"sku": "WIDGET", "qty": True}]}),
    (RESERVE, {"idempotency_key": ""}),
    (RESERVE, {"idempotency_key": 7}),
    (CHARGE, {"customer_id": None}),
    (CHARGE, {"payment_method_id": None}),
    (CHARGE, {"currency": None}),
    (CHARGE, {"amount": None}),
    (CHARGE, {"amount": "0.00"}),
    (CHARGE, {"amount": "-1.00"}),
    (CHARGE, {"amount": "1.999"}),
    (CHARGE, {"amount": "NaN"}),
    (CHARGE, {"amount": "Infinity"}),
    (CHARGE, {"amount": "1e999999999"}),
    (CHARGE, {"amount": 59.970000000000006}),
    (CHARGE, {"amount": True}),
    (CHARGE, {"amount": ["1"]}),
    (SHIP, {"address": None}),
    (SHIP, {"address": "1 Main Street"}),
    (SEND, {"order_id": None}),
    (SEND, {"customer_id": None}),
]


@pytest.mark.parametrize(("step", "change"), MALFORMED, ids=str)
async def test_a_malformed_body_is_refused(face: Face, step: Step, change: dict[str, Any]) -> None:
    """A field that is missing or no such thing answers 400, and nothing happens."""
    response = await step.ask(face, **change)

    assert refusal(response)[0] == 400
    assert face.world.ledger.effects == {}


@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '"text"', "\x00"])
async def test_a_body_that_is_no_object_is_refused(face: Face, step: Step, content: str) -> None:
    """What is no JSON object answers 400 invalid_request, and the journal has it too."""
    response = await face.request("POST", step.path, content=content)

    assert refusal(response) == (400, "invalid_request")
    assert face.last_attempt.status == 400


async def test_a_garbled_body_undoes_nothing(face: Face) -> None:
    """Even where the path says what is meant, a request that cannot be read is refused."""
    reservation = (await RESERVE.ask(face)).json()["reservation_id"]

    response = await face.request("DELETE", f"/reservations/{reservation}", content="{")

    assert refusal(response) == (400, "invalid_request")
    assert (await face.get("/reservations"))[0]["state"] == "live"


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_an_undo_must_say_of_what(face: Face, step: Step) -> None:
    """An undo that names neither an id nor a key answers 400."""
    path = {"inventory.release": "/reservations", "shipping.cancel": "/shipments/cancel"}
    method = "DELETE" if step is RESERVE else "POST"

    body = {"reason": "r"} if step is CHARGE else {}
    response = await face.request(method, path.get(step.undo, "/refunds"), json=body)

    assert refusal(response) == (400, "invalid_request")
