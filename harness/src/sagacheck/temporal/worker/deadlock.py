"""Interrupts workflow code that does not yield.

A worker of the SDK runs workflow code in a thread and fails the workflow task of code that does not
yield within two seconds (``temporalio/worker/_workflow.py``). Here the code runs in the thread of
the simulation, which would hang with it. So a second thread watches the processor time of the
first, and raises an exception in it. Only Linux tells the processor time of another thread;
elsewhere the watcher takes that of the process.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import msgspec

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

LIMIT_SECONDS = 2
"""As in the SDK, but of processor time: a busy machine must not fail a workflow task."""
_POLL_SECONDS = 0.25


class SpinningCodeError(RuntimeError):
    """Workflow code does not yield."""


class _Interrupt(BaseException):
    """Raised in the middle of code that spins; no `except Exception` catches it."""


class _Watch(msgspec.Struct):
    """Code that is running.

    Attributes:
        since: Processor seconds of its thread when the watcher first saw it; most code ends before
            that, and costs no look at the clock.
        interrupted: Whether it has run for too long.
    """

    since: float | None = None
    interrupted: bool = False


_watches: dict[int, _Watch] = {}
"""The code that runs now, by its thread."""
_lock = threading.Lock()
"""Held while code ends, so that nothing is interrupted after its end."""
_watcher: threading.Thread | None = None


def guarded(act: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
    """Call `act`, and interrupt it when it has run for `LIMIT_SECONDS` of processor time.

    Raises:
        SpinningCodeError: It was interrupted.
    """
    if _watcher is None:
        _start_watcher()
    watch = _watches[threading.get_ident()] = _Watch()
    try:
        try:
            result = act(*args)
        finally:
            _end()
    except _Interrupt:
        _end()  # the interrupt may have hit the `finally` above
    if watch.interrupted:
        msg = (
            "[TMPRL1101] Potential deadlock detected: "
            f"workflow didn't yield within {LIMIT_SECONDS} second(s)."
        )
        raise SpinningCodeError(msg)
    return result


def _end() -> None:
    with _lock:
        _watches.pop(threading.get_ident(), None)


def _start_watcher() -> None:
    global _watcher  # noqa: PLW0603 - one for the process
    _watcher = threading.Thread(target=_watch_forever, name="deadlock-watcher", daemon=True)
    _watcher.start()


def _watch_forever() -> None:
    while True:
        time.sleep(_POLL_SECONDS)
        for thread, watch in list(_watches.items()):
            with _lock:
                if _watches.get(thread) is watch:
                    _check(thread, watch)


def _check(thread: int, watch: _Watch) -> None:
    now = _processor_seconds(thread)
    if watch.since is None:
        watch.since = now
    elif now - watch.since > LIMIT_SECONDS:
        # Again at each poll: an exception that hits a `__del__` is only printed.
        watch.interrupted = True
        kind = ctypes.py_object(_Interrupt)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)


def _processor_seconds(thread: int) -> float:
    """Processor seconds of a thread, which must be alive."""
    if sys.platform == "linux":
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    return time.process_time()
