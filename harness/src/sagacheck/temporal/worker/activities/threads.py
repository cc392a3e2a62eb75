"""The threads in which a worker runs functions, and how they call the loop."""

from __future__ import annotations

import threading
from asyncio import Task
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError as FutureCancelledError
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from temporalio import activity
from temporalio.exceptions import CancelledError

from sagacheck.temporal.base.virtual_time.loop import VirtualTimeLoop
from sagacheck.temporal.worker.activities.thread_sleep import (
    replace_sleep,
    restore_sleep,
    sleeping_in_pool,
)
from sagacheck.temporal.worker.activities.thread_time import ThreadTime

MOST_THREADS = 32
ANSWER_SECONDS = 120
"""Of real time: how long a thread waits for the loop. In ``temporalio/worker/_activity.py`` it is
10 s, of a worker that does nothing else."""
Call = Callable[[], Coroutine[Any, Any, None]]


class Threads:
    """The threads for activity functions that are no coroutines.

    Attributes:
        executor: Runs the functions.

    Args:
        loop: Runs what the functions ask for, such as heartbeats.
    """

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.executor = ThreadPoolExecutor(max_workers=MOST_THREADS)
        self._loop = loop
        self._lock = threading.Lock()
        self._open: set[Future[None]] = set()
        self._is_closed = False
        replace_sleep()

    def run_on_loop(self, call: Call, limit: float | None = ANSWER_SECONDS) -> None:
        """Run a coroutine on the loop, and wait until it is done; for use in a thread.

        Args:
            call: Makes the coroutine.
            limit: Seconds of real time for which the thread waits; ``None`` for any.

        Raises:
            CancelledError: The worker is closed.
        """
        answer: Future[None] = Future()
        with self._lock:
            if self._is_closed:
                raise CancelledError(_CANCELLED)
            self._open.add(answer)
            self._loop.call_soon_threadsafe(self._begin, call, answer)
        try:
            answer.result(limit)
        except FutureCancelledError:
            raise CancelledError(_CANCELLED) from None
        finally:
            with self._lock:
                self._open.discard(answer)

    def around(self, executor: Executor | None, call: Callable[[], Any]) -> Callable[[], Any]:
        """`call`, as an attempt has it run in a thread of `executor`: a sleep takes virtual time.

        An attempt that itself runs in a thread of this worker has a sleep of its own.
        """
        if executor is self.executor or not activity.in_activity():
            return call
        return sleeping_in_pool(call, self._sleep)

    def _sleep(self, seconds: float) -> None:
        time = ThreadTime(self._loop, timeout=0)
        self.run_on_loop(lambda: time.sleep(seconds), limit=None)

    def close(self) -> None:
        """Start no more functions, and cancel those that wait for the loop, now or later.

        A function that never calls the loop cannot be ended, so this does not wait for any.
        """
        with self._lock:
            if not self._is_closed:
                restore_sleep()
            self._is_closed = True
            for answer in self._open:
                answer.cancel()
        self.executor.shutdown(wait=False, cancel_futures=True)

    def _begin(self, call: Call, answer: Future[None]) -> None:
        if not answer.cancelled():
            self._loop.create_task(call()).add_done_callback(partial(_pass_on, answer))


_CANCELLED = "Activity cancelled"


def _pass_on(answer: Future[None], task: Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if answer.cancelled() or task.cancelled():
        answer.cancel()
    elif error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(None)
