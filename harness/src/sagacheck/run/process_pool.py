"""A pool of processes, each made ready once, over which tasks of one kind are spread."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

Setup = Callable[[], AbstractContextManager[Callable[[Task], Result]]]
"""Makes a process ready, and gives the function that does a task. It must be picklable."""

_AHEAD = 4
"""How many tasks for each process are handed out ahead of time: all could be too many to keep."""


class ProcessKilledError(Exception):
    """A process of a pool was killed, by the system or by a user: its task has no result."""


class ProcessPool(Generic[Task, Result]):
    """Processes that each do some of the tasks; use it with ``with``.

    Args:
        setup: Makes a process ready.
        jobs: How many processes there are.
    """

    def __init__(self, setup: Setup[Task, Result], jobs: int) -> None:
        self._jobs = jobs
        self._pool = ProcessPoolExecutor(
            jobs,
            # A forked child would inherit the locks of this process's threads without the threads.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_set_up,
            initargs=(setup,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes: at once on an error or Ctrl-C, else when their tasks are done."""
        if error is not None:
            self._kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _kill(self) -> None:
        """Kill the processes: they do not hear Ctrl-C, and a task may take long."""
        # `ProcessPoolExecutor.kill_workers` is there from Python 3.14 on, and does the same.
        for process in list((self._pool._processes or {}).values()):  # noqa: SLF001
            process.kill()

    def map_unordered(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The result of each task, as soon as it is there.

        Raises:
            ProcessKilledError: A process was killed.
        """
        waiting = iter(tasks)
        under_way: set[Future[Result]] = set()
        while True:
            free = _AHEAD * self._jobs - len(under_way)
            under_way |= self._submit(islice(waiting, free))
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            # Results first: they are kept, whatever has become of the others.
            for future in sorted(done, key=lambda each: each.exception() is not None):
                yield _result_of(future)

    def _submit(self, tasks: Iterable[Task]) -> set[Future[Result]]:
        try:
            with _sigint_blocked():
                return {self._pool.submit(_do, task) for task in tasks}
        except BrokenProcessPool as error:
            raise ProcessKilledError(KILLED) from error


KILLED = "a process was killed"


def _result_of(future: Future[Result]) -> Result:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise ProcessKilledError(KILLED) from error


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Processes that start meanwhile do not hear Ctrl-C, not even while they import."""
    resource_tracker.ensure_running()  # or it would start meanwhile, and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def available_cpus() -> int:
    """How many processes can run here at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_entered = ExitStack()
_work: Callable[[Any], Any] | None = None
"""Does a task, where this process is one of a pool."""


def _set_up(setup: Setup[Any, Any]) -> None:
    global _work  # noqa: PLW0603 - a pool has no other place for what its processes keep
    # Ctrl-C is for the process that people see; that one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    _work = _entered.enter_context(setup())


def _end_with_parent() -> None:
    """A parent that is killed cannot end its processes, and they would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "it was spawned"
    parent.join()
    os._exit(1)


def _do(task: Any) -> Any:
    assert _work is not None, "the pool has called its initializer"
    return _work(task)
