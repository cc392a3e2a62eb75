from __future__ import annotations

from typing import Any

import pytest

from fakes import order_services
from sagacheck.services import OperationTable, Services
from sagacheck.world import World
from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE, RESERVE, SHIP, STEPS, UNDOABLE, Step, refusal
from trip.services import trip_services

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_field_that_a_create_does_not_know_is_refused(face: Face, step: Step) -> None:
    """400 unknown_field names the field, and nothing happens: a typing error is not ignored."""
    response = await step.ask(face, amuont="1.00")

    assert refusal(response) == (400, "unknown_field")
    assert "'amuont'" in response.json()["detail"]
    assert face.world.ledger.effects == {}


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_a_field_that_an_undo_does_not_know_is_refused(face: Face, step: Step) -> None:
    """Be it in the query or in the body; the effect stays."""
    await step.ask(face)
    path = {"inventory.release": "/reservations", "shipping.cancel": "/shipments/cancel"}
    method = "DELETE" if step is RESERVE else "POST"
    key = "charge_idempotency_key" if step is CHARGE else "idempotency_key"

    for how in (
        {"json": {key: "order-o1", "force": True}},
        {"params": {key: "order-o1", "x": "1"}},
    ):
        response = await face.request(method, path.get(step.undo, "/refunds"), **how)
        assert refusal(response) == (400, "unknown_field")

    (effect,) = face.world.ledger.effects.values()
    assert effect.state == "live"


@pytest.mark.parametrize(
    ("step", "change"),
    [
        (RESERVE, {"items": [{"sku": "WIDGET", "qty": 1, "price": "1.00"}]}),
        (SHIP, {"address": {**SHIP.body["address"], "zip_code": "62701"}}),
    ],
    ids=str,
)
async def test_a_field_inside_of_a_field_is_refused_too(
    face: Face, step: Step, change: dict[str, Any]
) -> None:
    """The lines of a reservation and the parts of an address are known as well."""
    assert refusal(await step.ask(face, **change)) == (400, "unknown_field")


@pytest.mark.parametrize("services", [order_services, trip_services])
async def test_every_operation_says_which_fields_it_knows(services: Any) -> None:
    """No operation of this shop or of the trip takes fields of any name."""
    table: OperationTable = Services(World(), services).operations

    assert [op.name for op in table.operations if op.known_fields is None] == []
