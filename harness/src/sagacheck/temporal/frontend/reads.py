"""Calls of clients that change nothing: finding a run, its description, its history, queries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import (
    HistoryEventFilterType,
    QueryRejectCondition,
    WorkflowExecutionStatus,
)
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
    QueryWorkflowRequest,
    QueryWorkflowResponse,
)
from temporalio.service import RPCStatusCode

from sagacheck.temporal.base.unsupported_fields import allow_only
from sagacheck.temporal.frontend.description import description_of
from sagacheck.temporal.frontend.rpc_errors import already_completed, rpc_error
from sagacheck.temporal.server.ports import TaskWorker
from sagacheck.temporal.server.simulated_temporal import SimulatedTemporal
from sagacheck.temporal.server.workflow_run import WorkflowRun

_T = TypeVar("_T")
_CLOSE_EVENT = HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT


# -- finding a run ------------------------------------------------------------------------------


def find_run(
    temporal: SimulatedTemporal, reference: WorkflowExecution, first_run_id: str = ""
) -> WorkflowRun:
    """The run that a request refers to, the latest of its workflow by default.

    Raises:
        RPCError: No such run exists.
    """
    run = temporal.find(reference.workflow_id, reference.run_id)
    if run is None:
        raise rpc_error(RPCStatusCode.NOT_FOUND, _unknown(reference))
    if first_run_id not in ("", run.start.first_run_id):
        raise rpc_error(RPCStatusCode.NOT_FOUND, "workflow execution not found")
    return run


def find_open_run(
    temporal: SimulatedTemporal, reference: WorkflowExecution, first_run_id: str = ""
) -> WorkflowRun:
    """The run that a request refers to, which has to be open.

    Raises:
        RPCError: No such run exists, or it has closed.
    """
    run = find_run(temporal, reference, first_run_id)
    if not run.is_running:
        raise already_completed()
    return run


def _unknown(reference: WorkflowExecution) -> str:
    if not reference.run_id:
        return f"workflow not found for ID: {reference.workflow_id}"
    which = f'workflow ID "{reference.workflow_id}" and run ID "{reference.run_id}"'
    return f"workflow execution not found for {which}"


# -- description and history --------------------------------------------------------------------


async def describe_workflow_execution(
    temporal: SimulatedTemporal, request: DescribeWorkflowExecutionRequest
) -> DescribeWorkflowExecutionResponse:
    """Describe a run."""
    return description_of(find_run(temporal, request.execution))


async def get_workflow_execution_history(
    temporal: SimulatedTemporal, request: GetWorkflowExecutionHistoryRequest
) -> GetWorkflowExecutionHistoryResponse:
    """The events of a run; a client may wait for new ones."""
    allow_only(
        request,
        *("namespace", "execution", "wait_new_event", "history_event_filter_type"),
        *("next_page_token", "skip_archival", "maximum_page_size"),
    )
    run_id, seen = _page(request)
    reference = WorkflowExecution(workflow_id=request.execution.workflow_id, run_id=run_id)
    run = find_run(temporal, reference)
    response = GetWorkflowExecutionHistoryResponse()
    events = run.history.events
    if request.history_event_filter_type == _CLOSE_EVENT:
        if request.wait_new_event:
            await run.wait_closed()
        if not run.is_running:  # an open run has no such event
            response.history.events.extend(events[-1:])
        return response
    while request.wait_new_event and run.is_running and len(events) == seen:
        await run.wait_for_change()
        temporal.raise_if_aborted()
    response.history.events.extend(events[seen:])
    if request.wait_new_event and run.is_running:
        response.next_page_token = f"{run.run_id}/{len(events)}".encode()
    return response


def _page(request: GetWorkflowExecutionHistoryRequest) -> tuple[str, int]:
    """The id of the run, and how many of its events the client has already."""
    if not request.next_page_token:
        return request.execution.run_id, 0
    run_id, seen = request.next_page_token.decode().split("/")
    return run_id, int(seen)


# -- queries ------------------------------------------------------------------------------------


async def query_workflow(
    temporal: SimulatedTemporal, request: QueryWorkflowRequest
) -> QueryWorkflowResponse:
    """Query a workflow once its code has seen everything that has arrived."""
    run = find_run(temporal, request.execution)
    response = QueryWorkflowResponse()
    if _rejects(request.query_reject_condition, run):
        response.query_rejected.status = run.status
        return response
    await run.tasks.wait_until_settled()
    temporal.raise_if_aborted()
    if run.is_running and run.tasks.is_failing:
        msg = "Unable to query workflow due to Workflow Task in failed state."
        raise rpc_error(RPCStatusCode.FAILED_PRECONDITION, msg)
    result = await _by_worker(temporal, run, lambda worker: run.query(worker, request.query))
    if result.HasField("failed"):
        raise rpc_error(RPCStatusCode.INVALID_ARGUMENT, result.failed.message)
    response.query_result.payloads.append(result.succeeded.response)
    return response


def _rejects(condition: QueryRejectCondition.ValueType, run: WorkflowRun) -> bool:
    status = WorkflowExecutionStatus
    if condition == QueryRejectCondition.QUERY_REJECT_CONDITION_NOT_OPEN:
        return not run.is_running
    if condition == QueryRejectCondition.QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY:
        return run.status not in (
            status.WORKFLOW_EXECUTION_STATUS_RUNNING,
            status.WORKFLOW_EXECUTION_STATUS_COMPLETED,
        )
    return False


async def _by_worker(
    temporal: SimulatedTemporal, run: WorkflowRun, act: Callable[[TaskWorker], _T]
) -> _T:
    """Have the worker do something in a callback: workflow code must not run inside a task."""
    done: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

    def task(worker: TaskWorker) -> None:
        if done.done():
            return  # the client has cancelled its call
        try:
            done.set_result(act(worker))
        except Exception as error:  # noqa: BLE001 - the client gets it
            done.set_exception(error)

    temporal.put_task(run.identity.task_queue, task)
    return await done
