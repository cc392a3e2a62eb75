"""Awaiting coroutines from greenlets: Locust lives on gevent, the Temporal client on asyncio.

One native thread with one event loop per process. A call goes over by a deque and
``call_soon_threadsafe``, its result comes back by a deque and gevent's async watcher, whose
``send`` is the one primitive of gevent that other threads may use. Nothing else crosses: no Future,
Lock or Queue, which are all patched, and no AsyncResult, which belongs to one thread.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

import gevent
from gevent import monkey
from gevent.hub import Waiter

T = TypeVar("T")

_start_native_thread = monkey.get_original("_thread", "start_new_thread")


class BridgeClosedError(RuntimeError):
    """The event loop is gone; the outcome of the call is unknown."""


class _NoExecutor(concurrent.futures.ThreadPoolExecutor):
    """Fails loudly: a patched thread pool in a foreign thread would hang on its second job."""

    def submit(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        msg = "the bridge's loop has no executor: a call must not use threads"
        raise RuntimeError(msg)


def _new_loop() -> asyncio.AbstractEventLoop:
    # The default selector is patched too, and waits for a hub that this thread does not have.
    selector = monkey.get_original("selectors", "DefaultSelector")()
    loop = asyncio.SelectorEventLoop(selector)
    loop.set_default_executor(_NoExecutor(1))
    return loop


class _Call:
    """One call on its way over and back."""

    __slots__ = ("args", "done", "function", "gone", "ok", "task", "value", "waiter")

    def __init__(
        self, function: Callable[..., Awaitable[Any]], args: tuple[Any, ...], waiter: Waiter[None]
    ) -> None:
        self.function, self.args, self.waiter = function, args, waiter
        self.task: asyncio.Task[None] | None = None
        self.value: Any = None
        self.done = self.gone = self.ok = False


class Bridge:
    """Runs coroutines for greenlets. It starts with its first call, anew in each forked process."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._closed = False

    def call(
        self,
        function: Callable[..., Awaitable[T]],
        *args: Any,
        timeout: float | None = None,
    ) -> T:
        """``await function(*args)`` on the loop; only the calling greenlet waits.

        A greenlet that is killed, or times out, cancels the coroutine.

        Args:
            function: Makes the coroutine, in the loop's thread.
            args: Its arguments.
            timeout: Seconds to wait; ``None`` for no limit.

        Raises:
            gevent.Timeout: It took too long. It is a `BaseException`, not an `Exception`.
            BridgeClosedError: The bridge was closed meanwhile.
        """
        if self._pid != os.getpid():  # threads do not survive a fork
            self._start()
        if self._closed:
            raise BridgeClosedError("the bridge is closed")
        call = _Call(function, args, Waiter(self._hub))
        self._live.add(call)
        self._put(call)
        try:
            with gevent.Timeout(timeout):
                call.waiter.get()
        except BaseException:
            call.gone = True
            if not self._closed:
                self._put(call)
            raise
        finally:
            self._live.discard(call)
        if not call.ok:
            raise call.value
        value: T = call.value
        return value

    def close(self, timeout: float = 5.0) -> None:
        """Cancel the calls under way and stop the loop."""
        if self._pid != os.getpid() or self._closed:
            return
        with contextlib.suppress(gevent.Timeout):  # the loop is stopped in any case
            self.call(_cancel_all_tasks, timeout=timeout)
        self._closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)

    # -- on the greenlets' side ---------------------------------------------------------------

    def _start(self) -> None:
        self._pid, self._closed = os.getpid(), False
        self._in: collections.deque[_Call] = collections.deque()
        self._out: collections.deque[_Call] = collections.deque()
        self._live: set[_Call] = set()
        self._hub = gevent.get_hub()
        # It keeps the hub alive, so that waiting for a call is never taken for a deadlock.
        self._wake = self._hub.loop.async_()
        self._wake.start(self._deliver)
        self._loop = _new_loop()
        _start_native_thread(self._main, ())
        self.call(asyncio.sleep, 0)

    def _put(self, call: _Call) -> None:
        self._in.append(call)  # append first, look second: the other order loses wake-ups
        if len(self._in) == 1:
            self._loop.call_soon_threadsafe(self._take)

    def _deliver(self) -> None:
        while self._out:
            call = self._out.popleft()
            if not call.done:
                call.done = True
                call.waiter.switch(None)

    # -- on the loop's side -------------------------------------------------------------------

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._closed = True
            for call in list(self._live):  # no greenlet may wait for a loop that is gone
                if not call.ok and call.value is None:
                    call.value = BridgeClosedError("the bridge was closed")
                    self._out.append(call)
            self._wake.send()
            self._loop.close()

    def _take(self) -> None:
        while self._in:
            call = self._in.popleft()
            if not call.gone:
                call.task = self._loop.create_task(self._run(call))
            elif call.task is not None:
                call.task.cancel()

    async def _run(self, call: _Call) -> None:
        try:
            call.value = await call.function(*call.args)
            call.ok = True
        except asyncio.CancelledError:
            # As it is, it would pass through `except Exception` of the greenlet that waits.
            call.value = BridgeClosedError("the call was cancelled")
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            call.value = error
        self._out.append(call)
        self._wake.send()


async def _cancel_all_tasks() -> None:
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
