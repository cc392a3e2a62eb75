"""Finding runs, and looking at them: what clients ask for that changes nothing."""

from __future__ import annotations

from google.protobuf.message import Message
from temporalio.api.common.v1 import GrpcStatus, WorkflowExecution
from temporalio.api.enums.v1 import HistoryEventFilterType
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.temporal.description import described
from sagacheck.temporal.execution import Execution
from sagacheck.temporal.fields import only
from sagacheck.temporal.service import SimulatedTemporal

_CLOSE_EVENT = HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT


def find(
    temporal: SimulatedTemporal, reference: WorkflowExecution, first_run_id: str = ""
) -> Execution:
    """The run that is meant, the latest of its id by default.

    Raises:
        RPCError: There is none.
    """
    execution = temporal.find(reference.workflow_id, reference.run_id)
    if execution is None:
        raise failed(RPCStatusCode.NOT_FOUND, _unknown(reference))
    if first_run_id not in ("", execution.start.first_run_id):
        raise failed(RPCStatusCode.NOT_FOUND, "workflow execution not found")
    return execution


def _unknown(reference: WorkflowExecution) -> str:
    if not reference.run_id:
        return f"workflow not found for ID: {reference.workflow_id}"
    which = f'workflow ID "{reference.workflow_id}" and run ID "{reference.run_id}"'
    return f"workflow execution not found for {which}"


def running(
    temporal: SimulatedTemporal, reference: WorkflowExecution, first_run_id: str = ""
) -> Execution:
    """The run that is meant, which has to be open.

    Raises:
        RPCError: There is none, or it has closed.
    """
    execution = find(temporal, reference, first_run_id)
    if not execution.is_running:
        raise closed()
    return execution


def closed() -> RPCError:
    """What whoever is late is told."""
    return failed(RPCStatusCode.NOT_FOUND, "workflow execution already completed")


def failed(status: RPCStatusCode, message: str, *details: Message) -> RPCError:
    """An error as the server sends it."""
    packed = GrpcStatus(code=status, message=message)
    for detail in details:
        packed.details.add().Pack(detail)
    return RPCError(message, status, packed.SerializeToString())


# -- looking at them --------------------------------------------------------------------------


async def get_workflow_execution_history(
    temporal: SimulatedTemporal, request: GetWorkflowExecutionHistoryRequest
) -> GetWorkflowExecutionHistoryResponse:
    """The events of a run, those to come too where they are waited for."""
    only(
        request,
        *("namespace", "execution", "wait_new_event", "history_event_filter_type"),
        *("next_page_token", "skip_archival", "maximum_page_size"),
    )
    run_id, seen = _page(request)
    reference = WorkflowExecution(workflow_id=request.execution.workflow_id, run_id=run_id)
    execution = find(temporal, reference)
    response = GetWorkflowExecutionHistoryResponse()
    events = execution.history.events
    if request.history_event_filter_type == _CLOSE_EVENT:
        if request.wait_new_event:
            await execution.closed.wait()
        response.history.events.extend(events[-1:])
        return response
    while request.wait_new_event and execution.is_running and len(events) == seen:
        await execution.wait_for_change()
        temporal.check()
    response.history.events.extend(events[seen:])
    if request.wait_new_event and execution.is_running:
        response.next_page_token = f"{execution.run_id}/{len(events)}".encode()
    return response


def _page(request: GetWorkflowExecutionHistoryRequest) -> tuple[str, int]:
    """The run that is looked at, and how many events of it were seen before."""
    if not request.next_page_token:
        return request.execution.run_id, 0
    run_id, seen = request.next_page_token.decode().split("/")
    return run_id, int(seen)


async def describe_workflow_execution(
    temporal: SimulatedTemporal, request: DescribeWorkflowExecutionRequest
) -> DescribeWorkflowExecutionResponse:
    """How a workflow is."""
    return described(find(temporal, request.execution))
