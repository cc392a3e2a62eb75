"""A pool of processes, each made ready once, over which tasks of one kind are spread."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

Setup = Callable[[], AbstractContextManager[Callable[[Task], Result]]]
"""Makes a process ready, and gives the function that does a task. It must be picklable."""

_AHEAD = 4
"""How many tasks for each process are handed out ahead of time: all could be too many to keep."""


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
        """End the processes: at once after Ctrl-C, else when they have done what they are at."""
        if error is not None and not isinstance(error, Exception):
            self._kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _kill(self) -> None:
        """Kill the processes: they do not hear Ctrl-C, and a task may take long."""
        # `ProcessPoolExecutor.kill_workers` is there from Python 3.14 on, and does the same.
        for process in list((self._pool._processes or {}).values()):  # noqa: SLF001
            process.kill()

    def map_unordered(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The result of each task, as soon as it is there."""
        waiting = iter(tasks)
        under_way: set[Future[Result]] = set()
        while True:
            free = _AHEAD * self._jobs - len(under_way)
            under_way |= {self._pool.submit(_do, task) for task in islice(waiting, free)}
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


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
    _work = _entered.enter_context(setup())


def _do(task: Any) -> Any:
    assert _work is not None, "the pool has called its initializer"
    return _work(task)
