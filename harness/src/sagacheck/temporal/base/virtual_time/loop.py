"""An event loop whose time jumps to the next timer whenever no callback is ready.

The idea is trio's ``MockClock(autojump_threshold=0)``. Virtual time costs no real time, and the
order of callbacks depends on the program alone.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from sagacheck.temporal.base.virtual_time.driver_threads import DriverThreads
from sagacheck.temporal.base.virtual_time.selector import JumpingSelector

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

InThread = Callable[[Executor | None, Callable[[], Any]], Callable[[], Any]]
"""Makes of a function for a thread of this executor (``None``: the default one) the one to run."""

NANOSECOND = 1e-9
THREAD_PATIENCE_SECONDS = 30.0
"""Of real time: how long a thread that lets virtual time pass waits for other threads at work. On a
busy machine they may not run for seconds; only threads that wait for each other take as long."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which starts at zero.

    Attributes:
        elapsed: Virtual seconds since then: the same as `time`, without a call.
        in_thread: What stands around a function that code runs in a thread of an executor, such as
            by ``asyncio.to_thread``; ``None`` for nothing.
        on_idle: Called before time passes, when nothing else can happen; returns whether it has
            made something happen. ``None`` for nothing.
    """

    # asyncio's own, in ``base_events.py``, the same from Python 3.11 to 3.13
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _debug: bool

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.on_idle: Callable[[], bool] | None = None
        self.in_thread: InThread | None = None
        self._threads = 0
        self._is_interrupted = False
        self._drivers = DriverThreads()
        self._pauses: list[_Pause] = []
        self.limit_turns(math.inf, 0, lambda: None)
        self._started_tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        self._files = JumpingSelector(self)
        super().__init__(self._files)

    def __del__(self) -> None:
        """Close a loop that was restarted and then dropped, without asyncio's warning."""
        if not self.is_closed():
            self.close()

    def restart(self) -> None:
        """Begin at zero again, without callbacks and timers: a new loop, made faster.

        Tasks that have not ended are cancelled first.
        """
        self.cancel_tasks()
        for handle in (*self._ready, *self._scheduled):
            if not handle._cancelled:  # noqa: SLF001 - as asyncio's own turn does
                handle.cancel()
        self._ready.clear()
        self._scheduled.clear()
        self._timer_cancelled_count = 0
        self._drivers.forget()
        self.elapsed = 0.0
        self.on_idle = None
        self.in_thread = None
        self.limit_turns(math.inf, 0, lambda: None)
        self._clock_resolution = NANOSECOND

    def cancel_tasks(self) -> None:
        """Cancel the tasks that have not ended, and wait for their ends."""
        # asyncio.all_tasks looks at every task of the process, and returns them in any order.
        left = [
            task for ref in self._started_tasks if (task := ref()) is not None and not task.done()
        ]
        self._started_tasks.clear()
        for task in left:
            task.cancel()
        if left:
            self.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Start a task, and remember it for `cancel_tasks`."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, **options)
        self._started_tasks.append(weakref.ref(task))
        return task

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.elapsed

    def _run_once(self) -> None:
        """Make a turn. Most turns have ready callbacks alone: no timer is due, no file is open."""
        if self._is_interrupted:
            raise KeyboardInterrupt
        ready, timers = self._ready, self._scheduled
        due = self.elapsed + self._clock_resolution
        if not ready or (timers and timers[0].when() < due) or self._files.are_open or self._debug:
            super()._run_once()  # type: ignore[misc]  # typeshed does not know it
            return
        self.count_turn()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:  # noqa: SLF001 - as asyncio's own turn does
                handle._run()  # noqa: SLF001

    # asyncio's own three check threads, debugging and closed loops, dozens of times an order.

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call `callback` in the next turn."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call `callback` in `delay` virtual seconds."""
        return self.call_at(self.elapsed + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call `callback` at the virtual second `when`."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001 - as asyncio's own does
        return timer

    def limit_turns(self, at_once: float, a_second: float, then: Callable[[], object]) -> None:
        """Call `then` when the loop makes too many turns for the time that passes: a token bucket.

        Without a limit a program that does ever more while hardly any time passes keeps the loop
        busy for ever.

        Args:
            at_once: How many turns are allowed while no time passes.
            a_second: How many more each virtual second allows.
            then: Called once.
        """
        self._turns_left = self._most_turns = at_once
        self._turns_a_second = a_second
        self._too_many_turns = then

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt from the loop itself in its next turn.

        Raised in a callback it would meet code under test, which may catch it.
        """
        self._is_interrupted = True

    def allow_turns(self, more: int) -> None:
        """Allow so many turns more than the limit, for what is known to end."""
        self._turns_left += more

    def count_turn(self) -> None:
        """Count one more turn against the limit."""
        self._turns_left -= 1
        if self._turns_left < 0:
            self._turns_left = math.inf
            self._too_many_turns()

    def idle(self) -> bool:
        """Call `on_idle`; whether a callback is ready then."""
        return self.on_idle is not None and self.on_idle()

    def jump(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.elapsed += seconds
        self._turns_left = min(self._turns_left + seconds * self._turns_a_second, self._most_turns)
        # A timer is due when it is less than this ahead. After some months that has to be more than
        # asyncio's nanosecond: a sum with a nanosecond would be the same float, and no timer due.
        self._clock_resolution = max(NANOSECOND, 2 * math.ulp(self.elapsed))

    @property
    def has_threads(self) -> bool:
        """Whether functions run in threads, for which real time has to pass."""
        return self._threads > 0 or self._drivers.is_awaited

    @property
    def has_pauses(self) -> bool:
        """Whether threads wait in `pause_thread`."""
        return bool(self._pauses)

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future; what a driver with a thread of its own waits for takes real time."""
        future: asyncio.Future[Any] = asyncio.Future(loop=self)
        self._drivers.note(future, sys._getframe(1).f_globals.get("__name__", ""))  # noqa: SLF001
        return future

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run `func` in a thread; virtual time stands still until it returns."""
        call: Callable[[], _T] = partial(func, *args)
        if self.in_thread is not None:
            call = self.in_thread(executor, call)
        future = super().run_in_executor(executor, call)
        self._threads += 1
        future.add_done_callback(self._thread_done)
        return future

    @contextmanager
    def thread_waits(self) -> Iterator[None]:
        """Let virtual time pass meanwhile: a thread waits for something on this loop."""
        self._threads -= 1
        try:
            yield
        finally:
            self._threads += 1

    async def pause_thread(self, seconds: float) -> None:
        """Let virtual time pass for a thread that waits for the end of this pause.

        Time passes to the next timer, which need not be this pause's own, and the pause ends when
        all is done that this timer brings. It also ends, without time passing, when another thread
        works on and on, for that thread may wait for this one.

        Args:
            seconds: The longest pause.
        """
        pause = _Pause(self.create_future(), self.elapsed, time.monotonic())
        alarm = self.call_later(seconds, lambda: None)
        self._pauses.append(pause)
        try:
            with self.thread_waits():
                await pause.over
        finally:
            self._pauses.remove(pause)
            alarm.cancel()

    def end_pauses(self) -> bool:
        """End the pauses that have lasted long enough, now that no callback is ready.

        Returns:
            Whether a pause ended.
        """
        long_ago = time.monotonic() - THREAD_PATIENCE_SECONDS
        ending = [
            each
            for each in self._pauses
            if each.since < self.elapsed or (self.has_threads and each.since_real < long_ago)
        ]
        for pause in ending:
            pause.over.set_result(None)
        return bool(ending)

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the threads to end, for which real time has to pass."""
        self._threads += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._threads -= 1

    def _thread_done(self, _: object) -> None:
        self._threads -= 1


def running_loop() -> VirtualTimeLoop:
    """The loop that is running.

    Raises:
        RuntimeError: No loop runs, or one that is not in virtual time.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        msg = f"simulated time needs a VirtualTimeLoop, and this is a {type(loop).__name__}"
        raise RuntimeError(msg)  # noqa: TRY004 - it is no argument
    return loop


class _Pause(NamedTuple):
    """A thread lets virtual time pass.

    Attributes:
        over: Done when the thread may go on.
        since: When it began, in virtual seconds of the loop.
        since_real: When it began, in seconds of ``time.monotonic``.
    """

    over: asyncio.Future[None]
    since: float
    since_real: float
