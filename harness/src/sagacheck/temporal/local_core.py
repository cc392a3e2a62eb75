"""What the SDK's core knows of one run's local activities: what the code wants, what it was told.

A local activity leaves nothing in the history but its end: a marker, which goes out with the other
commands when the workflow task completes. What has no marker by then has never been.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import UserMetadata

from sagacheck.temporal.events import timestamp

Job = activation_pb.WorkflowActivationJob
Command = commands_pb.WorkflowCommand
Kind = commands_pb.ActivityCancellationType
TIMED_OUT = "Local Activity timed out"
_CANCELLED = "Local Activity cancelled"


class Done(Protocol):
    """One activation that a run has been through."""

    @property
    def activation(self) -> activation_pb.WorkflowActivation:
        """What the code was told."""

    @property
    def commands(self) -> Sequence[Command]:
        """What the code wanted then."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A local activity that the workflow code wants.

    Attributes:
        command: What it wants.
        metadata: What people are to read about it.
        first_wanted_at: When it was wanted first, in seconds since the epoch; a timer may have run
            between that and this.
        time: What time it was for the workflow code, in the same seconds.
    """

    command: commands_pb.ScheduleLocalActivity
    metadata: UserMetadata
    first_wanted_at: float
    time: float


@dataclass(frozen=True, slots=True)
class End:
    """What has come of a local activity: a result, unless there is a failure.

    Attributes:
        seq: The number that the workflow code gave it.
        attempt: The last attempt.
        seconds: How long that has taken; ``None`` where nobody knows.
        result: What it returned.
        failure: What it failed with.
        is_cancelled: Whether it failed because it was cancelled.
        backoff: Seconds for which the workflow code is to wait before it wants it again.
        first_wanted_at: When it was wanted first, in seconds since the epoch, if that is known.
    """

    seq: int
    attempt: int
    seconds: float | None
    result: Payload | None = None
    failure: Failure | None = None
    is_cancelled: bool = False
    backoff: float | None = None
    first_wanted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """What the history will tell of a local activity."""

    details: dict[str, Payloads]
    failure: Failure | None
    metadata: UserMetadata


@dataclass
class LocalActivities:
    """The local activities of one run.

    Attributes:
        time: What time it is for the workflow code, in seconds since the epoch.
        activations: How many activations the workflow task has had.
        wanted: Those that are to begin as soon as the code has had its say.
        unwanted: The numbers of those under way that are to be cancelled.
        dropped: The numbers of those under way whose end is of no interest any more.
    """

    time: float = 0.0
    activations: int = 0
    wanted: list[Wanted] = field(default_factory=list)
    unwanted: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    _open: dict[int, Wanted] = field(default_factory=dict)

    @property
    def has_requests(self) -> bool:
        """Whether anything is to begin, to be cancelled, or of no interest any more."""
        return bool(self.wanted or self.unwanted or self.dropped)

    def begin_task(self, now: float) -> None:
        """A workflow task starts."""
        self.time = max(self.time, now)
        self.activations = 0

    def want(self, command: Command, now: float) -> None:
        """The workflow code wants a local activity.

        Args:
            command: What it wants.
            now: The present, in seconds since the epoch.
        """
        schedule = command.schedule_local_activity
        if schedule.HasField("original_schedule_time"):
            now = schedule.original_schedule_time.ToNanoseconds() / 1e9
        wanted = Wanted(schedule, command.user_metadata, now, self.time)
        self._open[schedule.seq] = wanted
        self.wanted.append(wanted)

    def cancel(self, seq: int) -> tuple[Job, Marker] | None:
        """The workflow code does not want one any more; what it is told at once, if it is."""
        wanted = self._open.get(seq)
        if wanted is None:
            return None
        kind = wanted.command.cancellation_type
        has_begun = wanted not in self.wanted
        if not has_begun:
            self.wanted.remove(wanted)
        elif kind == Kind.ABANDON:
            self.dropped.append(seq)
        else:
            self.unwanted.append(seq)
        if kind == Kind.WAIT_CANCELLATION_COMPLETED and has_begun:
            return None
        end = End(
            seq,
            attempt=wanted.command.attempt,
            seconds=0.0 if kind == Kind.WAIT_CANCELLATION_COMPLETED else None,
            failure=cancelled(),
            is_cancelled=True,
            first_wanted_at=wanted.first_wanted_at,
        )
        return self.end(end)

    def end(self, end: End) -> tuple[Job, Marker] | None:
        """One has ended: what the code and the history are told, if the code still waits for it."""
        wanted = self._open.pop(end.seq, None)
        if wanted is None:
            return None
        ended_at = None if end.seconds is None else wanted.time + end.seconds
        self.time = max(self.time, ended_at or 0.0)
        return _resolution(end, wanted), self._marker(end, wanted, ended_at)

    def begin_again(self, past: Sequence[Done]) -> None:
        """What was under way is lost: whatever has no end in the past is wanted again.

        Args:
            past: All that the run has been through, and will go through again.
        """
        self._open.clear()
        self.wanted.clear()
        self.unwanted.clear()
        self.dropped.clear()
        for step in past:
            for job in step.activation.jobs:
                if job.HasField("resolve_activity") and job.resolve_activity.is_local:
                    self._open.pop(job.resolve_activity.seq, None)
            self.time = step.activation.timestamp.ToNanoseconds() / 1e9
            for command in step.commands:
                if command.HasField("schedule_local_activity"):
                    self.want(command, self.time)
        self.wanted = list(self._open.values())

    def _marker(self, end: End, wanted: Wanted, ended_at: float | None) -> Marker:
        data = {
            "seq": end.seq,
            "attempt": end.attempt,
            "activity_id": wanted.command.activity_id,
            "activity_type": wanted.command.activity_type,
            "complete_time": _as_json(ended_at),
            "backoff": _as_json(end.backoff),
            "original_schedule_time": _as_json(end.first_wanted_at),
            "activation_index": self.activations,
        }
        text = json.dumps(data, separators=(",", ":"))
        said = Payload(metadata={"encoding": b"json/plain"}, data=text.encode())
        details = {"data": Payloads(payloads=[said])}
        if end.result is not None:
            details["result"] = Payloads(payloads=[end.result])
        return Marker(details, end.failure, wanted.metadata)


def cancelled() -> Failure:
    """What a local activity fails with that is cancelled before anybody can ask it."""
    failure = Failure(message="Activity cancelled")
    failure.canceled_failure_info.SetInParent()
    return failure


def as_replayed(job: Job) -> Job:
    """What the code is told when a marker is all that there is to go by.

    A marker of a timeout has the timeout alone. When it happens the code gets it as the cause of an
    `ActivityError`, and when it is replayed bare (sdk-core of temporalio 1.35): code that treats
    these two differently cannot be replayed.
    """
    resolved = job.resolve_activity
    if not resolved.is_local or resolved.result.failed.failure.message != TIMED_OUT:
        return job
    bare = Job()
    bare.CopyFrom(job)
    cause = resolved.result.failed.failure.cause
    bare.resolve_activity.result.failed.failure.CopyFrom(cause)
    return bare


def _resolution(end: End, wanted: Wanted) -> Job:
    job = Job()
    job.resolve_activity.seq = end.seq
    job.resolve_activity.is_local = True
    result = job.resolve_activity.result
    if end.backoff is not None:
        result.backoff.attempt = end.attempt + 1
        result.backoff.backoff_duration.FromNanoseconds(round(end.backoff * 1e9))
        if end.first_wanted_at is not None:
            result.backoff.original_schedule_time.CopyFrom(timestamp(end.first_wanted_at))
    elif end.failure is None:
        result.completed.SetInParent()
        if end.result is not None:
            result.completed.result.CopyFrom(end.result)
    elif end.is_cancelled:
        result.cancelled.failure.CopyFrom(_as_activity_failure(end.failure, wanted, _CANCELLED))
    elif end.failure.HasField("timeout_failure_info"):
        result.failed.failure.CopyFrom(_as_activity_failure(end.failure, wanted, TIMED_OUT))
    else:
        result.failed.failure.CopyFrom(end.failure)
    return job


def _as_activity_failure(cause: Failure, wanted: Wanted, message: str) -> Failure:
    """Only cancellations and timeouts come as errors of an activity; a failure comes as it is."""
    failure = Failure(message=message, cause=cause)
    info = failure.activity_failure_info
    info.activity_type.name = wanted.command.activity_type
    info.activity_id = wanted.command.activity_id
    info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
    return failure


def _as_json(seconds: float | None) -> dict[str, int] | None:
    if seconds is None:
        return None
    moment = timestamp(seconds)
    return {"seconds": moment.seconds, "nanos": moment.nanos}
