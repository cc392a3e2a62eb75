"""An event of a trial, and what came of it."""

from __future__ import annotations

import msgspec

from sagacheck.engines.events.answer import Answer
from sagacheck.language import Event


class PlannedEvent(msgspec.Struct):
    """An event, and whether it happened.

    Attributes:
        event: The event.
        answer: The answer that its client got; ``None`` while it has not happened.
        at: When it happened, in seconds of the world's clock.
        times: How often it happened.
        by_service: Whether a service calls back, and no client or operator acts.
    """

    event: Event
    answer: Answer | None = None
    at: float | None = None
    times: int = 0
    by_service: bool = False
