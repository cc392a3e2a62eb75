"""An event loop whose time jumps to the next timer whenever nothing else is to be done.

The idea is trio's ``MockClock(autojump_threshold=0)``. A second of waiting costs nothing, and the
order of what happens depends on nothing but the program.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import selectors
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import Context
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

NANOSECOND = 1e-9
THREAD_POLL_SECONDS = 0.1
"""In real time. A thread that has something to say is heard sooner; and a loop that counts turns
gives up a thread that never ends, but not one that takes a minute."""
THREAD_PATIENCE_SECONDS = 1.0
"""In real time: so long does a thread that lets time pass wait for others that are at work."""


class DeadlockError(RuntimeError):
    """Every task waits for something that nothing can bring about any more."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which starts at zero.

    Attributes:
        elapsed: Virtual seconds since then: the same as `time`, and sooner read.
    """

    # asyncio's own, without a public way to look at them; the same from Python 3.11 to 3.13
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _debug: bool

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._threads = 0
        self._pauses: list[_Pause] = []
        self.limit_turns(math.inf, 0, lambda: None)
        self._born: list[weakref.ref[asyncio.Task[Any]]] = []
        self._files = _JumpingSelector(self)
        super().__init__(self._files)

    def __del__(self) -> None:
        """A loop that is used again and again may be forgotten without a warning."""
        if not self.is_closed():
            self.close()

    def restart(self) -> None:
        """Begin at zero again, with nothing to do: as good as a new loop, and sooner there.

        Tasks that have not ended are cancelled first.
        """
        self.cancel_tasks()
        for handle in (*self._ready, *self._scheduled):
            handle.cancel()
        self._ready.clear()
        self._scheduled.clear()
        self._timer_cancelled_count = 0
        self.elapsed = 0.0
        self.limit_turns(math.inf, 0, lambda: None)
        self._clock_resolution = NANOSECOND

    def cancel_tasks(self) -> None:
        """Let what is left end, so that nothing of it lives on elsewhere."""
        # asyncio.all_tasks looks at every task of the process, and tells them in any order.
        left = [task for ref in self._born if (task := ref()) is not None and not task.done()]
        self._born.clear()
        for task in left:
            task.cancel()
        if left:
            self.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Start a task, and know of it until the loop starts again."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, **options)
        self._born.append(weakref.ref(task))
        return task

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.elapsed

    def _run_once(self) -> None:
        """Make a turn. Most have something to do and nothing else to look at: no timer, no file."""
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

    # asyncio's own three ask about threads, debugging and closed loops, dozens of times an order.

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call something in the next turn."""
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
        """Call something in so many virtual seconds."""
        return self.call_at(self.elapsed + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call something at a moment."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001 - as asyncio's own does
        return timer

    def limit_turns(self, at_once: float, a_second: float, then: Callable[[], object]) -> None:
        """Call `then` when the loop makes too many turns for the time that passes: it is a bucket.

        A program that does ever more while hardly any time passes would keep it busy for ever.

        Args:
            at_once: So many turns are fine while no time passes at all.
            a_second: So many more with each second of the loop's time.
            then: Called once.
        """
        self._turns_left = self._most_turns = at_once
        self._turns_a_second = a_second
        self._too_many_turns = then

    def count_turn(self) -> None:
        """The loop makes one more turn."""
        self._turns_left -= 1
        if self._turns_left < 0:
            self._turns_left = math.inf
            self._too_many_turns()

    def jump(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.elapsed += seconds
        self._turns_left = min(self._turns_left + seconds * self._turns_a_second, self._most_turns)
        # A timer is due when it is less than this ahead. After some months that has to be more than
        # asyncio's nanosecond, or else a sum with it is the same number, and nothing ever is due.
        self._clock_resolution = max(NANOSECOND, 2 * math.ulp(self.elapsed))

    @property
    def has_threads(self) -> bool:
        """Whether work in threads is under way, for which real time has to pass."""
        return self._threads > 0

    @property
    def has_pauses(self) -> bool:
        """Whether threads let time pass."""
        return bool(self._pauses)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run in a thread as ever, and let virtual time stand still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_done)
        return future

    @contextmanager
    def thread_waits(self) -> Iterator[None]:
        """A thread waits for something on this loop meanwhile: for its sake time may pass."""
        self._threads -= 1
        try:
            yield
        finally:
            self._threads += 1

    async def pause_thread(self, seconds: float) -> None:
        """Let virtual time pass for a thread that waits for this, and is not at work meanwhile.

        Time passes to the next timer, which may be somebody else's, and the pause is over when all
        is done that this one brings. It is over in vain when another thread works on and on, for
        that one might wait for this.

        Args:
            seconds: The longest that it may last.
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
        """Let threads go on that have paused long enough, now that nothing else is to be done."""
        long_ago = time.monotonic() - THREAD_PATIENCE_SECONDS
        ending = [
            each
            for each in self._pauses
            if each.since < self.elapsed or (self.has_threads and each.began < long_ago)
        ]
        for pause in ending:
            pause.over.set_result(None)
        return bool(ending)

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the threads to end, for which real time has to pass too."""
        self._threads += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._threads -= 1

    def _thread_done(self, _: object) -> None:
        self._threads -= 1


def running_loop() -> VirtualTimeLoop:
    """The loop in which this is called.

    Raises:
        RuntimeError: It is none in virtual time, or there is none.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        msg = f"simulated time needs a VirtualTimeLoop, and this is a {type(loop).__name__}"
        raise RuntimeError(msg)  # noqa: TRY004 - nobody has passed it
    return loop


class _Pause(NamedTuple):
    """A thread lets time pass.

    Attributes:
        over: Done when it may go on.
        since: The virtual time when it began.
        began: The real time then.
    """

    over: asyncio.Future[None]
    since: float
    began: float


class _JumpingSelector(selectors.BaseSelector):
    """Asks the real selector without waiting, and jumps where the loop would have waited."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._registered = 0
        self.are_open = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        self._count(1)
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        self._count(-1)
        return self._real.unregister(fileobj)

    def _count(self, more: int) -> None:
        self._registered += more
        # The loop has a pipe of its own, which can wait until there is nothing else to do.
        self.are_open = self._registered > 1

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.count_turn()
        if timeout is not None and timeout <= 0:
            return self._real.select(0) if self.are_open else []
        if self._loop.has_pauses and self._loop.end_pauses():
            return []
        if self._loop.has_threads:
            return self._real.select(THREAD_POLL_SECONDS)
        ready = self._real.select(0)
        if ready:
            return ready
        if timeout is None:
            msg = "every task waits, and no timer is set"
            raise DeadlockError(msg)
        self._loop.jump(timeout)
        return []

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()
