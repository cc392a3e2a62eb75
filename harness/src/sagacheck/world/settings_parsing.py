"""Settings of the world as they are written under ``given`` in scenario files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sagacheck.world.parsing import (
    ParsingError,
    as_written,
    read_duration,
    read_members,
    read_whole_number,
    unknown_name,
)
from sagacheck.world.settings import Idempotency, Settings

_MOST_PIECES = 10**12
"""Of one SKU: sums of pieces stay within 64 bits."""

_PROFILES = (*Idempotency, "expires:24h")


def read_settings(written: Any, base: Settings | None = None) -> Settings:
    """`base` with the changes in `written`, an object of settings by name.

    Raises:
        ParsingError: A name or value is not allowed.
    """
    changes: dict[str, Any] = {}
    for name, value in read_members(written, "the settings", _NAMES).items():
        changes |= _read(name, value)
    return replace(base or Settings(), **changes)


def _read(name: str, value: Any) -> dict[str, Any]:
    match name:
        case "stock":
            return {name: _read_stock(value)}
        case "default_stock" | "refunds_that_fail":
            return {name: _pieces(value, name)}
        case "refunds":
            return {"refunds_refused": _choice(value, name, ("accepted", "refused")) == "refused"}
        case "cards":
            return {name: _read_cards(value)}
        case "idempotency":
            return _read_idempotency(value)
        case _:
            return {name: None if value is None else read_duration(value, name)}


_NAMES = (
    "stock",
    "default_stock",
    "ships_after",
    "reservation_expires_after",
    "authorisations_expire_after",
    "refunds_settle_after",
    "refunds_that_fail",
    "refunds",
    "cards",
    "idempotency",
    "retention",
)


def _read_stock(value: Any) -> dict[str, int]:
    return {
        sku: _pieces(pieces, f"the stock of {sku}")
        for sku, pieces in _object(value, "stock").items()
    }


def _pieces(value: Any, what: str) -> int:
    if read_whole_number(value, what, least=0) > _MOST_PIECES:
        raise ParsingError(f"{what} must be at most {_MOST_PIECES}, not {as_written(value)}")
    return int(value)


def _read_cards(value: Any) -> dict[str, str]:
    cards = _object(value, "cards")
    return {card: _choice(what, f"card {card}", ("declined",)) for card, what in cards.items()}


def _read_idempotency(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        value = f"expires:{read_members(value, 'idempotency', ('expires',)).get('expires')}"
    if isinstance(value, str) and value.startswith("expires:"):
        lifetime = read_duration(value.removeprefix("expires:").strip(), "idempotency expires")
        return {"idempotency": Idempotency.REPLAY, "idempotency_expires_after": lifetime}
    profile = Idempotency(_choice(value, "idempotency", _PROFILES))
    return {"idempotency": profile, "idempotency_expires_after": None}


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ParsingError(f"{what} must be an object, not {as_written(value)}")
    return value


def _choice(value: Any, what: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise unknown_name(value, f"value of {what}", known)
    return str(value)
