"""The threads of a worker, and the line from them to the loop."""

from __future__ import annotations

import threading
from asyncio import Task
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError as NoAnswerError
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from temporalio.exceptions import CancelledError

from sagacheck.temporal.loop import VirtualTimeLoop

MOST_THREADS = 32
ANSWER_SECONDS = 10
"""In real time, as with the SDK."""
Question = Callable[[], Coroutine[Any, Any, None]]


class Threads:
    """Where functions run that are no coroutines.

    Attributes:
        executor: Runs them.

    Args:
        loop: Answers what they ask.
    """

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.executor = ThreadPoolExecutor(max_workers=MOST_THREADS)
        self._loop = loop
        self._lock = threading.Lock()
        self._open: set[Future[None]] = set()
        self._is_closed = False

    def ask(self, question: Question) -> None:
        """Let the loop do something, and wait until it is done; to be called in a thread.

        Raises:
            CancelledError: The worker is closed.
        """
        answer: Future[None] = Future()
        with self._lock:
            if self._is_closed:
                raise CancelledError(_CANCELLED)
            self._open.add(answer)
            self._loop.call_soon_threadsafe(self._begin, question, answer)
        try:
            answer.result(ANSWER_SECONDS)
        except NoAnswerError:
            raise CancelledError(_CANCELLED) from None
        finally:
            with self._lock:
                self._open.discard(answer)

    def close(self) -> None:
        """Begin nothing more: whoever waits for an answer, or asks, is cancelled.

        What a function does that asks nobody nobody can end, so nobody waits for it here.
        """
        with self._lock:
            self._is_closed = True
            for answer in self._open:
                answer.cancel()
        self.executor.shutdown(wait=False, cancel_futures=True)

    def _begin(self, question: Question, answer: Future[None]) -> None:
        if not answer.cancelled():
            self._loop.create_task(question()).add_done_callback(partial(_pass_on, answer))


_CANCELLED = "Activity cancelled"


def _pass_on(answer: Future[None], task: Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if answer.cancelled() or task.cancelled():
        answer.cancel()
    elif error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(None)
