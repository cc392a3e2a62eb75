"""One activity of a run on the server: its attempts, its four timeouts, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.backoff import RetryAfter, after_failure
from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.payloads import json_payload
from sagacheck.temporal.server.ports import IDENTITY, OpenRun, Service, TaskWorker
from sagacheck.temporal.worker.activities.attempt import ActivityAttempt
from sagacheck.temporal.worker.activities.facts import AttemptFacts, ScheduledActivity
from sagacheck.temporal.worker.activities.report import AttemptReport, StopReason
from sagacheck.temporal.worker.activities.timeouts import (
    HEARTBEAT,
    SCHEDULE_TO_CLOSE,
    SCHEDULE_TO_START,
    START_TO_CLOSE,
)

_TIMEOUT_NAMES = {
    START_TO_CLOSE: "StartToClose",
    SCHEDULE_TO_CLOSE: "ScheduleToClose",
    SCHEDULE_TO_START: "ScheduleToStart",
    HEARTBEAT: "Heartbeat",
}
_NO_TIME_LEFT = (
    "Not enough time to schedule next retry before activity ScheduleToClose timeout, "
    "giving up retrying"
)
"""The server's ``FailureReasonActivityRetryScheduleToCloseTimeout`` (``common/util.go``)."""
_NOT_STARTED = json_payload("ACTIVITY_ID_NOT_STARTED")
"""The server's ``activityCancellationMsgActivityNotStarted``
(``service/history/api/respondworkflowtaskcompleted/workflow_task_completed_handler.go``)."""
OnClosed = Callable[[Event], None]
"""Called with the event of an activity's end when it is written."""


