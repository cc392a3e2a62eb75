"""Interrupts workflow code that spins.

A worker of the SDK runs workflow code in a thread and fails the workflow task of code that does not
yield within two seconds. Here the code runs in the thread of the simulation, which would spin with
it: so a thread beside it looks at the processor's time, and raises an exception in the other one.
Where the system does not tell the time of a thread (macOS, Windows), that of the process is taken.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

LIMIT_SECONDS = 2
"""As in the SDK, but of processor time: a busy machine makes nobody a spinner."""
_LOOK_SECONDS = 0.25


class SpinningCodeError(RuntimeError):
    """Workflow code does not yield."""


class _Interrupt(BaseException):
    """Raised in the midst of code that spins; no `except Exception` stops it."""


@dataclass
class _Watch:
    """Code that is running.

    Attributes:
        since: The processor's time of its thread when it was first looked at; to be looked at
            costs nothing for code that is as quick as most.
        interrupted: Whether it has been running for too long.
    """

    since: float | None = None
    interrupted: bool = False


_watches: dict[int, _Watch] = {}
"""What runs now, by the thread it runs in."""
_lock = threading.Lock()
"""Held while code ends, so that nobody is interrupted after the end."""
_watcher: threading.Thread | None = None


def guarded(act: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
    """What `act` returns.

    Raises:
        SpinningCodeError: It was interrupted, having run for `LIMIT_SECONDS` of processor time.
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
        _end()  # it may have struck at the very end
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
    _watcher = threading.Thread(target=_watch_for_ever, name="deadlock-watcher", daemon=True)
    _watcher.start()


def _watch_for_ever() -> None:
    while True:
        time.sleep(_LOOK_SECONDS)
        for thread, watch in list(_watches.items()):
            with _lock:
                if _watches.get(thread) is watch:
                    _look_at(thread, watch)


def _look_at(thread: int, watch: _Watch) -> None:
    now = _processor_seconds(thread)
    if watch.since is None:
        watch.since = now
    elif now - watch.since > LIMIT_SECONDS:
        # Again and again: one that strikes within a `__del__` is only printed.
        watch.interrupted = True
        kind = ctypes.py_object(_Interrupt)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)


def _processor_seconds(thread: int) -> float:
    """The processor's time of a thread, which must be alive; others may be busy meanwhile."""
    if hasattr(time, "pthread_getcpuclockid"):
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    return time.process_time()
