"""The selector of a loop in virtual time: it never waits, but lets the loop's time jump."""

from __future__ import annotations

import selectors
from collections.abc import Mapping
from typing import Any, Protocol

from sagacheck.temporal.base.errors import DeadlockError

THREAD_POLL_SECONDS = 0.1
"""Of real time, while threads work. A thread that calls the loop wakes it sooner; and a loop that
counts turns gives up a thread that never ends, but not one that takes a minute."""


FILE_PATIENCE_SECONDS = 0.1
"""Of real time, before virtual time passes while a file is open: a connection of an activity's own,
which answers in real time."""


class JumpingLoop(Protocol):
    """What the selector needs of its loop."""

    @property
    def has_threads(self) -> bool:
        """Whether functions run in threads, for which real time has to pass."""

    @property
    def has_pauses(self) -> bool:
        """Whether threads wait for virtual time to pass."""

    def count_turn(self) -> None:
        """Count one more turn against the limit."""

    def end_pauses(self) -> bool:
        """End the pauses that have lasted long enough; whether one ended."""

    def idle(self) -> bool:
        """Say that time is about to pass; whether a callback is ready after all."""

    def jump(self, seconds: float) -> None:
        """Let virtual time pass."""


class JumpingSelector(selectors.BaseSelector):
    """Asks the real selector without waiting, and jumps where asyncio's loop would have waited.

    Attributes:
        are_open: Whether files are registered beside the loop's own pipe.

    Args:
        loop: The loop whose time jumps.
    """

    def __init__(self, loop: JumpingLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._registered = 0
        self.are_open = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Register a file object for events."""
        self._count(1)
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Unregister a file object."""
        self._count(-1)
        return self._real.unregister(fileobj)

    def _count(self, more: int) -> None:
        self._registered += more
        # The loop has a pipe of its own, which can wait until no callback is ready.
        self.are_open = self._registered > 1

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """The files that are ready; if none is, time jumps by `timeout` seconds.

        Raises:
            DeadlockError: No file is ready, and no timer is set.
        """
        self._loop.count_turn()
        if timeout is not None and timeout <= 0:
            return self._real.select(0) if self.are_open else []
        if self._loop.has_pauses and self._loop.end_pauses():
            return []
        if self._loop.has_threads:
            return self._real.select(THREAD_POLL_SECONDS)
        ready = self._real.select(FILE_PATIENCE_SECONDS if self.are_open else 0)
        if ready:
            return ready
        if self._loop.idle():
            return []
        if timeout is None:
            msg = "every task waits, and no timer is set"
            raise DeadlockError(msg)
        self._loop.jump(timeout)
        return []

    def close(self) -> None:
        """Close the real selector."""
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """The registered file objects."""
        return self._real.get_map()
