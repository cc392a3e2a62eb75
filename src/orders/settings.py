"""Where the services are. The connection to Temporal is configured by `temporalio.envconfig`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orders.services import Services

_HTTP_URL = TypeAdapter(AnyHttpUrl)
_NOT_BEFORE_A_PATH = frozenset("?#\\ \t\r\n")


def _service_url(text: str) -> str:
    """`text` without a slash at its end, if paths can be put behind it."""
    rule = "it must be a URL such as https://payments.example.com, with no ?query or #fragment"
    try:
        url = _HTTP_URL.validate_python(text)
    except ValidationError:
        raise ValueError(rule) from None
    # pydantic reads "http:x" as "http://x", as browsers do; httpx does not.
    if not text.lower().startswith(f"{url.scheme}://") or _NOT_BEFORE_A_PATH.intersection(text):
        raise ValueError(rule)
    return text.rstrip("/")


ServiceUrl = Annotated[str, AfterValidator(_service_url)]
"""The address of a service; ``http`` or ``https``."""


class ServiceSettings(BaseSettings):
    """Addresses of the services and how long a call to each may take, in seconds.

    Every field can be set in the environment: ``ORDERS_INVENTORY_URL``, ``ORDERS_PAYMENTS_TIMEOUT``
    and so on. A timeout must be shorter than the activity's start-to-close timeout, so that an
    attempt reports that it had no answer instead of being given up.
    """

    model_config = SettingsConfigDict(env_prefix="ORDERS_", frozen=True)

    inventory_url: ServiceUrl = Services.inventory_url
    payments_url: ServiceUrl = Services.payments_url
    shipping_url: ServiceUrl = Services.shipping_url
    notifications_url: ServiceUrl = Services.notifications_url
    inventory_timeout: float = Field(default=Services.inventory_timeout, gt=0, lt=120)
    payments_timeout: float = Field(default=Services.payments_timeout, gt=0, lt=120)
    shipping_timeout: float = Field(default=Services.shipping_timeout, gt=0, lt=120)
    notifications_timeout: float = Field(default=Services.notifications_timeout, gt=0, lt=30)