class PendingActivity:
    """An activity from its scheduling to its end.

    Attributes:
        event: The event of its scheduling.
        command: What it was scheduled with.
        attempt: The attempt under way, or to come, from 1.
        closed: Whether it has ended.
        last_failure: What the attempt before failed with.
        scheduled_at: When it was scheduled, in seconds since the epoch.

    Args:
        run: The run that scheduled it.
        service: The service of the run.
        event: The event of its scheduling.
        command: What it was scheduled with.
        on_closed: Called with the event of its end.
    """

    def __init__(
        self,
        run: OpenRun,
        service: Service,
        event: Event,
        command: ScheduledActivity,
        on_closed: OnClosed,
    ) -> None:
        self.event = event
        self.command = command
        self.attempt = 1
        self.closed = False
        self.last_failure: Failure | None = None
        self._run = run
        self._service = service
        self._on_closed = on_closed
        self._cancel_event_id = 0
        self._running: ActivityAttempt | None = None
        self._started_at: float | None = None
        self._started_event: Event | None = None
        self._heartbeat_at = 0.0
        self._heartbeat: Payloads | None = None
        self._due_at = self.scheduled_at = run.now()
        self._limits = command.timeouts.limits
        self._timers: dict[TimeoutType.ValueType, asyncio.TimerHandle] = {}
        self._backoff: asyncio.TimerHandle | None = None
        self._arm(SCHEDULE_TO_CLOSE)

    @property
    def is_running(self) -> bool:
        """Whether an attempt is under way, as far as the service knows."""
        return self._started_at is not None

    @property
    def token(self) -> bytes:
        """The task token of the attempt under way."""
        return f"{self._run.identity.run_id}/{self.event.event_id}/{self.attempt}".encode()

    @property
    def cancel_requested(self) -> bool:
        """Whether the workflow has requested its cancellation."""
        return self._cancel_event_id > 0

    def schedule_attempt(self) -> None:
        """Put the next attempt into the task queue."""
        self._due_at = self._run.now()
        self._arm(SCHEDULE_TO_START)
        attempt = self.attempt
        self._service.put_task(
            self.command.task_queue, lambda worker: self._start(worker, attempt), only_begins=True
        )

    def request_cancel(self, event_id: int) -> None:
        """Request its cancellation.

        Args:
            event_id: The event of the request.
        """
        self._cancel_event_id = event_id
        if not self.is_running:
            # No worker has it, so the service ends it itself, behind the workflow task.
            loop = asyncio.get_running_loop()
            loop.call_soon(self._close_cancelled, Payloads(payloads=[_NOT_STARTED]))

    def run_closed(self) -> None:
        """Write nothing more: the run has closed. An attempt under way runs on."""
        self.closed = True
        self._disarm(everything=True)
        self._release_attempt()

    # -- one attempt -----------------------------------------------------------------------------

    def _start(self, worker: TaskWorker, attempt: int) -> None:
        if self.closed or attempt != self.attempt or self._started_at is not None:
            return
        self._disarm()
        self._started_at = self._heartbeat_at = self._run.now()
        self._arm(START_TO_CLOSE)
        self._arm(HEARTBEAT)
        facts = AttemptFacts(
            run=self._run.identity,
            command=self.command,
            attempt=attempt,
            token=self.token,
            scheduled_at=self.scheduled_at,
            due_at=self._due_at,
            started_at=self._started_at,
        )
        self._running = ActivityAttempt(worker, facts, self._heartbeat, self)
        self._running.begin()

    def report(self, report: AttemptReport, attempt: int) -> bool:
        """An attempt has ended; whether that still matters."""
        if self.closed or self._started_at is None or attempt != self.attempt:
            return False
        self._running = None
        if report.heartbeat is not None:
            self._heartbeat = report.heartbeat
        if report.failure is not None:
            self._fail(report.failure)
        elif report.is_cancelled and self.cancel_requested:
            self._close_cancelled(report.details)
        elif report.is_cancelled:
            failure = Failure(message="Activity cancelled")
            failure.canceled_failure_info.SetInParent()
            self._fail(failure)
        else:
            result = [report.result] if report.result is not None else None
            self._close("activity_task_completed", result=result, identity=IDENTITY)
        return True

    def heartbeat(self, details: Payloads | None, attempt: int) -> StopReason | None:
        """An attempt heartbeats; why it should stop, if it should."""
        if self.closed or self._started_at is None or attempt != self.attempt:
            return StopReason.GONE
        if details is not None:
            self._heartbeat = details
        self._heartbeat_at = self._run.now()
        self._arm(HEARTBEAT)
        return StopReason.CANCELLED if self.cancel_requested else None

    def ended_without_report(self, reason: BaseException) -> None:
        """An attempt has ended without a report: it is completed later, or it times out."""

    def unsupported(self, error: UnsupportedError) -> None:
        """An attempt did something that the simulation lacks."""
        self._service.abort(error)

    def _fail(self, failure: Failure) -> None:
        then = after_failure(
            self.command.retry_policy,
            self.attempt,
            failure,
            now=self._run.now(),
            deadline=self._deadline(),
            cancel_requested=self.cancel_requested,
        )
        if isinstance(then, RetryAfter):
            self._retry(failure, then.delay)
        elif failure.HasField("timeout_failure_info"):
            self._close_by_timeout(failure, then)
        else:
            self._close(
                "activity_task_failed", failure=failure, retry_state=then, identity=IDENTITY
            )

    def _retry(self, failure: Failure, delay: float) -> None:
        self._disarm()
        self._release_attempt()
        self.attempt += 1
        self._started_at = None
        self.last_failure = failure
        self._backoff = asyncio.get_running_loop().call_later(delay, self.schedule_attempt)

    def _release_attempt(self) -> None:
        """Ignore the attempt under way; its worker still cancels it after its timeouts."""
        running, self._running = self._running, None
        if running is None or self._started_at is None:
            return
        since = {START_TO_CLOSE: self._started_at, HEARTBEAT: self._heartbeat_at}
        ends = [at + self._limits[kind] for kind, at in since.items() if kind in self._limits]
        if ends:
            running.cancel_after_timeout(min(ends) - self._run.now())

    # -- timeouts --------------------------------------------------------------------------------

    def _arm(self, kind: TimeoutType.ValueType) -> None:
        """Start the timer of a timeout, if there is one, or start it again."""
        if kind not in self._limits:
            return
        if kind in self._timers:
            self._timers[kind].cancel()
        loop = asyncio.get_running_loop()
        self._timers[kind] = loop.call_later(self._limits[kind], self._on_timeout, kind)

    def _disarm(self, *, everything: bool = False) -> None:
        """Cancel the timers of the attempt and of the backoff, or all timers."""
        for kind in list(self._timers):
            if everything or kind != SCHEDULE_TO_CLOSE:
                self._timers.pop(kind).cancel()
        if self._backoff is not None:
            self._backoff.cancel()
            self._backoff = None

    def _deadline(self) -> float | None:
        limit = self._limits.get(SCHEDULE_TO_CLOSE)
        return None if limit is None else self.scheduled_at + limit

    def _on_timeout(self, kind: TimeoutType.ValueType) -> None:
        deadline = self._deadline()
        is_over = deadline is not None and self._run.now() >= deadline
        if is_over and SCHEDULE_TO_START in self._timers:
            # Both are due, and the server's timers are sorted by their types
            # (``service/history/workflow/timer_sequence.go``).
            kind = SCHEDULE_TO_START
        elif is_over:
            kind = SCHEDULE_TO_CLOSE
        failure = _timeout_failure(kind, f"activity {_TIMEOUT_NAMES[kind]} timeout")
        if kind == SCHEDULE_TO_CLOSE:
            self._close_by_timeout(failure, RetryState.RETRY_STATE_TIMEOUT)
        elif kind == SCHEDULE_TO_START:
            self._close_timed_out(failure, RetryState.RETRY_STATE_TIMEOUT)
        else:
            self._fail(failure)

    def _close_by_timeout(self, failure: Failure, state: RetryState.ValueType) -> None:
        if state == RetryState.RETRY_STATE_TIMEOUT:
            failure = _timeout_failure(SCHEDULE_TO_CLOSE, _NO_TIME_LEFT)
        self._close_timed_out(failure, state)

    def _close_timed_out(self, failure: Failure, state: RetryState.ValueType) -> None:
        if self.last_failure is not None:
            failure.cause.CopyFrom(self.last_failure)
        if self._heartbeat is not None:
            failure.timeout_failure_info.last_heartbeat_details.CopyFrom(self._heartbeat)
        self._close("activity_task_timed_out", failure=failure, retry_state=state)

    # -- the end ---------------------------------------------------------------------------------

    def _close_cancelled(self, details: Payloads | None) -> None:
        if self.closed:
            return
        self._close(
            "activity_task_canceled",
            details=details,
            latest_cancel_requested_event_id=self._cancel_event_id,
            identity=IDENTITY,
        )

    def _close(self, name: str, **attributes: Any) -> None:
        """Write how it ended, and give the workflow the job."""
        self.closed = True
        self._disarm(everything=True)
        self._release_attempt()
        if self._started_at is not None:
            self._run.add_or_buffer(self._write_started)
        self._run.add_or_buffer(lambda: self._write_end(name, attributes), is_end=True)

    def _write_started(self) -> None:
        """Write the start of the last attempt, which the server does when the activity has ended.

        An activity that may be retried has no started event before (``AddActivityTaskStartedEvent``
        in ``service/history/workflow/mutable_state_impl.go``).
        """
        self._started_event = self._run.add_event(
            "activity_task_started",
            at=self._started_at,
            scheduled_event_id=self.event.event_id,
            identity=IDENTITY,
            attempt=self.attempt,
            last_failure=self.last_failure,
        )

    def _write_end(self, name: str, attributes: dict[str, Any]) -> None:
        event = self._run.add_event(
            name,
            scheduled_event_id=self.event.event_id,
            started_event_id=self._started_event.event_id if self._started_event else 0,
            **attributes,
        )
        self._on_closed(event)


def _timeout_failure(kind: TimeoutType.ValueType, message: str) -> Failure:
    failure = Failure(message=message, source="Server")
    failure.timeout_failure_info.timeout_type = kind
    return failure
