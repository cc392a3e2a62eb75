"""The callbacks of a trial: when each reaches its order, and what a fault makes of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sagacheck.engines.events.planned_event import PlannedEvent
from sagacheck.network import EARLY_CALLBACK, Callback, Fault
from sagacheck.saga import SagaUnderTest
from sagacheck.world import Clock

ON_TIME_SECONDS = 1.0
"""After what it is about: the reply, which takes no time, is there before."""
OUT_OF_ORDER_SECONDS = 3600.0
"""So long a callback is held for the next one of its order, where none comes."""


class Callbacks:
    """Plans the callbacks of services.

    Args:
        saga: The saga under test.
        clock: The world's clock.
        early_seconds: How long after the effect a callback arrives before the reply.
        happen: Begins to let an event happen.

    Attributes:
        planned: What the callbacks send.
    """

    def __init__(
        self,
        saga: SagaUnderTest,
        clock: Clock,
        early_seconds: float,
        happen: Callable[[PlannedEvent], None],
    ) -> None:
        self.planned: list[PlannedEvent] = []
        self._saga = saga
        self._clock = clock
        self._early_seconds = early_seconds
        self._happen = happen
        self._held: dict[str, list[PlannedEvent]] = {}

    def send(self, callback: Callback, fault: Fault | None) -> None:
        """Plan a callback, as its fault says; the network calls it once the effect is there.

        Raises:
            UnplayableError: The saga's `webhook` fails.
        """
        for delay in self._delays(fault):
            event = self._saga.event_of_callback(callback, self._clock.now() + delay)
            if event is None or not callback.order:
                continue
            planned = PlannedEvent(event, by_service=True)
            self.planned.append(planned)
            if fault is not None and fault.name == "callback_out_of_order":
                self._held.setdefault(callback.order, []).append(planned)
            self._clock.call_at(event.when.at or 0.0, partial(self._arrive, planned))

    def close(self) -> None:
        """Let no callback arrive any more, and hold nothing of the trial."""
        self._happen = _come_too_late
        self._held.clear()

    def _delays(self, fault: Fault | None) -> Iterator[float]:
        """How long after the effect each copy of a callback arrives."""
        match fault.name if fault else "":
            case "callback_lost":
                return
            case "callback_twice":
                yield from (ON_TIME_SECONDS, ON_TIME_SECONDS)
            case "callback_late":
                yield ON_TIME_SECONDS + (fault.delay if fault else 0.0)
            case "callback_out_of_order":
                yield OUT_OF_ORDER_SECONDS
            case name if name == EARLY_CALLBACK:
                yield self._early_seconds
            case _:
                yield ON_TIME_SECONDS

    def _arrive(self, planned: PlannedEvent) -> None:
        """Let a callback arrive, and after it those that were held for it."""
        if planned.times:
            return  # it was held, and has followed the next one
        held = self._held.pop(planned.event.order or "", [])
        for each in (planned, *(each for each in held if each is not planned)):
            self._happen(each)


def _come_too_late(planned: PlannedEvent) -> None:
    """The trial is over."""
