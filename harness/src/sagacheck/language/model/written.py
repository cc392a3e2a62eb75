"""What all mappings of a scenario file have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Written(BaseModel):
    """A mapping of the language: its keys are known, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
