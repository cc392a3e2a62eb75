"""A payment provider and a florist, over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import requests
from temporalio import activity

PAYMENTS = "https://payments.example.com"
FLORIST = "https://florist.example.com"


@dataclass
class Flowers:
    """Who gets which flowers."""

    order_id: str
    to: str
    bouquet: str
    cents: int


@activity.defn
def charge(order: Flowers) -> str:
    """Charge the customer; the order's id is the key of all attempts."""
    return _charge(order, order.order_id)


@activity.defn
def charge_anew(order: Flowers) -> str:
    """The bug: the key is made in the activity, so that each attempt has another."""
    return _charge(order, str(uuid.uuid4()))


def _charge(order: Flowers, key: str) -> str:
    reply = requests.post(
        f"{PAYMENTS}/charges",
        json={"order_id": order.order_id, "amount": order.cents},
        headers={"Idempotency-Key": key},
        timeout=10,
    )
    reply.raise_for_status()
    return str(reply.json()["charge_id"])


@activity.defn
def deliver(order: Flowers) -> None:
    """Have the flowers delivered."""
    reply = requests.put(
        f"{FLORIST}/deliveries/{order.order_id}",
        json={"to": order.to, "bouquet": order.bouquet},
        timeout=10,
    )
    reply.raise_for_status()
