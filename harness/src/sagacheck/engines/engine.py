"""What plays trials."""

from __future__ import annotations

from typing import Protocol

from sagacheck.engines.ports import TrialClock
from sagacheck.engines.trial import Trial


class Engine(Protocol):
    """Plays trials."""

    @property
    def name(self) -> str:
        """Its name in reports."""

    def new_clock(self) -> TrialClock:
        """A clock for a trial that this engine is to play."""

    async def play(self, trial: Trial) -> None:
        """Play `trial` to its end and write down its outcomes."""
