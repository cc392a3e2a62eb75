"""Where the services are. The connection to Temporal is configured by `temporalio.envconfig`."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Addresses of the services and how long a call to each may take, in seconds.

    Every field can be set in the environment: ``ORDERS_INVENTORY_URL``, ``ORDERS_PAYMENTS_TIMEOUT``
    and so on. A timeout must be shorter than the activity's start-to-close timeout, so that an
    attempt reports that it had no answer instead of being given up.
    """

    model_config = SettingsConfigDict(env_prefix="ORDERS_", frozen=True)

    inventory_url: str = "https://inventory.internal"
    payments_url: str = "https://payments.internal"
    shipping_url: str = "https://shipping.internal"
    notifications_url: str = "https://notifications.internal"
    inventory_timeout: float = Field(default=30.0, gt=0, lt=120)
    payments_timeout: float = Field(default=60.0, gt=0, lt=120)
    shipping_timeout: float = Field(default=30.0, gt=0, lt=120)
    notifications_timeout: float = Field(default=20.0, gt=0, lt=30)
