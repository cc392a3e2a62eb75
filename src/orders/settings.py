"""Where the services are. The connection to Temporal is configured by `temporalio.envconfig`."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from orders.services import Services


class ServiceSettings(BaseSettings):
    """Addresses of the services and how long a call to each may take, in seconds.

    Every field can be set in the environment: ``ORDERS_INVENTORY_URL``, ``ORDERS_PAYMENTS_TIMEOUT``
    and so on. A timeout must be shorter than the activity's start-to-close timeout, so that an
    attempt reports that it had no answer instead of being given up.
    """

    model_config = SettingsConfigDict(env_prefix="ORDERS_", frozen=True)

    inventory_url: str = Services.inventory_url
    payments_url: str = Services.payments_url
    shipping_url: str = Services.shipping_url
    notifications_url: str = Services.notifications_url
    inventory_timeout: float = Field(default=Services.inventory_timeout, gt=0, lt=120)
    payments_timeout: float = Field(default=Services.payments_timeout, gt=0, lt=120)
    shipping_timeout: float = Field(default=Services.shipping_timeout, gt=0, lt=120)
    notifications_timeout: float = Field(default=Services.notifications_timeout, gt=0, lt=30)
