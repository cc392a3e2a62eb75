"""The end of a local activity: the job for the code, and the marker in the history."""

from __future__ import annotations

import msgspec
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import UserMetadata

from sagacheck.temporal.base.events import timestamp
from sagacheck.temporal.base.payloads import json_payload
from sagacheck.temporal.core.messages import Job, Marker

TIMED_OUT = "Local Activity timed out"
_CANCELLED = "Local Activity cancelled"


class LocalRequest(msgspec.Struct, frozen=True):
    """A local activity that the workflow code has scheduled.

    Attributes:
        command: The command that schedules it.
        metadata: Summary and details for people.
        first_requested_at: When the code scheduled it first, in seconds since the epoch; a backoff
            timer of the workflow may have run since.
        time: The time that the code saw when it scheduled it, in the same seconds.
    """

    command: commands_pb.ScheduleLocalActivity
    metadata: UserMetadata
    first_requested_at: float
    time: float


class LocalResult(msgspec.Struct, frozen=True):
    """How a local activity ended: with a result, unless there is a failure.

    Attributes:
        seq: The sequence number that the workflow code gave it.
        attempt: The last attempt, from 1.
        seconds: How long that attempt took; ``None`` if that is unknown.
        result: What it returned.
        failure: What it failed with.
        is_cancelled: Whether it failed because it was cancelled.
        backoff: Seconds that the workflow code is to wait before it schedules it again.
        first_requested_at: When it was scheduled first, in seconds since the epoch, if known.
    """

    seq: int
    attempt: int
    seconds: float | None
    result: Payload | None = None
    failure: Failure | None = None
    is_cancelled: bool = False
    backoff: float | None = None
    first_requested_at: float | None = None


def cancelled_failure() -> Failure:
    """What a local activity fails with that is cancelled between two attempts or before them."""
    failure = Failure(message="Activity cancelled")
    failure.canceled_failure_info.SetInParent()
    return failure


def marker_of(
    result: LocalResult, request: LocalRequest, ended_at: float | None, activations: int
) -> Marker:
    """The marker that records the end of a local activity.

    Args:
        result: How it ended.
        request: How it was scheduled.
        ended_at: When it ended, in seconds since the epoch, if known.
        activations: How many activations the workflow task has had so far.
    """
    data = {
        "seq": result.seq,
        "attempt": result.attempt,
        "activity_id": request.command.activity_id,
        "activity_type": request.command.activity_type,
        "complete_time": _as_json(ended_at),
        "backoff": _as_json(result.backoff),
        "original_schedule_time": _as_json(result.first_requested_at),
        "activation_index": activations,
    }
    details = {"data": Payloads(payloads=[json_payload(data)])}
    if result.result is not None:
        details["result"] = Payloads(payloads=[result.result])
    return Marker(details, result.failure, request.metadata)


def resolution_of(result: LocalResult, request: LocalRequest) -> Job:
    """The job for the workflow code with the end of a local activity."""
    job = Job()
    job.resolve_activity.seq = result.seq
    job.resolve_activity.is_local = True
    resolution = job.resolve_activity.result
    if result.backoff is not None:
        resolution.backoff.attempt = result.attempt + 1
        resolution.backoff.backoff_duration.FromNanoseconds(round(result.backoff * 1e9))
        if result.first_requested_at is not None:
            resolution.backoff.original_schedule_time.CopyFrom(timestamp(result.first_requested_at))
    elif result.failure is None:
        resolution.completed.SetInParent()
        if result.result is not None:
            resolution.completed.result.CopyFrom(result.result)
    elif result.is_cancelled:
        resolution.cancelled.failure.CopyFrom(
            _as_activity_failure(result.failure, request, _CANCELLED)
        )
    elif result.failure.HasField("timeout_failure_info"):
        resolution.failed.failure.CopyFrom(_as_activity_failure(result.failure, request, TIMED_OUT))
    else:
        resolution.failed.failure.CopyFrom(result.failure)
    return job


def as_replayed(job: Job) -> Job:
    """The job as a replay gives it to the code, which knows nothing but the marker.

    The marker of a timeout holds the timeout alone. The first time the code gets it as the cause of
    an `ActivityError`, and in a replay bare (``adapt_response`` in Core's
    ``worker/workflow/machines/local_activity_state_machine.rs``): code that treats these two
    differently cannot be replayed.
    """
    resolved = job.resolve_activity
    if not resolved.is_local or resolved.result.failed.failure.message != TIMED_OUT:
        return job
    bare = Job()
    bare.CopyFrom(job)
    cause = resolved.result.failed.failure.cause
    bare.resolve_activity.result.failed.failure.CopyFrom(cause)
    return bare


def _as_activity_failure(cause: Failure, request: LocalRequest, message: str) -> Failure:
    """Cancellations and timeouts come within an activity failure; other failures come bare."""
    failure = Failure(message=message, cause=cause)
    info = failure.activity_failure_info
    info.activity_type.name = request.command.activity_type
    info.activity_id = request.command.activity_id
    info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
    return failure


def _as_json(seconds: float | None) -> dict[str, int] | None:
    if seconds is None:
        return None
    moment = timestamp(seconds)
    return {"seconds": moment.seconds, "nanos": moment.nanos}
