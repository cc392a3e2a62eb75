"""How virtual time passes for a function in a thread that heartbeats or sleeps.

Virtual time stands still while a thread works, and passes while it sleeps. But a function that
heartbeats until it is cancelled waits for something that only time brings. So the first heartbeats
take no time, and each one after them takes some, as if the function slept between them. Heartbeats
are counted and real time does not matter, so the same function always sees the same. Those after a
sleep take no time again.
"""

from __future__ import annotations

from sagacheck.temporal.base.virtual_time.loop import VirtualTimeLoop

FREE_HEARTBEATS = 5
"""How many take no time: they may belong to work that does not wait for anything."""
SHORTEST_SECONDS = 1.0
GROWTH = 0.1
"""Of the time that has passed so far: an hour takes some sixty heartbeats, a day ninety."""
MOMENT_SECONDS = 1e-6
"""What is left of a sleep that is over, for sums of floats are not exact."""
OF_TIMEOUT = 0.5
"""Of the heartbeat timeout: a function that heartbeats never misses it."""


class ThreadTime:
    """The virtual time that the heartbeats and sleeps of one attempt take.

    Args:
        loop: The loop whose time passes.
        timeout: The heartbeat timeout in seconds; zero is none.
    """

    def __init__(self, loop: VirtualTimeLoop, timeout: float) -> None:
        self._loop = loop
        self._longest = timeout * OF_TIMEOUT if timeout else float("inf")
        self._heartbeats = 0
        self._began = loop.elapsed

    async def after_heartbeat(self) -> None:
        """Let the time of one heartbeat pass."""
        self._heartbeats += 1
        if self._heartbeats > FREE_HEARTBEATS:
            passed = self._loop.elapsed - self._began
            seconds = min(max(SHORTEST_SECONDS, GROWTH * passed), self._longest)
            await self._loop.pause_thread(seconds)

    async def sleep(self, seconds: float) -> None:
        """Let the time of a sleep pass; less where another thread works on and on meanwhile."""
        until = self._loop.elapsed + seconds
        self._heartbeats = 0
        while (left := until - self._loop.elapsed) > MOMENT_SECONDS:
            before = self._loop.elapsed
            await self._loop.pause_thread(left)
            if self._loop.elapsed == before:
                return
