"""Drivers that work in threads of their own, such as aiosqlite: their answers take real time.

Such a driver makes a future, gives a thread something to do, and the thread ends the future by
``call_soon_threadsafe``. The loop does not start the thread, so it knows only the future: asyncio's
own futures, for sleeps, locks and tasks, are made in asyncio, and the others in a driver.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from typing import Any

PATIENCE_SECONDS = 30.0
"""Of real time: how long virtual time stands still for one answer. A future that something else
than a thread ends, in virtual time, takes as long where there are threads; but the module that made
it is then no driver, and is not waited for again."""

OWN_THREADS = frozenset({"deadlock-watcher"})
"""The names of threads of the simulation, which end no future."""

_NOT_DRIVERS = ("asyncio", "sagacheck", "temporalio", "aiohttp", "anyio")


_no_drivers: set[str] = set()
"""Modules whose futures no thread has ended in time."""


class DriverThreads:
    """The futures that threads which the loop has not started may be about to end.

    Threads that are older than the loop belong to something else: a watcher, a server, a test.
    """

    def __init__(self) -> None:
        self._awaited: dict[weakref.ref[asyncio.Future[Any]], tuple[float, str]] = {}
        self._older = weakref.WeakSet(threading.enumerate())

    def note(self, future: asyncio.Future[Any], module: str) -> None:
        """Remember a future, if it is a driver's.

        Args:
            future: The future.
            module: The module that has made it.
        """
        if not module.startswith(_NOT_DRIVERS) and module not in _no_drivers:
            self._awaited[weakref.ref(future)] = time.monotonic() + PATIENCE_SECONDS, module

    def forget(self) -> None:
        """Forget all futures: the loop begins anew."""
        self._awaited.clear()

    @property
    def is_awaited(self) -> bool:
        """Whether a thread may be at work on an answer."""
        if not self._awaited:
            return False
        now = time.monotonic()
        for ref, (until, module) in [*self._awaited.items()]:
            future = ref()
            if future is None or future.done():
                del self._awaited[ref]
            elif until < now:
                del self._awaited[ref]
                _no_drivers.add(module)
        return bool(self._awaited) and self.has_threads

    @property
    def has_threads(self) -> bool:
        """Whether there are threads younger than the loop."""
        return any(
            each not in self._older and each.name not in OWN_THREADS
            for each in threading.enumerate()
        )
