"""What a trial needs of the engine that plays it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from sagacheck.engines.events.answer import Answer
from sagacheck.language import Event
from sagacheck.world import Clock


class TrialClock(Clock, Protocol):
    """A clock that knows whether anything is still to happen."""

    @property
    def next_due(self) -> float | None:
        """When the next callback is to run; ``None`` when there is none."""

    def stop(self) -> None:
        """Stand still from now on."""


class ClientActions(Protocol):
    """What clients and operators can do to the orders of a trial."""

    async def settle(self, order: str) -> None:
        """Return once the workflow of an order has seen what was sent to it, if it can."""

    async def send(self, event: Event) -> Answer | asyncio.Task[Answer]:
        """Do what an event says; returns once Temporal has the message, with its answer or a task.

        Raises:
            Exception: Temporal could not be asked, and did not merely refuse.
        """
