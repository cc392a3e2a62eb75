"""Time that callers wait passes in the world, and not on the server: what that would have changed.

The server skips time only while nothing is in flight, and an activity that waits is in flight. So
the world's clock jumps, and the server's stands still. Where a timeout or a timer lies in such a
gap, the workflow does here what it would not do on a server in real time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent

SHORTEST_SECONDS = 0.1
"""A gap that is shorter changes no more than the speed of the machine does."""
WHY = (
    "an activity waited for {gap:g} s, which do not pass for the workflow on the server engine, "
    "and {what} would have ended meanwhile; use --engine simulated"
)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Time that passed in the world alone.

    Attributes:
        at: The server's time.
        seconds: How long it was.
        activity_id: The activity that waited.
    """

    at: datetime
    seconds: float
    activity_id: str


class TimeGaps:
    """The gaps of one order."""

    def __init__(self) -> None:
        self._gaps: list[_Gap] = []

    def add(self, info: activity.Info, began: float, seconds: float) -> bool:
        """Note how long an attempt has waited; whether that may change anything.

        Args:
            info: The attempt.
            began: When it began, in seconds of ``time.monotonic``.
            seconds: How long it has waited.
        """
        if seconds < SHORTEST_SECONDS:
            return False
        self._gaps.append(_Gap(_now(info, began), seconds, info.activity_id))
        return True

    def missed(self, info: activity.Info, began: float, events: Iterable[HistoryEvent]) -> str:
        """Why the workflow would have gone on otherwise in real time; empty if it would not.

        Args:
            info: The attempt that has waited.
            began: When it began, in seconds of ``time.monotonic``.
            events: The history of its workflow so far.
        """
        now = _now(info, began)
        ended = next(self._ended(info, now, [*events]), None)
        return WHY.format(gap=self._gaps[-1].seconds, what=ended) if ended else ""

    def overdue(self, info: activity.Info) -> str:
        """Why an attempt would not have begun in real time; empty if it would have."""
        budget = info.schedule_to_close_timeout
        waited = self._waited_by(info.activity_id)
        if not waited or not budget or info.is_local:
            return ""
        passed = (info.started_time - info.scheduled_time).total_seconds() + waited
        if passed < budget.total_seconds():
            return ""
        what = f"the schedule-to-close timeout of {info.activity_type}"
        return WHY.format(gap=waited, what=what)

    def _ended(
        self, info: activity.Info, now: datetime, events: list[HistoryEvent]
    ) -> Iterator[str]:
        """What would have ended in the gaps so far, of all that this server lets go on."""
        gap, name = self._gaps[-1].seconds, info.activity_type
        if info.heartbeat_timeout and gap >= info.heartbeat_timeout.total_seconds():
            yield f"the heartbeat timeout of {name}"
        if info.start_to_close_timeout and gap > info.start_to_close_timeout.total_seconds():
            yield f"the start-to-close timeout of {name}"
        budget = info.schedule_to_close_timeout
        if budget and not info.is_local:
            passed = (now - info.scheduled_time).total_seconds()
            if passed + self._waited_by(info.activity_id) >= budget.total_seconds():
                yield f"the schedule-to-close timeout of {name}"
        for started, seconds, what in (*running_timers(events), *_run_timeouts(events)):
            if (now - started).total_seconds() + self._waited_since(started) >= seconds:
                yield what

    def _waited_by(self, activity_id: str) -> float:
        return sum(gap.seconds for gap in self._gaps if gap.activity_id == activity_id)

    def _waited_since(self, moment: datetime) -> float:
        return sum(gap.seconds for gap in self._gaps if gap.at >= moment)


def _now(info: activity.Info, began: float) -> datetime:
    """The server's time: while an attempt is under way, it passes as real time does."""
    return info.started_time + timedelta(seconds=time.monotonic() - began)


def running_timers(events: Iterable[HistoryEvent]) -> list[tuple[datetime, float, str]]:
    """The timers that are still running: since when, for how many seconds, and what they are."""
    running: dict[int, tuple[datetime, float, str]] = {}
    for event in events:
        if event.HasField("timer_started_event_attributes"):
            seconds = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            what = f"a timer of {seconds.total_seconds():g} s"
            running[event.event_id] = (time_of(event), seconds.total_seconds(), what)
        elif event.HasField("timer_fired_event_attributes"):
            running.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.HasField("timer_canceled_event_attributes"):
            running.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return list(running.values())


def _run_timeouts(events: list[HistoryEvent]) -> Iterator[tuple[datetime, float, str]]:
    """The timeout of the run, if it has one: since when, for how many seconds, and what it is."""
    started = events[0].workflow_execution_started_event_attributes
    seconds = started.workflow_run_timeout.ToTimedelta().total_seconds()
    if seconds:
        yield time_of(events[0]), seconds, "the run timeout of the workflow"


def time_of(event: HistoryEvent) -> datetime:
    """When an event happened, by the server's time for its workflow."""
    return event.event_time.ToDatetime(UTC)
