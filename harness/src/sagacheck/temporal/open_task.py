"""A workflow task under way: who does it, what it began with, what has come of it so far."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sagacheck.temporal.core import Job, Mark, Outgoing
from sagacheck.temporal.events import Event

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution
    from sagacheck.temporal.worker import SimulatedWorker


@dataclass
class OpenTask:
    """A workflow task from its start to its end, between which local activities let time pass.

    Attributes:
        worker: Does it.
        jobs: What the code is told in it.
        attempt: Which attempt it is.
        started_at: When it started, in seconds since the epoch.
        kept_alive_since: When the first of the tasks started that have each been kept alive by the
            one that came after it.
        outgoing: What the service will be told.
        flags: The flags of the SDK that the code has used.
        started: The event that says that it has started, once that is written down.
        is_done: Whether nothing that happens now is part of it any more.
        is_wanted_again: Whether something has come that takes another task.
    """

    worker: SimulatedWorker
    jobs: list[Job]
    attempt: int
    started_at: float
    kept_alive_since: float
    outgoing: list[Outgoing] = field(default_factory=list)
    flags: set[int] = field(default_factory=set)
    started: Event | None = None
    is_done: bool = False
    is_wanted_again: bool = False
    _mark: Mark = field(init=False)
    _past: int = field(init=False)
    _timer: asyncio.TimerHandle | None = None

    def begin(self, run: Execution) -> None:
        """Remember how `run` is now."""
        run.core.locals.begin_task(self.started_at)
        self._mark = run.core.mark()
        self._past = len(run.past)

    def come_to_nothing(self, run: Execution) -> None:
        """Make `run` what it was, but for local activities that have run: they will run again."""
        self.wait_no_longer()
        self.worker.evict(run.run_id)
        del run.past[self._past :]
        run.core.restore(self._mark)
        run.core.locals.begin_again(run.past)

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for local activities, or for its timeout."""
        return self._timer is not None

    def wait(self, timer: asyncio.TimerHandle) -> None:
        """Wait for local activities, until `timer`."""
        self.wait_no_longer()
        self._timer = timer

    def wait_no_longer(self) -> None:
        """Do not wait for the timer any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
