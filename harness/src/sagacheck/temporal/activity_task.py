"""One scheduled activity: its attempts, its four timeouts, and its end."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.activity_info import AttemptFacts, ScheduledActivity
from sagacheck.temporal.activity_timeouts import (
    HEARTBEAT,
    SCHEDULE_TO_CLOSE,
    SCHEDULE_TO_START,
    START_TO_CLOSE,
)
from sagacheck.temporal.attempt import CANCELLED, GONE, Attempt, Report
from sagacheck.temporal.backoff import Again, after_failure
from sagacheck.temporal.core import activity_resolution
from sagacheck.temporal.events import Event
from sagacheck.temporal.interfaces import Owner
from sagacheck.temporal.worker import SimulatedWorker

IDENTITY = "simulated"
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
_NOT_STARTED = Payload(metadata={"encoding": b"json/plain"}, data=b'"ACTIVITY_ID_NOT_STARTED"')


class ActivityTask:
    """An activity from its scheduling to its end.

    Attributes:
        event: The event that says that it is scheduled.
        command: What it was scheduled with.
        attempt: The attempt under way, or to come, from 1.
        closed: Whether it has ended.
        last_failure: What the attempt before failed with.
        scheduled_at: When it was scheduled, in seconds since the epoch.

    Args:
        owner: The workflow run.
        seq: The number that the workflow code gave it.
        event: The event that says that it is scheduled.
        command: What it was scheduled with.
    """

    def __init__(self, owner: Owner, seq: int, event: Event, command: ScheduledActivity) -> None:
        self.event = event
        self.command = command
        self.attempt = 1
        self.closed = False
        self.last_failure: Failure | None = None
        self._owner = owner
        self._seq = seq
        self._cancel_event_id = 0
        self._running: Attempt | None = None
        self._started_at: float | None = None
        self._started_event: Event | None = None
        self._beat_at = 0.0
        self._due_at = self.scheduled_at = owner.now()
        self._heartbeat: Payloads | None = None
        self._limits = command.timeouts.limits
        owner.pending_ids.add(command.activity_id)
        self._timers: dict[TimeoutType.ValueType, asyncio.TimerHandle] = {}
        self._backoff: asyncio.TimerHandle | None = None
        self._arm(SCHEDULE_TO_CLOSE)

    @property
    def is_running(self) -> bool:
        """Whether an attempt is under way, as far as the service knows."""
        return self._started_at is not None

    @property
    def token(self) -> bytes:
        """What an attempt is called by whoever reports its end."""
        return f"{self._owner.run_id}/{self.event.event_id}/{self.attempt}".encode()

    @property
    def cancel_requested(self) -> bool:
        """Whether the workflow does not want it any more."""
        return self._cancel_event_id > 0

    def offer(self) -> None:
        """Put the next attempt into the task queue."""
        self._due_at = self._owner.now()
        self._arm(SCHEDULE_TO_START)
        number = self.attempt
        queue = self._owner.service.queue(self.command.task_queue)
        queue.put(lambda worker: self._start(worker, number), only_begins=True)

    def request_cancel(self, event_id: int) -> None:
        """The workflow does not want the activity any more.

        Args:
            event_id: The event that says so.
        """
        self._cancel_event_id = event_id
        if not self.is_running:
            # The service ends it itself, once it has done with the workflow task that asks for it.
            loop = asyncio.get_running_loop()
            loop.call_soon(self._close_cancelled, Payloads(payloads=[_NOT_STARTED]))

    def abandon(self) -> None:
        """The workflow has closed: whatever still runs, nobody listens."""
        self.closed = True
        self._disarm(everything=True)
        self._forsake()

    # -- one attempt -----------------------------------------------------------------------------

    def _start(self, worker: SimulatedWorker, number: int) -> None:
        if self.closed or number != self.attempt or self._started_at is not None:
            return
        self._disarm()
        self._started_at = self._beat_at = self._owner.now()
        self._arm(START_TO_CLOSE)
        self._arm(HEARTBEAT)
        self._running = Attempt(
            worker,
            AttemptFacts(
                owner=self._owner,
                command=self.command,
                attempt=number,
                token=self.token,
                scheduled_at=self.scheduled_at,
                due_at=self._due_at,
                started_at=self._started_at,
            ),
            self._heartbeat,
            report=lambda report: self.report(report, number),
            heartbeat=lambda details: self.beat(details, number),
        )
        self._running.begin()

    def report(self, report: Report, number: int) -> bool:
        """An attempt has ended; whether anybody still waits for that."""
        if self.closed or self._started_at is None or number != self.attempt:
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

    def beat(self, details: Payloads | None, number: int) -> str:
        """An attempt gives a sign of life; why it should stop, if it should."""
        if self.closed or self._started_at is None or number != self.attempt:
            return GONE
        if details is not None:
            self._heartbeat = details
        self._beat_at = self._owner.now()
        self._arm(HEARTBEAT)
        return CANCELLED if self.cancel_requested else ""

    def _fail(self, failure: Failure) -> None:
        then = after_failure(
            self.command.retry_policy,
            self.attempt,
            failure,
            now=self._owner.now(),
            deadline=self._deadline(),
            cancel_requested=self.cancel_requested,
        )
        if isinstance(then, Again):
            self._try_again(failure, then.delay)
        elif failure.HasField("timeout_failure_info"):
            self._close_by_timeout(failure, then)
        else:
            self._close(
                "activity_task_failed", failure=failure, retry_state=then, identity=IDENTITY
            )

    def _try_again(self, failure: Failure, delay: float) -> None:
        self._disarm()
        self._forsake()
        self.attempt += 1
        self._started_at = None
        self.last_failure = failure
        self._backoff = asyncio.get_running_loop().call_later(delay, self.offer)

    # -- timeouts --------------------------------------------------------------------------------

    def _arm(self, kind: TimeoutType.ValueType) -> None:
        """Start to wait for a timeout, if there is one, or start again."""
        if kind not in self._limits:
            return
        if kind in self._timers:
            self._timers[kind].cancel()
        loop = asyncio.get_running_loop()
        self._timers[kind] = loop.call_later(self._limits[kind], self._on_timeout, kind)

    def _on_timeout(self, kind: TimeoutType.ValueType) -> None:
        deadline = self._deadline()
        is_over = deadline is not None and self._owner.now() >= deadline
        if is_over and SCHEDULE_TO_START in self._timers:
            kind = SCHEDULE_TO_START  # both are due, and this one is first
        elif is_over:
            kind = SCHEDULE_TO_CLOSE
        failure = _timeout(kind, f"activity {_TIMEOUT_NAMES[kind]} timeout")
        if kind == SCHEDULE_TO_CLOSE:
            self._close_by_timeout(failure, RetryState.RETRY_STATE_TIMEOUT)
        elif kind == SCHEDULE_TO_START:
            self._close_timed_out(failure, RetryState.RETRY_STATE_TIMEOUT)
        else:
            self._fail(failure)

    def _close_by_timeout(self, failure: Failure, state: RetryState.ValueType) -> None:
        if state == RetryState.RETRY_STATE_TIMEOUT:
            failure = _timeout(SCHEDULE_TO_CLOSE, _NO_TIME_LEFT)
        self._close_timed_out(failure, state)

    def _close_timed_out(self, failure: Failure, state: RetryState.ValueType) -> None:
        if self.last_failure is not None:
            failure.cause.CopyFrom(self.last_failure)
        if self._heartbeat is not None:
            failure.timeout_failure_info.last_heartbeat_details.CopyFrom(self._heartbeat)
        self._close("activity_task_timed_out", failure=failure, retry_state=state)

    def _forsake(self) -> None:
        """Nobody waits for the attempt any more; its own worker still keeps the timeouts."""
        running, self._running = self._running, None
        if running is None or self._started_at is None:
            return
        since = {START_TO_CLOSE: self._started_at, HEARTBEAT: self._beat_at}
        ends = [at + self._limits[kind] for kind, at in since.items() if kind in self._limits]
        if ends:
            running.outlive(min(ends) - self._owner.now())

    def _deadline(self) -> float | None:
        limit = self._limits.get(SCHEDULE_TO_CLOSE)
        return None if limit is None else self.scheduled_at + limit

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
        """Write down how it ended, and tell the workflow."""
        self.closed = True
        self._owner.pending_ids.discard(self.command.activity_id)
        self._disarm(everything=True)
        self._forsake()
        if self._started_at is not None:
            self._owner.arrivals.arrive(self._write_started)
        self._owner.arrivals.arrive(lambda: self._write_end(name, attributes), is_end=True)

    def _write_end(self, name: str, attributes: dict[str, Any]) -> None:
        owner = self._owner
        event = owner.history.add(
            name,
            scheduled_event_id=self.event.event_id,
            started_event_id=self._started_event.event_id if self._started_event else 0,
            **attributes,
        )
        news = owner.core.settle(self._seq)
        job = activity_resolution(self._seq, self.event, event) if news else None
        owner.tasks.tell(job)
        owner.tell_waiters()

    def _write_started(self) -> None:
        """Only the last attempt is written down, and only when it has ended."""
        self._started_event = self._owner.history.add(
            "activity_task_started",
            at=self._started_at,
            scheduled_event_id=self.event.event_id,
            identity=IDENTITY,
            attempt=self.attempt,
            last_failure=self.last_failure,
        )

    def _disarm(self, *, everything: bool = False) -> None:
        """Stop waiting for what concerns one attempt only, or for everything."""
        for kind in list(self._timers):
            if everything or kind != SCHEDULE_TO_CLOSE:
                self._timers.pop(kind).cancel()
        if self._backoff is not None:
            self._backoff.cancel()
            self._backoff = None


def _timeout(kind: TimeoutType.ValueType, message: str) -> Failure:
    failure = Failure(message=message, source="Server")
    failure.timeout_failure_info.timeout_type = kind
    return failure
