"""What clients can ask the service for, one function a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from temporalio.api.enums.v1 import (
    QueryRejectCondition,
    UpdateWorkflowExecutionLifecycleStage,
    WorkflowExecutionStatus,
    WorkflowIdConflictPolicy,
)
from temporalio.api.errordetails.v1 import WorkflowExecutionAlreadyStartedFailure
from temporalio.api.workflowservice.v1 import (
    ExecuteMultiOperationRequest,
    ExecuteMultiOperationResponse,
    PollWorkflowExecutionUpdateRequest,
    PollWorkflowExecutionUpdateResponse,
    QueryWorkflowRequest,
    QueryWorkflowResponse,
    RequestCancelWorkflowExecutionRequest,
    RequestCancelWorkflowExecutionResponse,
    SignalWithStartWorkflowExecutionRequest,
    SignalWithStartWorkflowExecutionResponse,
    SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse,
    StartWorkflowExecutionRequest,
    StartWorkflowExecutionResponse,
    TerminateWorkflowExecutionRequest,
    TerminateWorkflowExecutionResponse,
    UpdateWorkflowExecutionRequest,
    UpdateWorkflowExecutionResponse,
)
from temporalio.service import RPCStatusCode

from sagacheck.temporal.activations import query
from sagacheck.temporal.errors import AlreadyStartedError, BadSearchAttributesError
from sagacheck.temporal.execution import Execution
from sagacheck.temporal.lookups import (
    closed,
    describe_workflow_execution,
    failed,
    find,
    get_workflow_execution_history,
    running,
)
from sagacheck.temporal.reports import REPORTS
from sagacheck.temporal.service import SimulatedTemporal, terminates
from sagacheck.temporal.updates import Update
from sagacheck.temporal.worker import SimulatedWorker

_T = TypeVar("_T")
_Stage = UpdateWorkflowExecutionLifecycleStage
_COMPLETED = _Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
_ACCEPTED = _Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED
_USE_EXISTING = WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING


# -- starting -----------------------------------------------------------------------------------


async def start_workflow_execution(
    temporal: SimulatedTemporal, request: StartWorkflowExecutionRequest
) -> StartWorkflowExecutionResponse:
    """Start a workflow."""
    execution, started = _start(temporal, request)
    return StartWorkflowExecutionResponse(
        run_id=execution.run_id,
        first_execution_run_id=execution.start.first_run_id,
        started=started,
    )


async def signal_with_start_workflow_execution(
    temporal: SimulatedTemporal, request: SignalWithStartWorkflowExecutionRequest
) -> SignalWithStartWorkflowExecutionResponse:
    """Start a workflow with a signal, or signal the one that runs."""
    payloads = request.signal_input if request.HasField("signal_input") else None

    def signal(execution: Execution) -> None:
        header = request.header if request.HasField("header") else None
        execution.signal(request.signal_name, payloads, header, request.identity)

    plain = _as_start(request)
    latest = temporal.find(request.workflow_id)
    if latest is not None and latest.is_running and not terminates(plain):
        plain.workflow_id_conflict_policy = _USE_EXISTING  # the signal is for the one that runs
    execution, started = _start(temporal, plain, signal)
    if not started:
        signal(execution)
    return SignalWithStartWorkflowExecutionResponse(run_id=execution.run_id, started=started)


def _as_start(request: SignalWithStartWorkflowExecutionRequest) -> StartWorkflowExecutionRequest:
    plain = StartWorkflowExecutionRequest()
    for field, value in request.ListFields():
        if field.name in ("signal_name", "signal_input"):
            continue
        if field.message_type is not None:
            getattr(plain, field.name).CopyFrom(value)
        else:
            setattr(plain, field.name, value)
    return plain


async def execute_multi_operation(
    temporal: SimulatedTemporal, request: ExecuteMultiOperationRequest
) -> ExecuteMultiOperationResponse:
    """Start a workflow, or find it, and update it."""
    start, update = (each for each in request.operations)
    started = await start_workflow_execution(temporal, start.start_workflow)
    target = update.update_workflow.workflow_execution
    target.run_id = started.run_id
    updated = await update_workflow_execution(temporal, update.update_workflow)
    response = ExecuteMultiOperationResponse()
    response.responses.add().start_workflow.CopyFrom(started)
    response.responses.add().update_workflow.CopyFrom(updated)
    return response


def _start(
    temporal: SimulatedTemporal,
    request: StartWorkflowExecutionRequest,
    at_once: Callable[[Execution], None] | None = None,
) -> tuple[Execution, bool]:
    try:
        return temporal.start(request, at_once)
    except AlreadyStartedError as error:
        details = WorkflowExecutionAlreadyStartedFailure(
            run_id=error.run_id, first_execution_run_id=error.run_id
        )
        text = "Workflow execution is already running. WorkflowId: %s, RunId: %s."
        msg = text % (request.workflow_id, error.run_id)
        raise failed(RPCStatusCode.ALREADY_EXISTS, msg, details) from None
    except BadSearchAttributesError as error:
        raise failed(RPCStatusCode.INVALID_ARGUMENT, str(error)) from None


# -- messages -----------------------------------------------------------------------------------


async def signal_workflow_execution(
    temporal: SimulatedTemporal, request: SignalWorkflowExecutionRequest
) -> SignalWorkflowExecutionResponse:
    """Signal a workflow."""
    execution = running(temporal, request.workflow_execution)
    execution.signal(
        request.signal_name,
        request.input if request.HasField("input") else None,
        request.header if request.HasField("header") else None,
        request.identity,
    )
    return SignalWorkflowExecutionResponse()


async def request_cancel_workflow_execution(
    temporal: SimulatedTemporal, request: RequestCancelWorkflowExecutionRequest
) -> RequestCancelWorkflowExecutionResponse:
    """Ask a workflow to cancel; asking one that has ended is no error."""
    execution = find(temporal, request.workflow_execution, request.first_execution_run_id)
    if execution.is_running:
        execution.request_cancel(request.reason, request.identity)
    return RequestCancelWorkflowExecutionResponse()


async def terminate_workflow_execution(
    temporal: SimulatedTemporal, request: TerminateWorkflowExecutionRequest
) -> TerminateWorkflowExecutionResponse:
    """Terminate a workflow."""
    execution = running(temporal, request.workflow_execution, request.first_execution_run_id)
    details = request.details if request.HasField("details") else None
    reason = request.reason or "terminated by user via frontend"
    execution.terminate(reason, request.identity, details)
    return TerminateWorkflowExecutionResponse()


async def query_workflow(
    temporal: SimulatedTemporal, request: QueryWorkflowRequest
) -> QueryWorkflowResponse:
    """Query a workflow once it has seen all that has come."""
    execution = find(temporal, request.execution)
    response = QueryWorkflowResponse()
    if _rejects(request.query_reject_condition, execution):
        response.query_rejected.status = execution.status
        return response
    await execution.tasks.settled()
    temporal.check()
    if execution.is_running and execution.tasks.is_failing:
        msg = "Unable to query workflow due to Workflow Task in failed state."
        raise failed(RPCStatusCode.FAILED_PRECONDITION, msg)
    result = await _by_worker(
        temporal, execution, lambda worker: query(execution, worker, request.query)
    )
    if result.HasField("failed"):
        raise failed(RPCStatusCode.INVALID_ARGUMENT, result.failed.message)
    response.query_result.payloads.append(result.succeeded.response)
    return response


def _rejects(condition: QueryRejectCondition.ValueType, execution: Execution) -> bool:
    status = WorkflowExecutionStatus
    if condition == QueryRejectCondition.QUERY_REJECT_CONDITION_NOT_OPEN:
        return not execution.is_running
    if condition == QueryRejectCondition.QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY:
        return execution.status not in (
            status.WORKFLOW_EXECUTION_STATUS_RUNNING,
            status.WORKFLOW_EXECUTION_STATUS_COMPLETED,
        )
    return False


async def _by_worker(
    temporal: SimulatedTemporal, execution: Execution, act: Callable[[SimulatedWorker], _T]
) -> _T:
    """Have the worker do something, as a callback: workflow code must not run inside a task."""
    done: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

    def run(worker: SimulatedWorker) -> None:
        if done.done():
            return  # whoever has asked has gone
        try:
            done.set_result(act(worker))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            done.set_exception(error)

    temporal.queue(execution.task_queue).put(run)
    return await done


# -- updates ------------------------------------------------------------------------------------


async def update_workflow_execution(
    temporal: SimulatedTemporal, request: UpdateWorkflowExecutionRequest
) -> UpdateWorkflowExecutionResponse:
    """Update a workflow, and wait until it is as far as asked for."""
    execution = find(temporal, request.workflow_execution, request.first_execution_run_id)
    update = execution.updates.get(request.request.meta.update_id)
    if update is None or update.is_lost:
        if not execution.is_running:
            raise closed()
        update = execution.update(request.request)
    await update.accepted.wait()
    if request.wait_policy.lifecycle_stage == _COMPLETED:
        await update.completed.wait()
    if update.is_lost:
        msg = "workflow update was aborted by closing workflow"
        raise failed(RPCStatusCode.NOT_FOUND, msg)
    response = UpdateWorkflowExecutionResponse(stage=_stage(update))
    response.update_ref.update_id = request.request.meta.update_id
    response.update_ref.workflow_execution.CopyFrom(execution.start.execution)
    if update.outcome is not None:
        response.outcome.CopyFrom(update.outcome)
    return response


async def poll_workflow_execution_update(
    temporal: SimulatedTemporal, request: PollWorkflowExecutionUpdateRequest
) -> PollWorkflowExecutionUpdateResponse:
    """Wait for what comes of an update."""
    execution = find(temporal, request.update_ref.workflow_execution)
    update = execution.updates.get(request.update_ref.update_id)
    if update is None:
        msg = f'update "{request.update_ref.update_id}" not found'
        raise failed(RPCStatusCode.NOT_FOUND, msg)
    await update.completed.wait()
    if update.is_lost:
        raise closed()
    response = PollWorkflowExecutionUpdateResponse(stage=_stage(update))
    response.update_ref.CopyFrom(request.update_ref)
    if update.outcome is not None:
        response.outcome.CopyFrom(update.outcome)
    return response


def _stage(update: Update) -> _Stage.ValueType:
    return _COMPLETED if update.outcome is not None else _ACCEPTED


CALLS: dict[str, Any] = {
    call.__name__: call
    for call in (
        start_workflow_execution,
        signal_with_start_workflow_execution,
        execute_multi_operation,
        signal_workflow_execution,
        request_cancel_workflow_execution,
        terminate_workflow_execution,
        query_workflow,
        update_workflow_execution,
        poll_workflow_execution_update,
        get_workflow_execution_history,
        describe_workflow_execution,
    )
} | REPORTS
