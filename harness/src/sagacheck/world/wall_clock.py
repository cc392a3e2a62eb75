"""Real time as the world's clock, which can be moved ahead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sagacheck.world.clock import ManualClock


class WallClock(ManualClock):
    """Follows real time from zero on; moved ahead, it goes on from there."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = -time.monotonic()

    def now(self) -> float:
        """The present moment."""
        return time.monotonic() + self._ahead

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        """Run `callback` on the running loop at `when`, or when the clock is moved there."""
        super().call_at(when, callback)
        asyncio.get_running_loop().call_later(max(0.0, when - self.now()), self._ring, when)

    async def sleep_until(self, when: float) -> None:
        """Return at `when`, or when the clock is moved there."""
        awake = asyncio.Event()
        self.call_at(when, awake.set)
        await awake.wait()

    def advance_to(self, when: float) -> None:
        """Move to `when`, running what falls due on the way. Moving back does nothing."""
        self._ahead += max(0.0, when - self.now())
        super().advance_to(when)

    def _ring(self, when: float) -> None:
        super().advance_to(max(when, self.now()))  # uvloop rounds: it may ring a little early
