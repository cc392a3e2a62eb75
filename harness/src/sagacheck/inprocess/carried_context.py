"""Threads that an attempt starts belong to it, so that its world answers them too.

Python gives a thread no context of its own: ``loop.run_in_executor``, executors and bare threads of
an activity would be outside of any world. Only the attempt is carried over; the context variables
of the code under test are as they are without the harness.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import thread as pool_module
from functools import partial
from typing import Any

from sagacheck.inprocess.attempt_context import AttemptContext, attempt_here, in_context
from sagacheck.inprocess.clients.changes import change

Function = Callable[..., Any]
_pool: Any = pool_module


def carry_context() -> None:
    """Carry attempts over into threads, until all changes are undone."""
    change(ThreadPoolExecutor, "submit", _carrying_submit)
    change(threading.Thread, "start", _carrying_start)


def _carrying_submit(submit: Function) -> Function:
    def submit_carried(
        pool: ThreadPoolExecutor, fn: Function, /, *args: Any, **more: Any
    ) -> Future[Any]:
        attempt = attempt_here()
        if attempt is not None:
            fn = partial(_run, attempt, fn)
        future: Future[Any] = submit(pool, fn, *args, **more)
        return future

    return submit_carried


def _carrying_start(start: Function) -> Function:
    def start_carried(thread: Any) -> None:
        attempt = attempt_here()
        # The threads of a pool outlive the attempt that was the first to need them.
        if attempt is not None and getattr(thread, "_target", None) is not _pool._worker:  # noqa: SLF001
            thread.run = partial(_run, attempt, thread.run)
        start(thread)

    return start_carried


def _run(attempt: AttemptContext, fn: Function, /, *args: Any, **more: Any) -> Any:
    with in_context(attempt):
        return fn(*args, **more)
