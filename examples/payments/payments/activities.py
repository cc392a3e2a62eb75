"""The steps of an order and their compensations: plain httpx, as it runs in production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio import activity
from temporalio.exceptions import ApplicationError


@dataclass
class Order:
    """What a customer wants, and the card that pays for it."""

    order_id: str
    card: str
    amount: str
    currency: str


@dataclass
class Authorisation:
    """What is to be set aside for an order, and the key under which it is asked for."""

    order: Order
    key: str


@dataclass
class Refund:
    """What is to be given back: what was captured under a key, and the key of this try."""

    capture_key: str
    key: str


@dataclass
class RefundState:
    """A refund as the provider knows it: ``pending``, ``settled`` or ``failed``."""

    refund_id: str
    status: str


@dataclass
class PaymentEvent:
    """What the provider's webhook tells: ``authorised`` or ``captured``, and what it is about."""

    event: str
    key: str
    authorisation_id: str = ""


class CardActivities:
    """Calls the payment provider and the carrier.

    Args:
        http: One client for the worker's whole life; a connection is dear.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @activity.defn
    async def authorise(self, wanted: Authorisation) -> str:
        """Set the order's amount aside on its card. The reply has an id; a callback confirms it."""
        order = wanted.order
        body = {
            "order_id": order.order_id,
            "card": order.card,
            "amount": order.amount,
            "currency": order.currency,
            "idempotency_key": wanted.key,
        }
        reply = await self._call("POST", "https://provider.example/authorisations", json=body)
        return str(reply.json()["authorisation_id"])

    @activity.defn
    async def look_at_authorisation(self, key: str) -> str:
        """The status of an authorisation; empty where the provider knows of none."""
        url = "https://provider.example/authorisations"
        reply = await self._call("GET", url, params={"idempotency_key": key})
        return next((str(each["status"]) for each in reply.json()), "")

    @activity.defn
    async def void(self, key: str) -> None:
        """See to it that nothing is set aside under `key`, now or later."""
        url = "https://provider.example/authorisations"
        await self._call("DELETE", url, params={"idempotency_key": key})

    @activity.defn
    async def capture(self, key: str) -> None:
        """Take what was set aside under `key`."""
        body = {"authorisation_key": key, "idempotency_key": key}
        await self._call("POST", "https://provider.example/captures", json=body)

    @activity.defn
    async def refund(self, wanted: Refund) -> RefundState:
        """Give back what was captured. It may be accepted now, and settle or fail in days."""
        body = {"capture_key": wanted.capture_key, "idempotency_key": wanted.key}
        reply = await self._call("POST", "https://provider.example/refunds", json=body)
        answer = reply.json()
        return RefundState(answer["refund_id"], answer["status"])

    @activity.defn
    async def look_at_refund(self, refund_id: str) -> str:
        """The status of a refund."""
        reply = await self._call("GET", "https://provider.example/refunds")
        return next(str(each["status"]) for each in reply.json() if each["id"] == refund_id)

    @activity.defn
    async def send_parcel(self, order_id: str) -> None:
        """Hand the order's parcel to the carrier."""
        body = {"order_id": order_id, "idempotency_key": order_id}
        await self._call("POST", "https://carrier.example/parcels", json=body)

    @activity.defn
    async def stop_parcel(self, order_id: str) -> None:
        """See to it that no parcel leaves for the order, now or later."""
        url = "https://carrier.example/parcels"
        await self._call("DELETE", url, params={"idempotency_key": order_id})

    def all(self) -> list[Callable[..., Any]]:
        """All activities, as a worker takes them."""
        return [
            self.authorise,
            self.look_at_authorisation,
            self.void,
            self.capture,
            self.refund,
            self.look_at_refund,
            self.send_parcel,
            self.stop_parcel,
        ]

    async def _call(self, method: str, url: str, **content: Any) -> httpx.Response:
        """Send a request. What the service refuses for good is not tried again.

        Raises:
            ApplicationError: It was refused; its type is the code in the body.
        """
        reply = await self._http.request(method, url, timeout=10, **content)
        if reply.is_client_error:
            code = str(reply.json().get("error"))
            passes = code in ("too_many_requests", "request_in_flight")
            raise ApplicationError(reply.text, type=code, non_retryable=not passes)
        reply.raise_for_status()
        return reply
