"""What a trial needs of the engine that plays it."""

from __future__ import annotations

from typing import Protocol

from sagacheck.engines.answer import Answer
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
    """What clients and operators can do to the orders of a trial, each with its answer."""

    async def cancel(self, event: Event) -> Answer:
        """Ask for an order to be cancelled."""

    async def submit(self, event: Event) -> Answer:
        """Place an order again."""

    async def terminate(self, event: Event) -> Answer:
        """Terminate an order's workflow."""

    async def query(self, event: Event) -> Answer:
        """Ask an order for its status."""
