"""What all mappings of a scenario file have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Written(BaseModel):
    """A mapping of the language: its keys are known, and it does not change."""

    # A dialect derives the model of a file and builds it whole: built one by one, its parts take
    # longer to import than a scenario to play.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
