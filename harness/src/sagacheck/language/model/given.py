"""The keys of ``given``: the world at the beginning."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field, Tag

from sagacheck.language.model.constraints import Among, ByShape
from sagacheck.language.model.vocabulary import Duration, Identifier, Number, PositiveDuration
from sagacheck.language.model.written import Written
from sagacheck.language.scenario import WorldTurn
from sagacheck.world import Idempotency, Settings, duration_text

DAY = 86_400.0
"""Seconds."""
DEFAULT_STOCK = 100
"""Pieces of every SKU, where a scenario leaves the stock alone."""


class Expiry(Written):
    """Idempotency keys that expire."""

    expires: PositiveDuration = Field(
        description="How long a service remembers a key.", examples=["24h"]
    )


RefundsWord = Annotated[str, Among("value for refunds", ("accepted", "refused"))]
CardWord = Annotated[
    str, Among("value for a card", ("declined",), "write declined, or leave it out")
]
IdempotencyWord = Annotated[
    str, Among("idempotency", tuple(profile.value for profile in Idempotency))
]
IdempotencyForm = Annotated[
    Annotated[IdempotencyWord, Tag("<text>")] | Annotated[Expiry, Tag("<mapping>")],
    ByShape("not an idempotency", "write replay, stores_errors, none or {expires: 24h}"),
]


class GivenWords(Written):
    """The world at the beginning, in the settings that the services of any saga have.

    Services that can be set in more ways have a class of their own, made from this one: with more
    keys, and both directions of the translation extended by them.

    Attributes:
        turns: How `sagacheck explore` may make this world worse.
    """

    turns: ClassVar[tuple[WorldTurn, ...]] = ()

    stock: dict[Identifier, Number] | None = Field(
        None,
        description="Pieces per SKU, and no others; by default 100 of every SKU that is ordered.",
        examples=[{"WIDGET": 5}],
    )
    idempotency: IdempotencyForm = Field(
        "replay",
        description=(
            "How services treat idempotency keys: the first success is sent again (replay), or any "
            "first answer (stores_errors); keys are ignored (none), or forgotten ({expires: 24h})."
        ),
        examples=["stores_errors", {"expires": "24h"}],
    )

    retention: PositiveDuration | None = Field(
        None,
        description=(
            "How long Temporal remembers an order that has ended, and the services a key since its "
            "first use; by default for ever. An id that is placed again after it is a new order."
        ),
        examples=["24h"],
    )

    def settings(self) -> Settings:
        """The settings that the file describes."""
        return Settings(**self.general())

    @classmethod
    def words_for(cls, settings: Settings) -> dict[str, Any]:
        """The inverse: the keys of a file for a world; ``None`` where it need not say anything.

        Raises:
            ValueError: No file can mean that.
        """
        return {
            "stock": _stock(settings),
            "idempotency": _idempotency(settings),
            "retention": duration_words(settings.retention),
        }

    def general(self) -> dict[str, Any]:
        """The settings that all services have."""
        keys = self.idempotency
        return {
            "stock": self.stock or {},
            "default_stock": DEFAULT_STOCK if self.stock is None else 0,
            "idempotency": Idempotency.REPLAY if isinstance(keys, Expiry) else Idempotency(keys),
            "idempotency_expires_after": keys.expires if isinstance(keys, Expiry) else None,
            "retention": self.retention,
        }


class Given(GivenWords):
    """The world at the beginning, and the events that it causes."""

    turns: ClassVar[tuple[WorldTurn, ...]] = (
        WorldTurn("parcels leave at once", "ships", (("ships_after", 0.0),)),
        WorldTurn(
            "reservations expire",
            "expires",
            # Parcels leave before that: no saga can keep goods for one that is fetched later.
            (("reservation_expires_after", 1200.0), ("ships_after", 60.0)),
        ),
        WorldTurn("refunds are refused", "refuses", (("refunds_refused", True),)),
    )

    ships_after: Duration | None = Field(
        None,
        description="How long after its creation a parcel leaves; by default at the end.",
        examples=["0s", "2h"],
    )
    reservation_expires_after: PositiveDuration | None = Field(
        None, description="How long a reservation holds; by default for ever.", examples=["15m"]
    )
    refunds: RefundsWord = Field(
        "accepted", description="What the payment provider does with refunds.", examples=["refused"]
    )
    cards: dict[str, CardWord] = Field(
        default_factory=dict,
        description="Payment methods that are declined.",
        examples=[{"pm_declined": "declined"}],
    )

    def settings(self) -> Settings:
        """The settings that the file describes."""
        return Settings(
            **self.general(),
            ships_after=self.ships_after,
            reservation_expires_after=self.reservation_expires_after,
            refunds_refused=self.refunds == "refused",
            cards=self.cards,
        )

    @classmethod
    def words_for(cls, settings: Settings) -> dict[str, Any]:
        """The keys of a file for a world."""
        general = super().words_for(settings)
        return {
            "stock": general["stock"],
            "ships_after": duration_words(settings.ships_after),
            "reservation_expires_after": duration_words(settings.reservation_expires_after),
            "refunds": "refused" if settings.refunds_refused else "accepted",
            "cards": dict(settings.cards) or None,
            "idempotency": general["idempotency"],
            "retention": general["retention"],
        }


def duration_words(seconds: float | None) -> str | None:
    """How a duration is written.

    Raises:
        ValueError: It is finer than a millisecond.
    """
    return None if seconds is None else duration_text(seconds)


def _stock(settings: Settings) -> dict[str, int] | None:
    if not settings.stock and settings.default_stock == DEFAULT_STOCK:
        return None
    if settings.default_stock:
        raise ValueError(f"articles that are not named are out of stock in a scenario: {settings}")
    return dict(settings.stock)


def _idempotency(settings: Settings) -> str | dict[str, Any]:
    expiry = settings.idempotency_expires_after
    if expiry is None:
        return str(settings.idempotency)
    if settings.idempotency is not Idempotency.REPLAY:
        msg = f"keys that are forgotten are replayed until then, not {settings}"
        raise ValueError(msg)
    return {"expires": duration_words(expiry)}


class ProviderGiven(Given):
    """The world at the beginning, with a payment provider that authorises and captures."""

    turns = (
        *Given.turns,
        WorldTurn(
            "authorisations expire", "authorisations", (("authorisations_expire_after", 20.0),)
        ),
        WorldTurn(
            "refunds fail days later, the first of each payment",
            "settlement",
            (("refunds_settle_after", 2 * DAY), ("refunds_that_fail", 1)),
        ),
        WorldTurn(
            "refunds fail days later, each time",
            "settlement",
            (("refunds_settle_after", 2 * DAY), ("refunds_that_fail", 100)),
        ),
    )

    authorisations_expire_after: PositiveDuration | None = Field(
        None,
        description="How long an authorisation holds its money; by default for ever.",
        examples=["7d"],
    )
    refunds_settle_after: Duration | None = Field(
        None,
        description=(
            "How long after it is accepted a refund settles, or fails; by default it settles at "
            "once. Invariants are checked when all refunds have settled or failed."
        ),
        examples=["2d"],
    )
    refunds_that_fail: Number = Field(
        0,
        description=(
            "How many refunds of each payment are accepted, and fail when they would settle: the "
            "first ones. The merchant has the money again then."
        ),
        examples=[1],
    )

    def settings(self) -> Settings:
        """The settings that the file describes."""
        return replace(
            super().settings(),
            authorisations_expire_after=self.authorisations_expire_after,
            refunds_settle_after=self.refunds_settle_after,
            refunds_that_fail=self.refunds_that_fail,
        )

    @classmethod
    def words_for(cls, settings: Settings) -> dict[str, Any]:
        """The keys of a file for a world."""
        return {
            **super().words_for(settings),
            "authorisations_expire_after": duration_words(settings.authorisations_expire_after),
            "refunds_settle_after": duration_words(settings.refunds_settle_after),
            "refunds_that_fail": settings.refunds_that_fail or None,
        }
