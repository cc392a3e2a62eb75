"""The activities: one HTTP call each, made with the order's idempotency key.

They never retry: Temporal's retry policy does that, and two layers of retries multiply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from temporalio import activity
from temporalio.exceptions import ApplicationError

from orders.errors import (
    ALREADY_REFUNDED,
    error_after_doubt,
    error_for_large_reply,
    error_for_reply,
    error_for_slow_reply,
    error_for_transport,
    error_for_unreadable,
)
from orders.messages import (
    CancelShipment,
    ChargePayment,
    CreateShipment,
    RefundPayment,
    ReleaseInventory,
    ReserveInventory,
    SendConfirmation,
    Shipment,
)
from orders.reply import Reply
from orders.services import Services

if TYPE_CHECKING:
    from orders.settings import ServiceSettings
from orders.texts import LONGEST_TEXT_BYTES

CURRENCY = "USD"
MOST_REPLY_BYTES = 1024 * 1024
"""No reply is longer: an error page or an attack does not fill the memory of a worker."""
_HTTPX_FIRST_SECONDS = 0.01
"""A call's own limit is so much longer than httpx's, which says what it has waited for."""


def _services_of_environment() -> ServiceSettings:
    # pydantic-settings takes as long to import as the workflow and its messages together.
    from orders.settings import ServiceSettings  # noqa: PLC0415

    return ServiceSettings()


class OrderActivities:
    """What the order saga does to the world.

    Args:
        http: The client for all calls of a worker. Making one costs a TLS context and losing it
            costs the open connections, so a worker has just one.
        services: Where the services are, and how long each may take; from the environment by
            default, as `ServiceSettings`.
    """

    def __init__(
        self, http: httpx.AsyncClient, services: Services | ServiceSettings | None = None
    ) -> None:
        self._http = http
        self._services = services or _services_of_environment()

    def all(self) -> list[Callable[..., Any]]:
        """The activities to register with a worker."""
        return [
            self.reserve_inventory,
            self.release_inventory,
            self.charge_payment,
            self.refund_payment,
            self.create_shipment,
            self.cancel_shipment,
            self.send_confirmation,
        ]

    @activity.defn
    async def reserve_inventory(self, message: ReserveInventory) -> str:
        """Reserve the items and return the reservation's id."""
        body = await self._call(
            "POST",
            f"{self._services.inventory_url}/reservations",
            self._services.inventory_timeout,
            json={
                "order_id": message.order_id,
                "items": [{"sku": item.sku, "qty": item.quantity} for item in message.items],
                "idempotency_key": message.idempotency_key,
            },
            wanted=("reservation_id",),
        )
        return body["reservation_id"]

    @activity.defn
    async def release_inventory(self, message: ReleaseInventory) -> None:
        """Undo the reservation with this key."""
        await self._call(
            "DELETE",
            f"{self._services.inventory_url}/reservations",
            self._services.inventory_timeout,
            params={"idempotency_key": message.idempotency_key},
        )

    @activity.defn
    async def charge_payment(self, message: ChargePayment) -> str:
        """Charge the customer and return the payment's id."""
        body = await self._call(
            "POST",
            f"{self._services.payments_url}/charges",
            self._services.payments_timeout,
            json={
                "order_id": message.order_id,
                "customer_id": message.customer_id,
                "payment_method_id": message.payment_method_id,
                "amount": f"{message.amount:.2f}",
                "currency": CURRENCY,
                "idempotency_key": message.idempotency_key,
            },
            wanted=("payment_id",),
        )
        return body["payment_id"]

    @activity.defn
    async def refund_payment(self, message: RefundPayment) -> None:
        """Undo the charge with this key. That it was refunded before is a success."""
        try:
            await self._call(
                "POST",
                f"{self._services.payments_url}/refunds",
                self._services.payments_timeout,
                json={
                    "charge_idempotency_key": message.charge_key,
                    "reason": message.reason,
                    "idempotency_key": message.idempotency_key,
                },
            )
        except ApplicationError as error:
            if error.type != ALREADY_REFUNDED:
                raise

    @activity.defn
    async def create_shipment(self, message: CreateShipment) -> Shipment:
        """Have the parcel fetched and return its ids."""
        body = await self._call(
            "POST",
            f"{self._services.shipping_url}/shipments",
            self._services.shipping_timeout,
            json={
                "order_id": message.order_id,
                "address": {
                    "street": message.address.street,
                    "city": message.address.city,
                    "state": message.address.state,
                    "zip": message.address.zip_code,
                    "country": message.address.country,
                },
                "idempotency_key": message.idempotency_key,
            },
            wanted=("shipment_id", "tracking_number"),
        )
        return Shipment(body["shipment_id"], body["tracking_number"])

    @activity.defn
    async def cancel_shipment(self, message: CancelShipment) -> None:
        """Undo the shipment with this key; an ``AlreadyShipped`` error once the parcel has left."""
        await self._call(
            "POST",
            f"{self._services.shipping_url}/shipments/cancel",
            self._services.shipping_timeout,
            json={"idempotency_key": message.idempotency_key},
        )

    @activity.defn
    async def send_confirmation(self, message: SendConfirmation) -> None:
        """Send the confirmation mail. That a *first* attempt is refused says that none was sent."""
        try:
            await self._call(
                "POST",
                f"{self._services.notifications_url}/emails",
                self._services.notifications_timeout,
                json={
                    "order_id": message.order_id,
                    "customer_id": message.customer_id,
                    "tracking_number": message.tracking_number,
                    "idempotency_key": message.idempotency_key,
                },
            )
        except ApplicationError as error:
            if error.non_retryable and _attempt() > 1:
                raise error_after_doubt(error) from error
            raise

    async def _call(  # noqa: PLR0913 - a request has that many parts, most of them named
        self,
        method: str,
        url: str,
        limit: float,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
        wanted: tuple[str, ...] = (),
    ) -> dict[str, str]:
        """Make one request, of at most `limit` seconds, and return what is `wanted` of its reply.

        Raises:
            ApplicationError: Anything but a readable success; see `orders.errors`.
        """
        try:
            # The limits of httpx are for each read: a body that drips would hold the attempt.
            async with asyncio.timeout(limit + _HTTPX_FIRST_SECONDS):
                reply = await self._request(method, url, json=json, params=params, timeout=limit)
        except TimeoutError as error:
            raise error_for_slow_reply(limit) from error
        except httpx.RequestError as error:
            raise error_for_transport(error) from error
        if not reply.is_success:
            raise error_for_reply(reply, backoff=_own_backoff())
        return _wanted(reply, wanted)

    async def _request(self, method: str, url: str, **how: Any) -> Reply:
        """Make one request and read its reply, of at most `MOST_REPLY_BYTES`."""
        headers = {"Accept-Encoding": "identity"}
        async with self._http.stream(
            method, url, headers=headers, follow_redirects=False, **how
        ) as response:
            body = bytearray()
            # What is compressed, unasked, may be a thousand times as long: it counts as unreadable.
            if response.headers.get("Content-Encoding", "identity") == "identity":
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MOST_REPLY_BYTES:
                        raise error_for_large_reply(response, MOST_REPLY_BYTES)
        return Reply(response, bytes(body))


def _attempt() -> int:
    return activity.info().attempt if activity.in_activity() else 1


def _own_backoff() -> timedelta:
    """What Temporal will wait after this attempt, by the retry policy of the activity."""
    policy = activity.info().retry_policy if activity.in_activity() else None
    if policy is None:
        return timedelta(0)
    # Past thirty doublings every policy has reached its maximum, and floats stay finite.
    growth = policy.backoff_coefficient ** min(activity.info().attempt - 1, 30)
    longest = policy.maximum_interval or 100 * policy.initial_interval
    seconds = min(policy.initial_interval.total_seconds() * growth, longest.total_seconds())
    return timedelta(seconds=seconds)


def _wanted(reply: Reply, names: tuple[str, ...]) -> dict[str, str]:
    if not names:
        return {}
    try:
        body = reply.json()
        found = {name: body[name] for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise error_for_unreadable(reply) from error
    if not all(map(_is_id, found.values())):
        raise error_for_unreadable(reply)
    return found


def _is_id(value: Any) -> bool:
    """Whether it may be an id: it goes into the history, and on to other services."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT_BYTES and value.isprintable()
