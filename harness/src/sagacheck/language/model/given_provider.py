"""The keys of ``given`` for services that do something later, as payment providers do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from sagacheck.language.model.given import Given, duration_words
from sagacheck.language.model.vocabulary import Duration, Number, PositiveDuration
from sagacheck.language.scenario import WorldTurn
from sagacheck.world import Settings

DAY = 86_400.0
"""Seconds."""


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
