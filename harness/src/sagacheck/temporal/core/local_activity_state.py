"""The local activities of one run as Core knows them: which the code waits for, and their ends.

A local activity leaves nothing in the history but its end: a marker, which goes out with the other
commands when the workflow task completes. A local activity without a marker never happened.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import temporalio.bridge.proto.workflow_commands as commands_pb

from sagacheck.temporal.core.local_activity_results import (
    LocalRequest,
    LocalResult,
    cancelled_failure,
    marker_of,
    resolution_of,
)
from sagacheck.temporal.core.messages import Command, Job, Marker
from sagacheck.temporal.core.replay import PastActivation

_Cancellation = commands_pb.ActivityCancellationType


class LocalActivityState(msgspec.Struct):
    """The local activities of one run.

    Attributes:
        time: The time that the workflow code sees, in seconds since the epoch.
        activations: How many activations the workflow task has had.
        to_start: Requests that start when the code has returned from its activation.
        to_cancel: The sequence numbers of activities under way that are to be cancelled.
        to_abandon: The sequence numbers of activities under way whose end no longer matters.
    """

    time: float = 0.0
    activations: int = 0
    to_start: list[LocalRequest] = msgspec.field(default_factory=list)
    to_cancel: list[int] = msgspec.field(default_factory=list)
    to_abandon: list[int] = msgspec.field(default_factory=list)
    _open: dict[int, LocalRequest] = msgspec.field(default_factory=dict)

    @property
    def has_requests(self) -> bool:
        """Whether an activity is to start, to be cancelled or to be abandoned."""
        return bool(self.to_start or self.to_cancel or self.to_abandon)

    def start_task(self, now: float) -> None:
        """Note that a workflow task starts.

        Args:
            now: The present, in seconds since the epoch.
        """
        self.time = max(self.time, now)
        self.activations = 0

    def request(self, command: Command, now: float) -> None:
        """Note that the workflow code schedules a local activity.

        Args:
            command: The command that schedules it.
            now: The present, in seconds since the epoch.
        """
        schedule = command.schedule_local_activity
        if schedule.HasField("original_schedule_time"):
            now = schedule.original_schedule_time.ToNanoseconds() / 1e9
        request = LocalRequest(schedule, command.user_metadata, now, self.time)
        self._open[schedule.seq] = request
        self.to_start.append(request)

    def cancel(self, seq: int) -> tuple[Job, Marker] | None:
        """Note that the workflow code cancels a local activity.

        Returns:
            The job and the marker that end it at once, if its cancellation type says so.
        """
        request = self._open.get(seq)
        if request is None:
            return None
        kind = request.command.cancellation_type
        has_started = request not in self.to_start
        if not has_started:
            self.to_start.remove(request)
        elif kind == _Cancellation.ABANDON:
            self.to_abandon.append(seq)
        else:
            self.to_cancel.append(seq)
        if kind == _Cancellation.WAIT_CANCELLATION_COMPLETED and has_started:
            return None
        result = LocalResult(
            seq,
            attempt=request.command.attempt,
            seconds=0.0 if kind == _Cancellation.WAIT_CANCELLATION_COMPLETED else None,
            failure=cancelled_failure(),
            is_cancelled=True,
            first_requested_at=request.first_requested_at,
        )
        return self.resolve(result)

    def resolve(self, result: LocalResult) -> tuple[Job, Marker] | None:
        """Note that a local activity has ended.

        Returns:
            The job for the code and the marker for the history, if the code still waits for it.
        """
        request = self._open.pop(result.seq, None)
        if request is None:
            return None
        ended_at = None if result.seconds is None else request.time + result.seconds
        self.time = max(self.time, ended_at or 0.0)
        job = resolution_of(result, request)
        return job, marker_of(result, request, ended_at, self.activations)

    def request_again(self, past: Sequence[PastActivation]) -> None:
        """Forget what was under way, and request again each activity without an end in the past.

        Args:
            past: The activations of the run, which will be replayed.
        """
        self._open.clear()
        self.to_start.clear()
        self.to_cancel.clear()
        self.to_abandon.clear()
        for step in past:
            for job in step.activation.jobs:
                if job.HasField("resolve_activity") and job.resolve_activity.is_local:
                    self._open.pop(job.resolve_activity.seq, None)
            self.time = step.activation.timestamp.ToNanoseconds() / 1e9
            for command in step.commands:
                if command.HasField("schedule_local_activity"):
                    self.request(command, self.time)
        self.to_start = list(self._open.values())
