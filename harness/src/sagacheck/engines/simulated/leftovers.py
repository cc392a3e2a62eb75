"""What is still under way when the orders of a trial have ended.

An attempt outlives its workflow where that was terminated or timed out, or gave the activity up by
the cancellation types ``TRY_CANCEL`` and ``ABANDON``. It may still have its effect.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sagacheck.saga import DAY
from sagacheck.temporal import SimulatedTemporal, SimulatedWorker, running_loop

THREAD_SECONDS = 10.0
"""Of real time: how long a function in a thread is waited for. Virtual time stands still for it."""


class Leftovers:
    """The attempts and child workflows of a trial that have not ended with its orders.

    Args:
        temporal: The service.
        worker: The worker of the saga.
        livelock: Done once the trial is in a livelock.
    """

    def __init__(
        self, temporal: SimulatedTemporal, worker: SimulatedWorker, livelock: asyncio.Future[None]
    ) -> None:
        self._temporal = temporal
        self._worker = worker
        self._livelock = livelock

    @property
    def are_there(self) -> bool:
        """Whether an attempt or a workflow is under way."""
        return bool(self._worker.attempts) or any(r.is_running for r in self._temporal.runs())

    async def end(self) -> str:
        """Wait until nothing is under way, for a day at the most.

        Returns:
            What is wrong; empty where every attempt has ended. A child workflow may run for ever.
        """
        until = running_loop().elapsed + DAY
        with _thread_limit() as too_long:
            while self.are_there and not (self._livelock.done() or too_long.done()):
                limit = until - running_loop().elapsed
                if limit <= 0:
                    break
                await self._wait({self._livelock, too_long}, limit)
        if not self._worker.attempts or self._livelock.done():
            return ""
        after = f"{THREAD_SECONDS:g} s of real time" if too_long.done() else "a day"
        return f"{after} after its order has ended, an attempt at an activity is still under way"

    async def _wait(self, ends: set[asyncio.Future[None]], limit: float) -> None:
        loop = asyncio.get_running_loop()
        open_runs = [run for run in self._temporal.runs() if run.is_running]
        closing = [loop.create_task(run.wait_closed()) for run in open_runs]
        left: set[asyncio.Future[Any]] = {*self._worker.attempts, *closing, *ends}
        await asyncio.wait(left, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        for each in closing:
            each.cancel()


@contextmanager
def _thread_limit() -> Iterator[asyncio.Future[None]]:
    """A future that is done when functions in threads have worked for too long."""
    loop = running_loop()
    too_long: asyncio.Future[None] = loop.create_future()
    if not loop.has_threads:
        yield too_long
        return

    timer = threading.Timer(THREAD_SECONDS, loop.call_soon_threadsafe, (too_long.set_result, None))
    timer.daemon = True
    timer.start()
    try:
        yield too_long
    finally:
        timer.cancel()
