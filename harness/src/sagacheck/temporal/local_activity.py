"""One local activity: its attempts, its retries and its timeouts, all in one process.

The rules are those of the SDK's core (``local_activities.rs`` and ``retry_logic.rs``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import TimeoutType
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.activity_info import AttemptFacts, ScheduledActivity
from sagacheck.temporal.activity_timeouts import SCHEDULE_TO_CLOSE, START_TO_CLOSE, Timeouts
from sagacheck.temporal.attempt import CANCELLED, TIMED_OUT, Attempt, Report
from sagacheck.temporal.backoff import local_backoff, with_local_defaults
from sagacheck.temporal.durations import seconds
from sagacheck.temporal.interfaces import Owner
from sagacheck.temporal.local_core import End, Wanted
from sagacheck.temporal.worker import SimulatedWorker

DEFAULT_THRESHOLD_SECONDS = 60.0


class LocalActivity:
    """One local activity, from its first attempt in a process to the last.

    Attributes:
        command: What it is, in the words of an activity that the service schedules.
        attempt: The attempt under way, or to come, from 1.
        scheduled_at: When it was scheduled, in seconds since the epoch.
        token: What an attempt is called.

    Args:
        owner: The run.
        wanted: What the workflow code wants.
        worker: Runs it.
        ended: Told of its end.
        silent: Told of an attempt that ends without a report.
    """

    def __init__(
        self,
        owner: Owner,
        wanted: Wanted,
        worker: SimulatedWorker,
        ended: Callable[[LocalActivity, End], None],
        silent: Callable[[BaseException], None],
    ) -> None:
        self.command = _as_scheduled(wanted, owner.task_queue)
        self.attempt = max(wanted.command.attempt, 1)
        self.scheduled_at = owner.now()
        self.token = f"{owner.run_id}/local/{wanted.command.seq}".encode()
        self._owner = owner
        self._wanted = wanted
        self._worker = worker
        self._ended = ended
        self._silent = silent
        self._running: Attempt | None = None
        self._started_at = self.scheduled_at
        self._has_ended = False
        self._is_unwanted = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def is_too_late(self) -> bool:
        """Whether its time was over before it could begin."""
        left = self._seconds_left()
        return left is not None and left <= 0

    def too_late(self) -> End:
        """What becomes of it then."""
        return self._end(0.0, failure=_timeout(SCHEDULE_TO_CLOSE))

    def begin(self) -> None:
        """Start the first attempt."""
        left = self._seconds_left()
        if left is not None:
            self._arm("schedule to close", left, lambda: self._time_out(SCHEDULE_TO_CLOSE))
        self._start()

    def cancel(self) -> bool:
        """Ask it to cancel; whether its end is still to be waited for: nobody can ask a backoff."""
        self._is_unwanted = True
        if self._running is not None:
            self._running.cancel(CANCELLED)
            return True
        self._disarm()
        return self._has_ended

    def forget(self) -> None:
        """Cancel it, and tell nobody of its end."""
        self.cancel()
        self._running = None
        self._disarm()

    # -- one attempt -----------------------------------------------------------------------------

    def _start(self) -> None:
        self._started_at = self._owner.now()
        if limit := seconds(self._wanted.command.start_to_close_timeout):
            self._arm("start to close", limit, lambda: self._time_out(START_TO_CLOSE))
        number = self.attempt
        facts = AttemptFacts(
            owner=self._owner,
            command=self.command,
            attempt=number,
            token=self.token,
            scheduled_at=self.scheduled_at,
            due_at=self.scheduled_at,
            started_at=self._started_at,
            is_local=True,
        )
        self._running = Attempt(
            self._worker,
            facts,
            None,
            report=lambda report: self._report(report, number),
            heartbeat=lambda _details: "",  # nobody looks at it
            silent=self._silent,
        )
        self._running.begin()

    def _report(self, report: Report, number: int) -> bool:
        """An attempt has ended; whether anybody still waits for that."""
        if self._running is None or number != self.attempt:
            return False
        self._running = None
        took = self._owner.now() - self._started_at
        if report.is_cancelled:
            failure = Failure(message="Cancelled")
            failure.canceled_failure_info.SetInParent()
            self._finish(self._end(took, failure=failure, is_cancelled=True))
        elif report.failure is not None:
            self._fail(report.failure, took)
        else:
            self._finish(self._end(took, result=report.result))
        return True

    def _time_out(self, kind: TimeoutType.ValueType) -> None:
        running, self._running = self._running, None
        if running is None:
            return  # between two attempts nobody looks at the time
        running.cancel(TIMED_OUT)
        took = self._owner.now() - self._started_at
        if kind == START_TO_CLOSE:
            self._fail(_timeout(kind), took)
        else:
            self._finish(self._end(took, failure=_timeout(kind)))

    def _fail(self, failure: Failure, took: float) -> None:
        """Try again here, or after a timer of the workflow's, or never."""
        delay = local_backoff(self.command.retry_policy, self.attempt, failure)
        if self._is_unwanted:
            delay = None
        if delay is None or delay > self._threshold():
            self._finish(self._end(took, failure=failure, backoff=delay))
            return
        self._disarm("start to close")
        self.attempt += 1
        self._arm("backoff", delay, self._start)

    # -- its end ---------------------------------------------------------------------------------

    def _end(self, took: float, **what: Any) -> End:
        return End(
            self._wanted.command.seq,
            attempt=self.attempt,
            seconds=took,
            first_wanted_at=self._wanted.first_wanted_at,
            **what,
        )

    def _finish(self, end: End) -> None:
        self._disarm()
        self._has_ended = True
        self._ended(self, end)

    def _threshold(self) -> float:
        command = self._wanted.command
        if not command.HasField("local_retry_threshold"):
            return DEFAULT_THRESHOLD_SECONDS
        return seconds(command.local_retry_threshold)

    def _seconds_left(self) -> float | None:
        limit = seconds(self._wanted.command.schedule_to_close_timeout)
        return self._wanted.first_wanted_at + limit - self._owner.now() if limit else None

    def _arm(self, name: str, delay: float, act: Callable[[], None]) -> None:
        self._timers[name] = asyncio.get_running_loop().call_later(delay, act)

    def _disarm(self, *names: str) -> None:
        """Stop waiting for some timers, or for all."""
        for name in names or list(self._timers):
            if name in self._timers:
                self._timers.pop(name).cancel()


def _timeout(kind: TimeoutType.ValueType) -> Failure:
    failure = Failure(message="Activity timed out")
    failure.timeout_failure_info.timeout_type = kind
    return failure


def _as_scheduled(wanted: Wanted, queue: str) -> ScheduledActivity:
    """What an attempt is told: for whoever asks, the longest time is that of an attempt too."""
    command = wanted.command
    policy = command.retry_policy if command.HasField("retry_policy") else None
    start_to_close, longest = command.start_to_close_timeout, command.schedule_to_close_timeout
    if not seconds(start_to_close) or 0 < seconds(longest) < seconds(start_to_close):
        start_to_close = longest
    return ScheduledActivity(
        activity_id=command.activity_id,
        activity_type=command.activity_type,
        task_queue=queue,
        arguments=command.arguments[:],
        headers=command.headers,
        timeouts=Timeouts(
            schedule_to_close=command.schedule_to_close_timeout,
            schedule_to_start=Duration(),
            start_to_close=start_to_close,
            heartbeat=Duration(),
        ),
        retry_policy=with_local_defaults(policy),
    )
