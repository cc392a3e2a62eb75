"""Calls that complete activities asynchronously, or heartbeat for them."""

from __future__ import annotations

from typing import Any

from temporalio.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatByIdResponse,
    RecordActivityTaskHeartbeatRequest,
    RecordActivityTaskHeartbeatResponse,
    RespondActivityTaskCanceledByIdResponse,
    RespondActivityTaskCanceledRequest,
    RespondActivityTaskCanceledResponse,
    RespondActivityTaskCompletedByIdResponse,
    RespondActivityTaskCompletedRequest,
    RespondActivityTaskCompletedResponse,
    RespondActivityTaskFailedByIdResponse,
    RespondActivityTaskFailedRequest,
    RespondActivityTaskFailedResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.temporal.server.commands.pending_activity import PendingActivity
from sagacheck.temporal.server.simulated_temporal import SimulatedTemporal
from sagacheck.temporal.worker.activities.report import AttemptReport, StopReason

_ByToken = (
    RecordActivityTaskHeartbeatRequest
    | RespondActivityTaskCanceledRequest
    | RespondActivityTaskCompletedRequest
    | RespondActivityTaskFailedRequest
)


async def _completed(temporal: SimulatedTemporal, request: Any) -> None:
    payloads = request.result.payloads
    _report(temporal, request, AttemptReport(result=payloads[0] if payloads else None))


async def _failed(temporal: SimulatedTemporal, request: Any) -> None:
    if request.HasField("failure") and not request.failure.HasField("application_failure_info"):
        text = "Failure must have ApplicationFailureInfo."
        raise RPCError(text, RPCStatusCode.INVALID_ARGUMENT, b"")
    heartbeat = (
        request.last_heartbeat_details if request.HasField("last_heartbeat_details") else None
    )
    _report(temporal, request, AttemptReport(failure=request.failure, heartbeat=heartbeat))


async def _canceled(temporal: SimulatedTemporal, request: Any) -> None:
    details = request.details if request.HasField("details") else None
    _report(temporal, request, AttemptReport(is_cancelled=True, details=details))


async def _heartbeat(temporal: SimulatedTemporal, request: Any) -> bool:
    """Heartbeat; whether the activity's cancellation is requested."""
    activity = _find(temporal, request)
    details = request.details if request.HasField("details") else None
    reason = activity.heartbeat(details, activity.attempt)
    if reason is StopReason.GONE:
        raise _not_found()
    return reason is StopReason.CANCELLED


def _report(temporal: SimulatedTemporal, request: Any, report: AttemptReport) -> None:
    activity = _find(temporal, request)
    if not activity.report(report, activity.attempt):
        raise _not_found()


def _find(temporal: SimulatedTemporal, request: Any) -> PendingActivity:
    """The activity that a request names, by a task token or by its id.

    Raises:
        RPCError: No open run has such an activity.
    """
    if isinstance(request, _ByToken):
        activity = _with_token(temporal, request.task_token)
    else:
        run = temporal.find(request.workflow_id, request.run_id)
        activity = run.activities.with_id(request.activity_id) if run else None
    if activity is None:
        raise _not_found()
    return activity


def _with_token(temporal: SimulatedTemporal, token: bytes) -> PendingActivity | None:
    run_id = token.decode().split("/")[0]
    run = next((run for run in temporal.runs() if run.run_id == run_id), None)
    return run.activities.with_token(token) if run else None


def _not_found() -> RPCError:
    text = "invalid activityID or activity already timed out or invoking workflow is completed"
    return RPCError(text, RPCStatusCode.NOT_FOUND, b"")


def _answering(act: Any, response: Any) -> Any:
    async def call(temporal: SimulatedTemporal, request: Any) -> Any:
        answer = await act(temporal, request)
        return response() if answer is None else response(cancel_requested=answer)

    return call


REPORTS: dict[str, Any] = {
    "respond_activity_task_completed": _answering(_completed, RespondActivityTaskCompletedResponse),
    "respond_activity_task_completed_by_id": _answering(
        _completed, RespondActivityTaskCompletedByIdResponse
    ),
    "respond_activity_task_failed": _answering(_failed, RespondActivityTaskFailedResponse),
    "respond_activity_task_failed_by_id": _answering(
        _failed, RespondActivityTaskFailedByIdResponse
    ),
    "respond_activity_task_canceled": _answering(_canceled, RespondActivityTaskCanceledResponse),
    "respond_activity_task_canceled_by_id": _answering(
        _canceled, RespondActivityTaskCanceledByIdResponse
    ),
    "record_activity_task_heartbeat": _answering(_heartbeat, RecordActivityTaskHeartbeatResponse),
    "record_activity_task_heartbeat_by_id": _answering(
        _heartbeat, RecordActivityTaskHeartbeatByIdResponse
    ),
}
"""The calls, by their names."""
