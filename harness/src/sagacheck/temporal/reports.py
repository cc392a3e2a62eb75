"""What is reported of activities from outside: asynchronous completion and heartbeats."""

from __future__ import annotations

from typing import Any

from temporalio.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatByIdResponse,
    RecordActivityTaskHeartbeatResponse,
    RespondActivityTaskCanceledByIdResponse,
    RespondActivityTaskCanceledResponse,
    RespondActivityTaskCompletedByIdResponse,
    RespondActivityTaskCompletedResponse,
    RespondActivityTaskFailedByIdResponse,
    RespondActivityTaskFailedResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.temporal.activity_task import ActivityTask
from sagacheck.temporal.attempt import CANCELLED, GONE, Report
from sagacheck.temporal.service import SimulatedTemporal


async def _completed(temporal: SimulatedTemporal, request: Any) -> None:
    payloads = request.result.payloads
    _report(temporal, request, Report(result=payloads[0] if payloads else None))


async def _failed(temporal: SimulatedTemporal, request: Any) -> None:
    if request.HasField("failure") and not request.failure.HasField("application_failure_info"):
        text = "Failure must have ApplicationFailureInfo."
        raise RPCError(text, RPCStatusCode.INVALID_ARGUMENT, b"")
    beat = request.last_heartbeat_details if request.HasField("last_heartbeat_details") else None
    _report(temporal, request, Report(failure=request.failure, heartbeat=beat))


async def _canceled(temporal: SimulatedTemporal, request: Any) -> None:
    details = request.details if request.HasField("details") else None
    _report(temporal, request, Report(is_cancelled=True, details=details))


async def _beat(temporal: SimulatedTemporal, request: Any) -> bool:
    """Whether the activity's cancellation is requested."""
    task = _find(temporal, request)
    reason = task.beat(request.details if request.HasField("details") else None, task.attempt)
    if reason == GONE:
        raise _not_found()
    return reason == CANCELLED


def _report(temporal: SimulatedTemporal, request: Any, report: Report) -> None:
    task = _find(temporal, request)
    if not task.report(report, task.attempt):
        raise _not_found()


def _find(temporal: SimulatedTemporal, request: Any) -> ActivityTask:
    """The activity that a token or its id means."""
    if hasattr(request, "task_token"):
        run_id = request.task_token.decode().split("/")[0]
        runs = (run for run in temporal.executions() if run.run_id == run_id)
        found = (task for run in runs for task in run.activities.values())
        task = next((each for each in found if each.token == request.task_token), None)
    else:
        run = temporal.find(request.workflow_id, request.run_id)
        tasks = [] if run is None else list(run.activities.values())
        wanted = request.activity_id
        task = next((each for each in tasks if each.command.activity_id == wanted), None)
    if task is None:
        raise _not_found()
    return task


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
    "record_activity_task_heartbeat": _answering(_beat, RecordActivityTaskHeartbeatResponse),
    "record_activity_task_heartbeat_by_id": _answering(
        _beat, RecordActivityTaskHeartbeatByIdResponse
    ),
}
"""The calls by their names."""
