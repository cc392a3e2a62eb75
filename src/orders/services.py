"""Where the services are and how long a call to each may take, by default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Services:
    """Addresses of the services, and timeouts of a call to each in seconds.

    A worker reads its own from the environment, as `ServiceSettings`.
    """

    inventory_url: str = "https://inventory.internal"
    payments_url: str = "https://payments.internal"
    shipping_url: str = "https://shipping.internal"
    notifications_url: str = "https://notifications.internal"
    inventory_timeout: float = 30.0
    payments_timeout: float = 60.0
    shipping_timeout: float = 30.0
    notifications_timeout: float = 20.0
