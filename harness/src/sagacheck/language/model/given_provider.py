"""The keys of ``given`` for services that do something later, as payment providers do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from sagacheck.language.model.given import Given, duration_words
from sagacheck.language.model.vocabulary import PositiveDuration
from sagacheck.language.scenario import WorldTurn
from sagacheck.world import Settings


class ProviderGiven(Given):
    """The world at the beginning, with a payment provider that authorises and captures."""

    turns = (
        *Given.turns,
        WorldTurn(
            "authorisations expire", "authorisations", (("authorisations_expire_after", 20.0),)
        ),
    )

    authorisations_expire_after: PositiveDuration | None = Field(
        None,
        description="How long an authorisation holds its money; by default for ever.",
        examples=["7d"],
    )

    def settings(self) -> Settings:
        """The settings that the file describes."""
        return replace(
            super().settings(), authorisations_expire_after=self.authorisations_expire_after
        )

    @classmethod
    def words_for(cls, settings: Settings) -> dict[str, Any]:
        """The keys of a file for a world."""
        lifetime = duration_words(settings.authorisations_expire_after)
        return {**super().words_for(settings), "authorisations_expire_after": lifetime}
