"""Calls of clients that change something: starts, signals, cancellation, termination, updates."""

from __future__ import annotations

from collections.abc import Callable

from temporalio.api.enums.v1 import (
    UpdateWorkflowExecutionLifecycleStage,
    WorkflowIdConflictPolicy,
)
from temporalio.api.errordetails.v1 import WorkflowExecutionAlreadyStartedFailure
from temporalio.api.workflowservice.v1 import (
    ExecuteMultiOperationRequest,
    ExecuteMultiOperationResponse,
    PollWorkflowExecutionUpdateRequest,
    PollWorkflowExecutionUpdateResponse,
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

from sagacheck.temporal.base.errors import AlreadyStartedError, BadSearchAttributesError
from sagacheck.temporal.frontend.reads import find_open_run, find_run
from sagacheck.temporal.frontend.rpc_errors import already_completed, rpc_error
from sagacheck.temporal.server.commands.updates import Update
from sagacheck.temporal.server.id_policies import terminates_existing
from sagacheck.temporal.server.simulated_temporal import SimulatedTemporal
from sagacheck.temporal.server.workflow_run import WorkflowRun

_Stage = UpdateWorkflowExecutionLifecycleStage
_COMPLETED = _Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
_ACCEPTED = _Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED
_USE_EXISTING = WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
DEFAULT_TERMINATION_REASON = "terminated by user via frontend"
"""The server's ``defaultUserTerminateReason`` (``service/frontend/workflow_handler.go``)."""


# -- starting -----------------------------------------------------------------------------------


async def start_workflow_execution(
    temporal: SimulatedTemporal, request: StartWorkflowExecutionRequest
) -> StartWorkflowExecutionResponse:
    """Start a workflow."""
    run, started = _start(temporal, request)
    return StartWorkflowExecutionResponse(
        run_id=run.run_id,
        first_execution_run_id=run.start.first_run_id,
        started=started,
    )


async def signal_with_start_workflow_execution(
    temporal: SimulatedTemporal, request: SignalWithStartWorkflowExecutionRequest
) -> SignalWithStartWorkflowExecutionResponse:
    """Start a workflow with a signal, or signal the one that runs."""
    payloads = request.signal_input if request.HasField("signal_input") else None

    def signal(run: WorkflowRun) -> None:
        header = request.header if request.HasField("header") else None
        run.signal(request.signal_name, payloads, header, request.identity)

    start = _as_start(request)
    latest = temporal.find(request.workflow_id)
    if latest is not None and latest.is_running and not terminates_existing(start):
        start.workflow_id_conflict_policy = _USE_EXISTING  # it gets the signal
    run, started = _start(temporal, start, signal)
    if not started:
        signal(run)
    return SignalWithStartWorkflowExecutionResponse(run_id=run.run_id, started=started)


def _as_start(request: SignalWithStartWorkflowExecutionRequest) -> StartWorkflowExecutionRequest:
    start = StartWorkflowExecutionRequest()
    for field, value in request.ListFields():
        if field.name in ("signal_name", "signal_input"):
            continue
        if field.message_type is not None:
            getattr(start, field.name).CopyFrom(value)
        else:
            setattr(start, field.name, value)
    return start


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
    before_first_task: Callable[[WorkflowRun], None] | None = None,
) -> tuple[WorkflowRun, bool]:
    try:
        return temporal.start(request, before_first_task)
    except AlreadyStartedError as error:
        details = WorkflowExecutionAlreadyStartedFailure(
            run_id=error.run_id, first_execution_run_id=error.run_id
        )
        text = "Workflow execution is already running. WorkflowId: %s, RunId: %s."
        msg = text % (request.workflow_id, error.run_id)
        raise rpc_error(RPCStatusCode.ALREADY_EXISTS, msg, details) from None
    except BadSearchAttributesError as error:
        raise rpc_error(RPCStatusCode.INVALID_ARGUMENT, str(error)) from None


# -- messages -----------------------------------------------------------------------------------


async def signal_workflow_execution(
    temporal: SimulatedTemporal, request: SignalWorkflowExecutionRequest
) -> SignalWorkflowExecutionResponse:
    """Signal a workflow."""
    run = find_open_run(temporal, request.workflow_execution)
    run.signal(
        request.signal_name,
        request.input if request.HasField("input") else None,
        request.header if request.HasField("header") else None,
        request.identity,
    )
    return SignalWorkflowExecutionResponse()


async def request_cancel_workflow_execution(
    temporal: SimulatedTemporal, request: RequestCancelWorkflowExecutionRequest
) -> RequestCancelWorkflowExecutionResponse:
    """Request the cancellation of a workflow; that of a closed one is no error."""
    run = find_run(temporal, request.workflow_execution, request.first_execution_run_id)
    if run.is_running:
        run.request_cancel(request.reason, request.identity)
    return RequestCancelWorkflowExecutionResponse()


async def terminate_workflow_execution(
    temporal: SimulatedTemporal, request: TerminateWorkflowExecutionRequest
) -> TerminateWorkflowExecutionResponse:
    """Terminate a workflow."""
    run = find_open_run(temporal, request.workflow_execution, request.first_execution_run_id)
    details = request.details if request.HasField("details") else None
    reason = request.reason or DEFAULT_TERMINATION_REASON
    run.terminate(reason, request.identity, details)
    return TerminateWorkflowExecutionResponse()


# -- updates ------------------------------------------------------------------------------------


async def update_workflow_execution(
    temporal: SimulatedTemporal, request: UpdateWorkflowExecutionRequest
) -> UpdateWorkflowExecutionResponse:
    """Update a workflow, and wait for the stage that the client asks for."""
    run = find_run(temporal, request.workflow_execution, request.first_execution_run_id)
    update = run.updates.find(request.request.meta.update_id)
    if update is None or update.is_lost:
        if not run.is_running:
            raise already_completed()
        update = run.update(request.request)
    await update.accepted.wait()
    if request.wait_policy.lifecycle_stage == _COMPLETED:
        await update.completed.wait()
    if update.is_lost:
        msg = "workflow update was aborted by closing workflow"
        raise rpc_error(RPCStatusCode.NOT_FOUND, msg)
    response = UpdateWorkflowExecutionResponse(stage=_stage(update))
    response.update_ref.update_id = request.request.meta.update_id
    response.update_ref.workflow_execution.CopyFrom(run.identity.reference)
    if update.outcome is not None:
        response.outcome.CopyFrom(update.outcome)
    return response


async def poll_workflow_execution_update(
    temporal: SimulatedTemporal, request: PollWorkflowExecutionUpdateRequest
) -> PollWorkflowExecutionUpdateResponse:
    """Wait for the outcome of an update."""
    run = find_run(temporal, request.update_ref.workflow_execution)
    update = run.updates.find(request.update_ref.update_id)
    if update is None:
        msg = f'update "{request.update_ref.update_id}" not found'
        raise rpc_error(RPCStatusCode.NOT_FOUND, msg)
    await update.completed.wait()
    if update.is_lost:
        raise already_completed()
    response = PollWorkflowExecutionUpdateResponse(stage=_stage(update))
    response.update_ref.CopyFrom(request.update_ref)
    if update.outcome is not None:
        response.outcome.CopyFrom(update.outcome)
    return response


def _stage(update: Update) -> _Stage.ValueType:
    return _COMPLETED if update.outcome is not None else _ACCEPTED
