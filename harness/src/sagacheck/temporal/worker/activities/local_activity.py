"""One local activity in a worker: its attempts, retries and timeouts.

The rules are Core's (``worker/activities/local_activities.rs`` and ``retry_logic.rs``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import TimeoutType
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.backoff import local_backoff, with_local_defaults
from sagacheck.temporal.base.durations import seconds
from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.core.local_activity_results import LocalRequest, LocalResult
from sagacheck.temporal.worker.activities.attempt import ActivityAttempt, ActivityHost
from sagacheck.temporal.worker.activities.facts import AttemptFacts, ScheduledActivity
from sagacheck.temporal.worker.activities.report import AttemptReport, StopReason
from sagacheck.temporal.worker.activities.timeouts import (
    SCHEDULE_TO_CLOSE,
    START_TO_CLOSE,
    ActivityTimeouts,
)

DEFAULT_RETRY_THRESHOLD_SECONDS = 60.0
"""The longest backoff that the worker waits for; a longer one is a timer of the workflow."""


class LocalActivityListener(Protocol):
    """What waits for the local activities of a run."""

    def ended(self, activity: LocalActivity, result: LocalResult) -> None:
        """A local activity has ended."""

    def attempt_ended_without_report(self, reason: BaseException) -> None:
        """An attempt has ended, and its end is not reported: its worker died, for example."""

    def unsupported(self, error: UnsupportedError) -> None:
        """An attempt did something that the simulation lacks."""


class LocalActivity:
    """One local activity, from its first attempt in a process to the last.

    Args:
        run: The run that scheduled it.
        request: How the run scheduled it.
        worker: The worker that runs it.
        now: Returns virtual time in seconds since the epoch.
        listener: Gets its result.
    """

    def __init__(
        self,
        run: RunIdentity,
        request: LocalRequest,
        worker: ActivityHost,
        now: Callable[[], float],
        listener: LocalActivityListener,
    ) -> None:
        self._run = run
        self._request = request
        self._command = _as_scheduled(request, run.task_queue)
        self._attempt = max(request.command.attempt, 1)
        self._worker = worker
        self._now = now
        self._listener = listener
        self._scheduled_at = self._started_at = now()
        self._token = f"{run.run_id}/local/{request.command.seq}".encode()
        self._running: ActivityAttempt | None = None
        self._has_ended = False
        self._is_cancelled = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def is_too_late(self) -> bool:
        """Whether schedule-to-close was over before it could begin."""
        left = self._seconds_left()
        return left is not None and left <= 0

    def too_late(self) -> LocalResult:
        """How it ends if it is too late."""
        return self._result(0.0, failure=_timeout_failure(SCHEDULE_TO_CLOSE))

    def begin(self) -> None:
        """Start the first attempt."""
        left = self._seconds_left()
        if left is not None:
            self._arm("schedule to close", left, lambda: self._time_out(SCHEDULE_TO_CLOSE))
        self._start()

    def cancel(self) -> bool:
        """Cancel it.

        Returns:
            Whether its end is still to come; between two attempts there is nothing to wait for.
        """
        self._is_cancelled = True
        if self._running is not None:
            self._running.cancel(StopReason.CANCELLED)
            return True
        self._disarm()
        return self._has_ended

    def abandon(self) -> None:
        """Cancel it, and report nothing of it any more."""
        self.cancel()
        self._running = None
        self._disarm()

    # -- one attempt -----------------------------------------------------------------------------

    def _start(self) -> None:
        self._started_at = self._now()
        if limit := seconds(self._request.command.start_to_close_timeout):
            self._arm("start to close", limit, lambda: self._time_out(START_TO_CLOSE))
        facts = AttemptFacts(
            run=self._run,
            command=self._command,
            attempt=self._attempt,
            token=self._token,
            scheduled_at=self._scheduled_at,
            due_at=self._scheduled_at,
            started_at=self._started_at,
            is_local=True,
        )
        self._running = ActivityAttempt(self._worker, facts, None, self)
        self._running.begin()

    def report(self, report: AttemptReport, attempt: int) -> bool:
        """An attempt has ended; whether that still matters."""
        if self._running is None or attempt != self._attempt:
            return False
        self._running = None
        took = self._now() - self._started_at
        if report.is_cancelled:
            failure = Failure(message="Cancelled")
            failure.canceled_failure_info.SetInParent()
            self._end(self._result(took, failure=failure, is_cancelled=True))
        elif report.failure is not None:
            self._fail(report.failure, took)
        else:
            self._end(self._result(took, result=report.result))
        return True

    def heartbeat(self, details: Payloads | None, attempt: int) -> None:
        """Local activities have no heartbeats: Core ignores them."""

    def ended_without_report(self, reason: BaseException) -> None:
        """An attempt has ended, and its end is not reported."""
        self._listener.attempt_ended_without_report(reason)

    def unsupported(self, error: UnsupportedError) -> None:
        """An attempt did something that the simulation lacks."""
        self._listener.unsupported(error)

    def _time_out(self, kind: TimeoutType.ValueType) -> None:
        running, self._running = self._running, None
        if running is None:
            return  # Core looks at the time during attempts only
        running.cancel(StopReason.TIMED_OUT)
        took = self._now() - self._started_at
        if kind == START_TO_CLOSE:
            self._fail(_timeout_failure(kind), took)
        else:
            self._end(self._result(took, failure=_timeout_failure(kind)))

    def _fail(self, failure: Failure, took: float) -> None:
        """Try again here, or after a timer of the workflow, or not at all."""
        delay = local_backoff(self._command.retry_policy, self._attempt, failure)
        if self._is_cancelled:
            delay = None
        if delay is None or delay > self._retry_threshold():
            self._end(self._result(took, failure=failure, backoff=delay))
            return
        self._disarm("start to close")
        self._attempt += 1
        self._arm("backoff", delay, self._start)

    # -- the end ---------------------------------------------------------------------------------

    def _result(self, took: float, **outcome: Any) -> LocalResult:
        return LocalResult(
            self._request.command.seq,
            attempt=self._attempt,
            seconds=took,
            first_requested_at=self._request.first_requested_at,
            **outcome,
        )

    def _end(self, result: LocalResult) -> None:
        self._disarm()
        self._has_ended = True
        self._listener.ended(self, result)

    def _retry_threshold(self) -> float:
        command = self._request.command
        if not command.HasField("local_retry_threshold"):
            return DEFAULT_RETRY_THRESHOLD_SECONDS
        return seconds(command.local_retry_threshold)

    def _seconds_left(self) -> float | None:
        limit = seconds(self._request.command.schedule_to_close_timeout)
        return self._request.first_requested_at + limit - self._now() if limit else None

    def _arm(self, name: str, delay: float, act: Callable[[], None]) -> None:
        self._timers[name] = asyncio.get_running_loop().call_later(delay, act)

    def _disarm(self, *names: str) -> None:
        """Cancel some timers, or all."""
        for name in names or list(self._timers):
            if name in self._timers:
                self._timers.pop(name).cancel()


def _timeout_failure(kind: TimeoutType.ValueType) -> Failure:
    failure = Failure(message="Activity timed out")
    failure.timeout_failure_info.timeout_type = kind
    return failure


def _as_scheduled(request: LocalRequest, queue: str) -> ScheduledActivity:
    """What ``activity.info()`` shows: schedule-to-close limits each attempt too."""
    command = request.command
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
        timeouts=ActivityTimeouts(
            schedule_to_close=command.schedule_to_close_timeout,
            schedule_to_start=Duration(),
            start_to_close=start_to_close,
            heartbeat=Duration(),
        ),
        retry_policy=with_local_defaults(policy),
    )
