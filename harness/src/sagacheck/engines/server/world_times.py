"""Which moments of the world belong to moments of a server, for an order that is moved in steps."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

import msgspec
from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent
from temporalio.exceptions import ApplicationError

from sagacheck.engines.server.stopwatch import Stopwatch
from sagacheck.engines.server.time_gaps import running_timers, time_of
from sagacheck.engines.trial import Trial
from sagacheck.engines.workflow_view import WorkflowState

UNNOTICED_SECONDS = 1.0
"""Real time that an attempt's own code takes counts as none if it is shorter than this: a busy
machine takes as long for what takes no time."""


class _UnderWay(msgspec.Struct):
    """An attempt: when it began in the world, and how long its code has waited since."""

    begun: float
    watch: Stopwatch
    began: float


class Due(msgspec.Struct, order=True):
    """What the server does next by itself: after so many seconds there, and when in the world."""

    seconds: float
    at: float


class WorldTimes:
    """Which moments of the world belong to moments of the server, for one order.

    Args:
        trial: The trial that the order belongs to.

    Attributes:
        under_way: The attempts under way.
        idle: Set while there are none.
        begun_attempts: How many attempts have begun.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._server: list[float] = []
        self._world: list[float] = []
        self._retries: dict[tuple[str | None, str], float] = {}
        self._ended: dict[tuple[str | None, str], float] = {}
        self.under_way: dict[tuple[str | None, str], _UnderWay] = {}
        self.idle = asyncio.Event()
        self.idle.set()
        self.begun_attempts = 0

    def note(self, moment: datetime, world: float) -> None:
        """Note that it was this moment on the server and in the world."""
        self._server.append(max([moment.timestamp(), *self._server[-1:]]))
        self._world.append(world)

    def at(self, moment: datetime) -> float:
        """The world's time when the server's was `moment`: it stands still between two notes."""
        known = bisect_right(self._server, moment.timestamp())
        return self._world[known - 1] if known else 0.0

    def begin(self, info: activity.Info, events: Iterable[HistoryEvent]) -> float:
        """The world's time at which an attempt begins.

        Args:
            info: The attempt.
            events: The history of its workflow so far.
        """
        retry = self._retries.get(_key(info), 0.0)
        begun = max(self._trial.clock.now(), retry, self.of_fired_timers(events))
        self.note(info.started_time, begun)
        self.under_way[_key(info)] = _UnderWay(begun, Stopwatch(), time.monotonic())
        self.idle.clear()
        self.begun_attempts += 1
        return begun

    def taken(self, info: activity.Info) -> float:
        """How much time the code of an attempt under way has taken."""
        under_way = self.under_way.get(_key(info))
        return noticed(under_way.watch) if under_way else 0.0

    def end(self, info: activity.Info, ended: float, error: BaseException | None) -> None:
        """Note that an attempt has ended, and when its retry begins, if it has one."""
        key = _key(info)
        retry = ended + _backoff(info, error)
        self._retries[key] = max(retry, self._retries.get(key, 0.0))
        self._ended[key] = max(ended, self._ended.get(key, 0.0))
        under_way = self.under_way.pop(key, None)
        if not self.under_way:
            self.idle.set()
        if under_way is not None:
            passed = time.monotonic() - under_way.began
            now = info.started_time.timestamp() + passed
            self.note(datetime.fromtimestamp(now, info.started_time.tzinfo), ended)

    def of_fired_timers(self, events: Iterable[HistoryEvent]) -> float:
        """When the last timer fired of those that have; on a slow machine some do by themselves."""
        started: dict[int, float] = {}
        fired = 0.0
        for event in events:
            if event.HasField("timer_started_event_attributes"):
                duration = event.timer_started_event_attributes.start_to_fire_timeout
                seconds = duration.ToTimedelta().total_seconds()
                started[event.event_id] = self.at(time_of(event)) + seconds
            elif event.HasField("timer_fired_event_attributes"):
                number = event.timer_fired_event_attributes.started_event_id
                fired = max(fired, started.get(number, 0.0))
        return fired

    def next_due(self, state: WorkflowState, events: list[HistoryEvent]) -> Due | None:
        """What the server does next by itself; ``None`` for nothing."""
        now, world = state.virtual_time, self._trial.clock.now()
        for name, _, interval in state.retries:
            key = state.run_id, name
            if interval is not None:
                self._retries[key] = self._ended.get(key, world) + interval
        dues = [
            Due((moment - now).total_seconds(), self._retries.get((state.run_id, name), world))
            for name, moment, _ in state.retries
        ]
        dues += [
            Due((started - now).total_seconds() + seconds, self.at(started) + seconds)
            for started, seconds, _ in running_timers(events)
        ]
        return min(dues, default=None)


def noticed(watch: Stopwatch) -> float:
    """How much time the code of an attempt has taken."""
    return watch.seconds if watch.seconds >= UNNOTICED_SECONDS else 0.0


def _key(info: activity.Info) -> tuple[str | None, str]:
    return info.workflow_run_id, info.activity_id


def _backoff(info: activity.Info, error: BaseException | None) -> float:
    """Until the next attempt, as the policy or the failure says; the server knows better."""
    if isinstance(error, ApplicationError) and error.next_retry_delay is not None:
        return error.next_retry_delay.total_seconds()
    policy = info.retry_policy
    if policy is None:
        return 0.0
    first = policy.initial_interval.total_seconds()
    most = policy.maximum_interval
    limit = most.total_seconds() if most is not None else 100 * first
    grown = first * float(policy.backoff_coefficient) ** min(info.attempt - 1, 1000)
    return float(min(grown, limit))
