"""Which settings of a world the services of a saga know."""

from __future__ import annotations

from collections.abc import Iterator

from sagacheck.services import (
    MessageService,
    PaymentService,
    Service,
    Services,
    ShipmentService,
    StockService,
)
from sagacheck.world import Settings

_KINDS = (StockService, PaymentService, ShipmentService, MessageService)


def check_settings(settings: Settings, services: Services) -> None:
    """Check that there is a service for each setting: one that none knows would change nothing.

    Args:
        settings: The settings.
        services: The services.

    Raises:
        ValueError: There is none; the message names the option and the kind of service.
    """
    made = list(services)
    if not all(isinstance(each, _KINDS) for each in made):
        return  # a service of another kind may read any setting
    for option, kind in _given(settings):
        if not any(isinstance(each, kind) for each in made):
            names = ", ".join(services.operations.services)
            msg = f"{option} is for a {kind.__name__}, and none of {names} is one"
            raise ValueError(msg)


def _given(settings: Settings) -> Iterator[tuple[str, type[Service]]]:
    """The options that were given, with the kind of service that each is for."""
    if settings.stock:
        yield "--stock", StockService
    if settings.reservation_expires_after is not None:
        yield "--reservation-expires-after", StockService
    if settings.refunds_refused:
        yield "--refuse-refunds", PaymentService
    if settings.cards:
        yield "--declined-card", PaymentService
    if settings.ships_after is not None:
        yield "--ships-after", ShipmentService
