"""The world's clock: seconds since the world began, and callbacks that fall due.

`ManualClock` moves only when it is moved, and jumps instead of waiting: a caller's timeout of a
minute costs nothing. `LoopClock` follows the running event loop, so it is real time over HTTP.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Protocol


class Clock(Protocol):
    """What the network and the services need of time; all times are seconds of the world."""

    def now(self) -> float:
        """The present moment."""

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        """Run `callback` at `when`, whether or not a caller still waits then."""

    async def sleep_until(self, when: float) -> None:
        """Return when the clock shows `when`."""


class ManualClock:
    """A clock that stands still until it is moved.

    Callbacks that fall due while it moves run in the order of their times, and each sees its own
    time.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = count()

    def now(self) -> float:
        """The present moment."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        """Run `callback` when the clock is moved to `when` or beyond."""
        heapq.heappush(self._due, (when, next(self._sequence), callback))

    async def sleep_until(self, when: float) -> None:
        """Jump to `when` at once: waiting is free."""
        self.advance_to(when)

    def advance_to(self, when: float) -> None:
        """Move to `when`, running what falls due on the way. Moving back does nothing."""
        while self._due and self._due[0][0] <= when:
            due, _, callback = heapq.heappop(self._due)
            self._now = max(self._now, due)
            callback()
        self._now = max(self._now, when)

    @property
    def next_due(self) -> float | None:
        """When the next callback is to run; ``None`` when there is none."""
        return self._due[0][0] if self._due else None

    def stop(self) -> None:
        """Nothing to do: it stands still unless it is moved."""

    def run_all(self) -> None:
        """Move on until no callback is left, however late the last one is."""
        while self.next_due is not None:
            self.advance_to(self.next_due)


class LoopClock:
    """Follows the running event loop: real time, or virtual where the loop's time is."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = 0.0
        self._stopped: float | None = None
        self._due: list[float] = []

    @property
    def next_due(self) -> float | None:
        """When the next callback is to run; ``None`` when there is none."""
        return min(self._due, default=None)

    def now(self) -> float:
        """Seconds since the clock was first looked at."""
        if self._stopped is not None:
            return self._stopped
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._started = self._loop.time()
            return 0.0  # exactly: the loop's clock has moved since the line above
        return self._loop.time() - self._started

    def stop(self) -> None:
        """Stand still from now on; the loop may be closed."""
        self._stopped = self.now()
        self._loop = None

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        """Run `callback` on the loop at `when`."""

        def run() -> None:
            self._due.remove(when)
            callback()

        self._due.append(when)
        asyncio.get_running_loop().call_later(max(0.0, when - self.now()), run)

    async def sleep_until(self, when: float) -> None:
        """Wait on the loop until `when`, and until what falls due by then has run."""
        await asyncio.sleep(max(0.0, when - self.now()))
        while self.next_due is not None and self.next_due <= when:  # noqa: ASYNC110 - it is due
            await asyncio.sleep(0)
