"""Task queues: what is to be done waits here until a worker takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Poller(Protocol):
    """A worker, as far as its queue is concerned."""

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

    def serve(self, worker: _W) -> None:
        """Let `worker` have the tasks from now on."""
        self._worker = worker
        self.drain()

    def put(self, task: Task[_W], *, only_begins: bool = False) -> None:
        """Have `task` done as soon as there is a worker that polls.

        Args:
            task: What is to be done.
            only_begins: Whether it does no more than begin something, which can be done at once.
        """
        worker = self._worker
        if worker is None or not worker.is_polling:
            self._waiting.append(task)
        elif only_begins:
            task(worker)
        else:
            asyncio.get_running_loop().call_soon(task, worker)

    def drain(self) -> None:
        """Hand over what waits, if anybody polls."""
        worker = self._worker
        if worker is None or not worker.is_polling:
            return
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            asyncio.get_running_loop().call_soon(task, worker)
