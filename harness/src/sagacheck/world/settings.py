"""Settings of the outside world: its initial state, and the events that it causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Idempotency(StrEnum):
    """How services treat idempotency keys."""

    REPLAY = "replay"
    """The first success is sent again; a refusal is decided anew."""
    STORES_ERRORS = "stores_errors"
    """The first answer, even an error, is sent again, as Stripe does: a key can be poisoned."""
    NONE = "none"
    """Keys are ignored: each create has an effect, and an undo leaves no tombstone."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a world. All durations are seconds; ``None`` means never.

    Attributes:
        stock: Pieces per SKU at the beginning.
        default_stock: Pieces of every SKU that `stock` does not name.
        ships_after: How long after its creation a parcel leaves.
        reservation_expires_after: How long a reservation holds its stock.
        authorisations_expire_after: How long an authorisation holds its money.
        refunds_refused: Whether the payment provider rejects all refunds.
        refunds_settle_after: How long it takes a refund to settle; ``None`` for no time.
        refunds_that_fail: How many refunds of each payment are accepted, and fail later.
        cards: ``declined`` for each payment method that is to be declined.
        idempotency: How keys are treated.
        idempotency_expires_after: How long keys are remembered.
        retention: How long Temporal remembers an order that has ended, and the services a key since
            its first use. After it Temporal starts a new run for an id that was used before.
    """

    stock: Mapping[str, int] = field(default_factory=dict)
    default_stock: int = 0
    ships_after: float | None = None
    reservation_expires_after: float | None = None
    authorisations_expire_after: float | None = None
    refunds_refused: bool = False
    refunds_settle_after: float | None = None
    refunds_that_fail: int = 0
    cards: Mapping[str, str] = field(default_factory=dict)
    idempotency: Idempotency = Idempotency.REPLAY
    idempotency_expires_after: float | None = None
    retention: float | None = None

    @property
    def keys_expire_after(self) -> float | None:
        """How long services remember a key: as long as it lasts, and no longer than an order."""
        limits = [
            each for each in (self.idempotency_expires_after, self.retention) if each is not None
        ]
        return min(limits, default=None)
