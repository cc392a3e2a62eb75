"""What callers ask of the services around an order, as data that tests run through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.contract.faces import Face

KEY = "order-o1"


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """`body` without some of its members."""
    return {name: value for name, value in body.items() if name not in names}


@dataclass(frozen=True)
class Step:
    """A create and its undo, if it has one.

    Attributes:
        create: The operation's name.
        path: Where it is asked for.
        body: A body that is fine.
        other: A change that makes another body of it.
        success: The status of success.
        id_at: Where the reply holds the effect's id.
        undo: The operation that undoes it, empty for none.
        undone: The status of a successful undo.
    """

    create: str
    path: str
    body: dict[str, Any]
    other: dict[str, Any]
    success: int
    id_at: str
    undo: str = ""
    undone: int = 0

    def __str__(self) -> str:
        return self.create

    async def ask(self, face: Face, **changes: Any) -> httpx.Response:
        """Ask for the effect. A member that is changed to ``None`` is left out."""
        body = {**self.body, **changes}
        return await face.post(self.path, without(body, *(n for n in body if body[n] is None)))

    async def undo_by_key(self, face: Face, key: str = KEY) -> httpx.Response:
        """Undo what was made with `key`."""
        match self.undo:
            case "inventory.release":
                return await face.delete(f"/reservations?idempotency_key={key}")
            case "payments.refund":
                return await face.post("/refunds", {"charge_idempotency_key": key, "reason": "r"})
            case _:
                return await face.post("/shipments/cancel", {"idempotency_key": key})

    async def undo_by_id(self, face: Face, effect: str) -> httpx.Response:
        """Undo the effect with this id."""
        match self.undo:
            case "inventory.release":
                return await face.delete(f"/reservations/{effect}")
            case "payments.refund":
                return await face.post("/refunds", {"payment_id": effect, "reason": "r"})
            case _:
                return await face.request("POST", f"/shipments/{effect}/cancel")


RESERVE = Step(
    create="inventory.reserve",
    path="/reservations",
    body={
        "order_id": "o1",
        "items": [{"sku": "WIDGET", "qty": 2}, {"sku": "GADGET", "qty": 1}],
        "idempotency_key": KEY,
    },
    other={"items": [{"sku": "WIDGET", "qty": 3}]},
    success=201,
    id_at="reservation_id",
    undo="inventory.release",
    undone=204,
)
CHARGE = Step(
    create="payments.charge",
    path="/charges",
    body={
        "order_id": "o1",
        "customer_id": "c1",
        "payment_method_id": "pm_1",
        "amount": "19.99",
        "currency": "USD",
        "idempotency_key": KEY,
    },
    other={"amount": "20.00"},
    success=201,
    id_at="payment_id",
    undo="payments.refund",
    undone=201,
)
SHIP = Step(
    create="shipping.create",
    path="/shipments",
    body={
        "order_id": "o1",
        "address": {
            "street": "1 Main Street",
            "city": "Springfield",
            "state": "IL",
            "zip": "62701",
            "country": "US",
        },
        "idempotency_key": KEY,
    },
    other={"order_id": "o2"},
    success=201,
    id_at="shipment_id",
    undo="shipping.cancel",
    undone=200,
)
SEND = Step(
    create="notifications.send",
    path="/emails",
    body={
        "order_id": "o1",
        "customer_id": "c1",
        "tracking_number": "TRACK-1",
        "idempotency_key": KEY,
    },
    other={"customer_id": "c2"},
    success=202,
    id_at="email_id",
)

STEPS = (RESERVE, CHARGE, SHIP, SEND)
UNDOABLE = (RESERVE, CHARGE, SHIP)


def effects(face: Face, step: Step) -> list[str]:
    """The states of all effects that `step` has made, oldest first."""
    made = face.world.ledger.effects.values()
    return [effect.state.value for effect in made if effect.operation == step.create]


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and ``error`` code; each refusal explains itself as well."""
    body = response.json()
    assert body["detail"]
    return response.status_code, body["error"]
