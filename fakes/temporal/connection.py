"""The SDK's own client, talking to the simulated service instead of a socket.

Whatever is built on `temporalio.client.Client` works unchanged: its calls arrive here as the same
protobuf messages that a server would get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import temporalio.converter
from google.protobuf.message import Message
from temporalio.api.common.v1 import GrpcStatus, WorkflowExecution
from temporalio.api.enums.v1 import (
    HistoryEventFilterType,
    PendingActivityState,
    UpdateWorkflowExecutionLifecycleStage,
)
from temporalio.api.errordetails.v1 import WorkflowExecutionAlreadyStartedFailure
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
    PollWorkflowExecutionUpdateRequest,
    PollWorkflowExecutionUpdateResponse,
    QueryWorkflowRequest,
    QueryWorkflowResponse,
    RequestCancelWorkflowExecutionRequest,
    RequestCancelWorkflowExecutionResponse,
    SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse,
    StartWorkflowExecutionRequest,
    StartWorkflowExecutionResponse,
    TerminateWorkflowExecutionRequest,
    TerminateWorkflowExecutionResponse,
    UpdateWorkflowExecutionRequest,
    UpdateWorkflowExecutionResponse,
)
from temporalio.client import Client
from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient

from fakes.temporal.execution import Execution, Update
from fakes.temporal.service import AlreadyStartedError, SimulatedTemporal

_Response = TypeVar("_Response", bound=Message)
_Stage = UpdateWorkflowExecutionLifecycleStage
_COMPLETED = _Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
_ACCEPTED = _Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED


def simulated_client(
    temporal: SimulatedTemporal, data_converter: temporalio.converter.DataConverter
) -> Client:
    """A client of the simulated service."""
    return Client(_Connection(temporal), data_converter=data_converter)


class _Connection(ServiceClient):
    """The part of the SDK that speaks gRPC, speaking to the simulation."""

    def __init__(self, temporal: SimulatedTemporal) -> None:
        super().__init__(ConnectConfig(target_host="simulated", identity="simulated-client"))
        self._temporal = temporal

    @property
    def worker_service_client(self) -> NoReturn:
        raise _error(RPCStatusCode.UNIMPLEMENTED, "the simulated service takes no SDK workers")

    def update_rpc_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        """Nothing is sent anywhere."""

    def update_api_key(self, api_key: str | None) -> None:
        """Nobody asks for it."""

    async def _rpc_call(  # noqa: PLR0913 - the SDK's own signature
        self,
        rpc: str,
        req: Message,
        resp_type: type[_Response],
        *,
        service: str,
        retry: bool,
        metadata: Mapping[str, str | bytes],
        timeout: timedelta | None,  # noqa: ASYNC109 - as above
    ) -> _Response:
        handle = getattr(self, f"_{rpc}", None) if service == "workflow" else None
        if handle is None:
            raise _error(RPCStatusCode.UNIMPLEMENTED, f"the simulated service has no {rpc}")
        async with asyncio.timeout(timeout.total_seconds() if timeout else None):
            response: _Response = await handle(req)
        return response

    # -- one method a call --------------------------------------------------------------------

    async def _start_workflow_execution(
        self, request: StartWorkflowExecutionRequest
    ) -> StartWorkflowExecutionResponse:
        try:
            execution, started = self._temporal.start(request)
        except AlreadyStartedError as error:
            details = WorkflowExecutionAlreadyStartedFailure(
                run_id=error.execution.run_id, first_execution_run_id=error.execution.run_id
            )
            raise _error(RPCStatusCode.ALREADY_EXISTS, str(error), details) from None
        return StartWorkflowExecutionResponse(
            run_id=execution.run_id, first_execution_run_id=execution.run_id, started=started
        )

    async def _signal_workflow_execution(
        self, request: SignalWorkflowExecutionRequest
    ) -> SignalWorkflowExecutionResponse:
        execution = self._running(request.workflow_execution)
        payloads = request.input if request.HasField("input") else None
        execution.signal(request.signal_name, payloads, request.header, request.identity)
        return SignalWorkflowExecutionResponse()

    async def _request_cancel_workflow_execution(
        self, request: RequestCancelWorkflowExecutionRequest
    ) -> RequestCancelWorkflowExecutionResponse:
        execution = self._running(request.workflow_execution)
        execution.request_cancel(request.reason, request.identity)
        return RequestCancelWorkflowExecutionResponse()

    async def _terminate_workflow_execution(
        self, request: TerminateWorkflowExecutionRequest
    ) -> TerminateWorkflowExecutionResponse:
        execution = self._running(request.workflow_execution)
        execution.terminate(request.reason, request.identity)
        return TerminateWorkflowExecutionResponse()

    async def _query_workflow(self, request: QueryWorkflowRequest) -> QueryWorkflowResponse:
        execution = self._find(request.execution)
        await asyncio.sleep(0)  # not in the same step as the caller: workflow code is a loop
        result = await _outside_of_tasks(lambda: execution.query(request.query))
        if result.HasField("failed"):
            raise _error(RPCStatusCode.INVALID_ARGUMENT, result.failed.message)
        response = QueryWorkflowResponse()
        response.query_result.payloads.append(result.succeeded.response)
        return response

    async def _update_workflow_execution(
        self, request: UpdateWorkflowExecutionRequest
    ) -> UpdateWorkflowExecutionResponse:
        execution = self._running(request.workflow_execution)
        update = execution.update(request.request)
        await update.accepted.wait()
        if request.wait_policy.lifecycle_stage == _COMPLETED:
            await update.completed.wait()
        if update.accepted_event is None and update.outcome is None:
            raise _closed()
        response = UpdateWorkflowExecutionResponse(stage=_stage(update))
        response.update_ref.update_id = request.request.meta.update_id
        _refer(response.update_ref.workflow_execution, execution)
        if update.outcome is not None:
            response.outcome.CopyFrom(update.outcome)
        return response

    async def _poll_workflow_execution_update(
        self, request: PollWorkflowExecutionUpdateRequest
    ) -> PollWorkflowExecutionUpdateResponse:
        execution = self._find(request.update_ref.workflow_execution)
        update = execution.updates.get(request.update_ref.update_id)
        if update is None:
            raise _error(RPCStatusCode.NOT_FOUND, "update not found")
        await update.completed.wait()
        response = PollWorkflowExecutionUpdateResponse(stage=_stage(update))
        response.update_ref.CopyFrom(request.update_ref)
        if update.outcome is not None:
            response.outcome.CopyFrom(update.outcome)
        return response

    async def _get_workflow_execution_history(
        self, request: GetWorkflowExecutionHistoryRequest
    ) -> GetWorkflowExecutionHistoryResponse:
        execution = self._find(request.execution)
        only_close = (
            request.history_event_filter_type
            == HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
        )
        if request.wait_new_event:
            await execution.closed.wait()
        response = GetWorkflowExecutionHistoryResponse()
        events = execution.history.events
        response.history.events.extend(events[-1:] if only_close else events)
        return response

    async def _describe_workflow_execution(
        self, request: DescribeWorkflowExecutionRequest
    ) -> DescribeWorkflowExecutionResponse:
        execution = self._find(request.execution)
        response = DescribeWorkflowExecutionResponse()
        info = response.workflow_execution_info
        _refer(info.execution, execution)
        info.type.name = execution.workflow_type
        info.status = execution.status
        info.task_queue = execution.request.task_queue.name
        info.history_length = len(execution.history.events)
        info.start_time.CopyFrom(execution.history.events[0].event_time)
        for task in execution.activities.values():
            if not task.closed:
                pending = response.pending_activities.add()
                pending.activity_id = task.command.activity_id
                pending.activity_type.name = task.command.activity_type
                pending.attempt = task.attempt
                pending.state = (
                    PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
                    if task.is_running
                    else PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
                )
                if task.last_failure is not None:
                    pending.last_failure.CopyFrom(task.last_failure)
        return response

    # -- finding runs -------------------------------------------------------------------------

    def _find(self, reference: WorkflowExecution) -> Execution:
        execution = self._temporal.find(reference.workflow_id, reference.run_id)
        if execution is None:
            msg = f"workflow not found for ID: {reference.workflow_id}"
            raise _error(RPCStatusCode.NOT_FOUND, msg)
        return execution

    def _running(self, reference: WorkflowExecution) -> Execution:
        execution = self._find(reference)
        if not execution.is_running:
            raise _closed()
        return execution


async def _outside_of_tasks(act: Any) -> Any:
    """Run `act` as a callback of the loop: workflow code must not run inside a task's step."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def run() -> None:
        try:
            done.set_result(act())
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            done.set_exception(error)

    loop.call_soon(run)
    return await done


def _stage(update: Update) -> Any:
    return _COMPLETED if update.outcome is not None else _ACCEPTED


def _refer(target: WorkflowExecution, execution: Execution) -> None:
    target.workflow_id = execution.workflow_id
    target.run_id = execution.run_id


def _closed() -> RPCError:
    return _error(RPCStatusCode.NOT_FOUND, "workflow execution already completed")


def _error(status: RPCStatusCode, message: str, *details: Message) -> RPCError:
    packed = GrpcStatus(code=status, message=message)
    for detail in details:
        packed.details.add().Pack(detail)
    return RPCError(message, status, packed.SerializeToString())
