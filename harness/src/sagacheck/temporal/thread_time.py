"""How time passes for a thread that gives signs of life again and again.

Virtual time stands still while a thread is at work. But a function that beats until it is cancelled
waits for something that only time brings. So a few heartbeats take no time, and each one after them
takes some, as if the function slept between them. Heartbeats are counted and no real time is looked
at, so that the same thread always sees the same.
"""

from __future__ import annotations

from sagacheck.temporal.loop import VirtualTimeLoop

FREE_BEATS = 5
"""So many may belong to work that simply gets done."""
SHORTEST_SECONDS = 1.0
GROWTH = 0.1
"""Of the time that has passed so far, so that an hour takes some sixty heartbeats, a day ninety."""
OF_TIMEOUT = 0.5
"""Of its heartbeat timeout: a thread that beats is never late with it."""


class ThreadTime:
    """What the heartbeats of one thread take.

    Args:
        loop: Whose time it is.
        timeout: The heartbeat timeout in seconds; none if it is zero.
    """

    def __init__(self, loop: VirtualTimeLoop, timeout: float) -> None:
        self._loop = loop
        self._longest = timeout * OF_TIMEOUT if timeout else float("inf")
        self._beats = 0
        self._began = loop.elapsed

    async def after_beat(self) -> None:
        """Take the time that a heartbeat takes."""
        self._beats += 1
        if self._beats > FREE_BEATS:
            passed = self._loop.elapsed - self._began
            seconds = min(max(SHORTEST_SECONDS, GROWTH * passed), self._longest)
            await self._loop.pause_thread(seconds)
