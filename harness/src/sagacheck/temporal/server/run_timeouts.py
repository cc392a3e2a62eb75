"""The timeouts of a run and of its whole execution."""

from __future__ import annotations

import asyncio
import math
from typing import Any, Protocol

from temporalio.api.enums.v1 import RetryState, TimeoutType, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.durations import seconds
from sagacheck.temporal.server.run_start import RunStart

Status = WorkflowExecutionStatus
_TIMED_OUT = "workflow_execution_timed_out"


class TimedRun(Protocol):
    """A run, as its timeouts see it."""

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""

    def close(self, status: Status.ValueType, event: str, **attributes: Any) -> object:
        """Close it with an event."""

    def close_and_retry(
        self, status: Status.ValueType, event: str, reason: Failure, **attributes: Any
    ) -> object:
        """Close it with an event, and begin another run where the retry policy says so."""


class RunTimeouts:
    """The timers of one run's timeouts.

    Args:
        run: The run.
        start: How it begins.
    """

    def __init__(self, run: TimedRun, start: RunStart) -> None:
        self._run = run
        self._start = start
        self._timers: list[asyncio.TimerHandle] = []

    def begin(self) -> None:
        """Start the timers; where both timeouts end at once, the execution's counts."""
        timeout = seconds(self._start.request.workflow_run_timeout)
        run = timeout + (self._start.backoff or 0.0)
        deadline = self._start.deadline
        left = math.inf if deadline is None else deadline - self._run.now()
        loop = asyncio.get_running_loop()
        if timeout > 0 and run < left:
            self._timers.append(loop.call_later(run, self._run_times_out))
        if left < math.inf:
            self._timers.append(loop.call_later(left, self._execution_times_out))

    def stop(self) -> None:
        """Cancel the timers."""
        for timer in self._timers:
            timer.cancel()

    def _run_times_out(self) -> None:
        timeout = Failure(message="workflow timeout", source="Server")
        timeout.timeout_failure_info.timeout_type = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
        self._run.close_and_retry(Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, _TIMED_OUT, timeout)

    def _execution_times_out(self) -> None:
        self._run.close(
            Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
            _TIMED_OUT,
            retry_state=RetryState.RETRY_STATE_TIMEOUT,
        )
