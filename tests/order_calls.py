"""Calls as a saga makes them, sent through the network to the services without any HTTP."""

from __future__ import annotations

import json
from typing import Any

from sagacheck.network import Call, Network, WireReply
from sagacheck.world import ManualClock

TIMEOUT = 5.0
"""Seconds until a caller of these tests gives up."""

_BODIES: dict[str, dict[str, Any]] = {
    "inventory.reserve": {"items": [{"sku": "WIDGET", "qty": 2}]},
    "payments.charge": {
        "customer_id": "c1",
        "payment_method_id": "pm_1",
        "amount": "19.99",
        "currency": "USD",
    },
    "shipping.create": {
        "address": {
            "street": "1 Main Street",
            "city": "Springfield",
            "state": "IL",
            "zip": "62701",
            "country": "US",
        }
    },
    "notifications.send": {"customer_id": "c1", "tracking_number": "TRACK-1"},
}


def call(network: Network, name: str, order: str = "o1", **changes: Any) -> Call:
    """A call of `name` for `order`, by key; a change to ``None`` leaves a field out."""
    operation = network.operations[name]
    fields: dict[str, Any] = {operation.target_key_at or "idempotency_key": f"order-{order}"}
    if operation.is_create:
        fields |= {"order_id": order, **_BODIES[name]}
    fields |= changes
    sent = {field: value for field, value in fields.items() if value is not None}
    return Call(operation, sent, order=order, activity=name, timeout=TIMEOUT)


async def ask(network: Network, name: str, order: str = "o1", **changes: Any) -> WireReply:
    """Send such a call."""
    return await network.send(call(network, name, order, **changes))


def clock_of(network: Network) -> ManualClock:
    """The clock of a world that stands still unless it is moved."""
    clock = network.world.clock
    assert isinstance(clock, ManualClock)
    return clock


def states(network: Network, name: str) -> list[str]:
    """The states of all effects of a create, oldest first."""
    made = network.world.ledger.effects.values()
    return [effect.state.value for effect in made if effect.operation == name]


def stock(network: Network, sku: str = "WIDGET") -> dict[str, int]:
    """Pieces of a SKU: available, reserved and shipped."""
    pieces: dict[str, int] = network.services.reads()["stock"][sku]
    return pieces


def error(reply: WireReply) -> str:
    """The error code of a refusal."""
    return str(json.loads(reply.content)["error"])
