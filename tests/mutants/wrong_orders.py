"""Sagas whose worker keeps what belongs to one order, and uses it for the next."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeVar
from weakref import WeakKeyDictionary

from temporalio import activity
from typing_extensions import override

from orders.activities import OrderActivities
from orders.messages import (
    ChargePayment,
    CreateShipment,
    ReserveInventory,
    SendConfirmation,
    Shipment,
)
from sagacheck.mutants import Mutant
from tests.mutants._saga import saga

_Kept = TypeVar("_Kept")

_KEPT: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, object]] = WeakKeyDictionary()
"""What the worker of each event loop has kept."""


def _first(name: str, value: _Kept) -> _Kept:
    """The first value of this name that the worker has seen."""
    kept = _KEPT.setdefault(asyncio.get_running_loop(), {})
    return kept.setdefault(name, value)  # type: ignore[return-value]


class ChargesTheFirstCard(OrderActivities):
    """The client of the payment service is made once, with the card of the first order."""

    @activity.defn
    @override
    async def charge_payment(self, message: ChargePayment) -> str:
        card = _first("card", message.payment_method_id)
        return await super().charge_payment(replace(message, payment_method_id=card))


class ChargesTheFirstCustomer(OrderActivities):
    """The customer of the first order pays for all."""

    @activity.defn
    @override
    async def charge_payment(self, message: ChargePayment) -> str:
        customer = _first("customer", message.customer_id)
        return await super().charge_payment(replace(message, customer_id=customer))


class ShipsToTheFirstAddress(OrderActivities):
    """The address is looked up once."""

    @activity.defn
    @override
    async def create_shipment(self, message: CreateShipment) -> Shipment:
        address = _first("address", message.address)
        return await super().create_shipment(replace(message, address=address))


class MailsTheFirstTrackingNumber(OrderActivities):
    """The template of the mail is filled in once."""

    @activity.defn
    @override
    async def send_confirmation(self, message: SendConfirmation) -> None:
        number = _first("number", message.tracking_number)
        await super().send_confirmation(replace(message, tracking_number=number))


class ReservesTheFirstItems(OrderActivities):
    """Every order gets the goods of the first."""

    @activity.defn
    @override
    async def reserve_inventory(self, message: ReserveInventory) -> str:
        items = _first("items", message.items)
        return await super().reserve_inventory(replace(message, items=items))


MUTANTS = (
    Mutant(
        name="card of the first order charged",
        anomaly="A20",
        why="the second customer's order is paid with the first customer's card",
        saga=saga(activities=ChargesTheFirstCard),
        breaks=frozenset({"I21"}),
    ),
    Mutant(
        name="customer of the first order charged",
        anomaly="A20",
        why="the charge of the second order stands in the first customer's account",
        saga=saga(activities=ChargesTheFirstCustomer),
        breaks=frozenset({"I21"}),
    ),
    Mutant(
        name="shipped to the address of the first order",
        anomaly="A20",
        why="the second customer's parcel goes to the first customer",
        saga=saga(activities=ShipsToTheFirstAddress),
        breaks=frozenset({"I21"}),
    ),
    Mutant(
        name="tracking number of the first order mailed",
        anomaly="A20",
        why="the second customer watches the first customer's parcel",
        saga=saga(activities=MailsTheFirstTrackingNumber),
        breaks=frozenset({"I21"}),
    ),
    Mutant(
        name="goods of the first order reserved",
        anomaly="A20",
        why="the second customer gets what the first one ordered",
        saga=saga(activities=ReservesTheFirstItems),
        breaks=frozenset({"I6", "I21"}),
    ),
)
