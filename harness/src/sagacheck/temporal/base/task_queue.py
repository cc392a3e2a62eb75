"""Task queues: tasks wait here until a worker polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Poller(Protocol):
    """What a task queue knows of a worker."""

    @property
    def is_polling(self) -> bool:
        """Whether it takes tasks."""


_W = TypeVar("_W", bound=Poller)
Task = Callable[[_W], None]


class TaskQueue(Generic[_W]):
    """Tasks on their way to one worker.

    Args:
        name: The queue's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._worker: _W | None = None
        self._waiting: list[Task[_W]] = []

    @property
    def has_worker(self) -> bool:
        """Whether some worker takes its tasks, once it polls."""
        return self._worker is not None

    def serve(self, worker: _W) -> None:
        """Give the tasks to `worker` from now on."""
        self._worker = worker
        self.drain()

    def put(self, task: Task[_W], *, only_begins: bool = False) -> None:
        """Have `task` done as soon as a worker polls.

        Args:
            task: Called with the worker.
            only_begins: Whether it only starts something, so that it may be called at once.
        """
        worker = self._worker
        if worker is None or not worker.is_polling:
            self._waiting.append(task)
        elif only_begins:
            task(worker)
        else:
            asyncio.get_running_loop().call_soon(task, worker)

    def drain(self) -> None:
        """Hand over the tasks that wait, if a worker polls."""
        worker = self._worker
        if worker is None or not worker.is_polling:
            return
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            asyncio.get_running_loop().call_soon(task, worker)
