"""One scheduled activity: its attempts, its four timeouts, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import temporalio.activity
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.testing import ActivityEnvironment

from fakes.temporal import sdk
from fakes.temporal.backoff import Again, after_failure, with_defaults
from fakes.temporal.worker import SimulatedWorker

_TIMEOUT_NAMES = {
    TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE: "StartToClose",
    TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE: "ScheduleToClose",
    TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START: "ScheduleToStart",
    TimeoutType.TIMEOUT_TYPE_HEARTBEAT: "Heartbeat",
}


class NeverReports(BaseException):
    """Raised around an attempt whose worker dies: the service must not hear of it."""


class Owner(Protocol):
    """What an activity needs of the workflow run that scheduled it."""

    worker: SimulatedWorker
    workflow_id: str
    run_id: str
    workflow_type: str
    namespace: str

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""

    def activity_closed(self, task: ActivityTask, name: str, **attributes: Any) -> None:
        """The activity has ended, with the event of this name."""


class ActivityTask:
    """An activity from its scheduling to its end.

    Args:
        owner: The workflow run.
        command: What was scheduled.
        event: The event that says so.
    """

    def __init__(
        self, owner: Owner, command: commands_pb.ScheduleActivity, event: HistoryEvent
    ) -> None:
        self._owner = owner
        self.command = command
        self.event = event
        self.attempt = 1
        self.cancel_requested = False
        self.closed = False
        self.started_at: float | None = None
        self.last_failure: Failure | None = None
        self._environment: ActivityEnvironment | None = None
        self._policy = with_defaults(
            command.retry_policy if command.HasField("retry_policy") else None
        )
        self._scheduled_at = owner.now()
        self._attempt_due_at = owner.now()
        self._heartbeat: Payloads | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._close_timer = self._arm(
            command.schedule_to_close_timeout, TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE
        )

    @property
    def is_running(self) -> bool:
        """Whether an attempt is under way, as far as the service knows."""
        return self.started_at is not None

    def start_attempt(self) -> None:
        """Hand the attempt to the worker."""
        if self.closed:
            return
        self.started_at = self._owner.now()
        self._environment = ActivityEnvironment()
        self._environment.on_heartbeat = self._on_heartbeat
        command = self.command
        self._timers = [
            timer
            for timer in (
                self._arm(command.start_to_close_timeout, TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE),
                self._arm(command.heartbeat_timeout, TimeoutType.TIMEOUT_TYPE_HEARTBEAT),
            )
            if timer is not None
        ]
        loop = asyncio.get_running_loop()
        attempt = loop.create_task(self._run_attempt(self.attempt, self._environment))
        attempt.add_done_callback(_raise_bugs)

    def request_cancel(self) -> None:
        """The workflow does not want the activity any more."""
        self.cancel_requested = True
        if not self.is_running:
            self._close("activity_task_canceled")

    def abandon(self) -> None:
        """The workflow has closed: whatever still runs, nobody listens."""
        self.closed = True
        self._disarm()

    # -- one attempt --------------------------------------------------------------------------

    async def _run_attempt(self, number: int, environment: ActivityEnvironment) -> None:
        try:
            arguments = self.command.arguments
            result = await self._owner.worker.run_activity(self._info(), arguments, environment)
        except NeverReports:
            return
        except asyncio.CancelledError as error:
            if self._is_current(number):
                self._report_cancelled(error)
        except Exception as error:  # noqa: BLE001 - whatever an activity raises is its failure
            if self._is_current(number):
                self._report_failure(self._to_failure(error))
        else:
            if self._is_current(number):
                self._close("activity_task_completed", result=Payloads(payloads=[result]))

    def _is_current(self, number: int) -> bool:
        """Whether the service still waits for this attempt: a late report is not found."""
        return not self.closed and self.is_running and number == self.attempt

    def _report_cancelled(self, error: BaseException) -> None:
        if self.cancel_requested:
            self._close("activity_task_canceled")
        else:
            self._report_failure(self._to_failure(error))

    def _report_failure(self, failure: Failure) -> None:
        deadline = self._deadline()
        then = after_failure(
            self._policy,
            self.attempt,
            failure,
            now=self._owner.now(),
            deadline=deadline,
            cancel_requested=self.cancel_requested,
        )
        if isinstance(then, Again):
            self._try_again(failure, then.delay)
        elif failure.HasField("timeout_failure_info"):
            self._close_by_timeout(failure, then)
        else:
            self._close("activity_task_failed", failure=failure, retry_state=then)

    def _try_again(self, failure: Failure, delay: float) -> None:
        self._disarm()
        self.attempt += 1
        self.started_at = None
        self.last_failure = failure
        self._attempt_due_at = self._owner.now() + delay
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(delay, self.start_attempt)]

    # -- timeouts -----------------------------------------------------------------------------

    def _arm(self, duration: Any, kind: TimeoutType.ValueType) -> asyncio.TimerHandle | None:
        seconds = duration.ToNanoseconds() / 1e9
        if not seconds:
            return None
        loop = asyncio.get_running_loop()
        return loop.call_later(seconds, self._on_timeout, kind, self.attempt)

    def _on_timeout(self, kind: TimeoutType.ValueType, attempt: int) -> None:
        if self.closed or (
            kind != TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE and attempt != self.attempt
        ):
            return
        failure = _timeout(kind)
        if self._heartbeat is not None:
            failure.timeout_failure_info.last_heartbeat_details.CopyFrom(self._heartbeat)
        if kind == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE:
            self._close_at_deadline(failure)
        else:
            self._report_failure(failure)

    def _close_at_deadline(self, failure: Failure) -> None:
        """Schedule-to-close has passed; the failure of the last attempt says more than that."""
        if self.last_failure is not None and not self.is_running:
            failure.cause.CopyFrom(self.last_failure)
        state = RetryState.RETRY_STATE_TIMEOUT
        self._close("activity_task_timed_out", failure=failure, retry_state=state)

    def _close_by_timeout(self, failure: Failure, state: RetryState.ValueType) -> None:
        if state == RetryState.RETRY_STATE_TIMEOUT:
            outer = _timeout(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE)
            outer.message = (
                "Not enough time to schedule next retry before activity ScheduleToClose timeout, "
                "giving up retrying"
            )
            outer.cause.CopyFrom(failure)
            failure = outer
        elif self.last_failure is not None:
            failure.cause.CopyFrom(self.last_failure)
        self._close("activity_task_timed_out", failure=failure, retry_state=state)

    def _on_heartbeat(self, *details: Any) -> None:
        if self.closed or not self.is_running:
            return
        if details:
            converter = self._owner.worker.converter.payload_converter
            self._heartbeat = Payloads(payloads=converter.to_payloads(details))
        heartbeat = TimeoutType.TIMEOUT_TYPE_HEARTBEAT
        timer = self._arm(self.command.heartbeat_timeout, heartbeat)
        if timer is not None:
            self._timers.pop().cancel()
            self._timers.append(timer)
        if self.cancel_requested and self._environment is not None:
            self._environment.cancel()

    # -- the end ------------------------------------------------------------------------------

    def _close(self, name: str, **attributes: Any) -> None:
        self._disarm()
        self.closed = True
        self._owner.activity_closed(self, name, **attributes)

    def _disarm(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self.closed and self._close_timer is not None:
            self._close_timer.cancel()

    def _deadline(self) -> float | None:
        seconds = self.command.schedule_to_close_timeout.ToNanoseconds() / 1e9
        return self._scheduled_at + seconds if seconds else None

    def _to_failure(self, error: BaseException) -> Failure:
        converter = self._owner.worker.converter
        failure = Failure()
        if isinstance(error, Exception):
            converter.failure_converter.to_failure(error, converter.payload_converter, failure)
        else:
            failure.message = "Activity cancelled"
            failure.canceled_failure_info.SetInParent()
        return failure

    def _info(self) -> temporalio.activity.Info:
        command = self.command
        assert self.started_at is not None, "an attempt that runs has started"
        return temporalio.activity.Info(
            activity_id=command.activity_id,
            activity_type=command.activity_type,
            attempt=self.attempt,
            current_attempt_scheduled_time=sdk.utc(self._attempt_due_at),
            heartbeat_details=self._heartbeat_details(),
            heartbeat_timeout=_optional(command.heartbeat_timeout),
            is_local=False,
            namespace=self._owner.namespace,
            schedule_to_close_timeout=_optional(command.schedule_to_close_timeout),
            scheduled_time=sdk.utc(self._scheduled_at),
            start_to_close_timeout=_optional(command.start_to_close_timeout),
            started_time=sdk.utc(self.started_at),
            task_queue=command.task_queue,
            task_token=f"{self._owner.run_id}/{self.event.event_id}/{self.attempt}".encode(),
            workflow_id=self._owner.workflow_id,
            workflow_namespace=self._owner.namespace,
            workflow_run_id=self._owner.run_id,
            workflow_type=self._owner.workflow_type,
            priority=temporalio.common.Priority.default,
            retry_policy=temporalio.common.RetryPolicy.from_proto(self._policy),
            activity_run_id=None,
        )

    def _heartbeat_details(self) -> Sequence[Any]:
        if self._heartbeat is None:
            return []
        payloads: Sequence[Payload] = self._heartbeat.payloads
        return self._owner.worker.converter.payload_converter.from_payloads(payloads)


def _timeout(kind: TimeoutType.ValueType) -> Failure:
    failure = Failure(message=f"activity {_TIMEOUT_NAMES[kind]} timeout", source="Server")
    failure.timeout_failure_info.timeout_type = kind
    return failure


def _optional(duration: Any) -> timedelta | None:
    return timedelta(microseconds=duration.ToNanoseconds() // 1000) or None


def _raise_bugs(task: asyncio.Task[None]) -> None:
    """An attempt catches what its activity raises; what is left is an error of the simulation."""
    if not task.cancelled() and (error := task.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "an activity attempt broke", "exception": error, "task": task}
        )


__all__ = ["ActivityTask", "NeverReports"]
