"""Validation of requests: what the service refuses before it looks at any workflow.

The rules, their order and their messages are those of the server's
``service/frontend/workflow_handler.go``; the order of rules that are broken together was found by
trying a server.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowIdConflictPolicy, WorkflowIdReusePolicy
from temporalio.api.update.v1 import Request as UpdateRequest
from temporalio.api.workflowservice.v1 import (
    ExecuteMultiOperationRequest,
    QueryWorkflowRequest,
    SignalWithStartWorkflowExecutionRequest,
    SignalWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.temporal.base.durations import NEGATIVE, is_any_negative
from sagacheck.temporal.frontend.rpc_errors import rpc_error
from sagacheck.temporal.server.commands.command_validation import LONGEST_ID, retry_policy_error
from sagacheck.temporal.server.run_start import NAMESPACE

_RESERVED_QUEUE = "/_sys/"
_Conflict = WorkflowIdConflictPolicy
_Reuse = WorkflowIdReusePolicy
_NO_ID = "WorkflowId is not set on request."
Starting = StartWorkflowExecutionRequest | SignalWithStartWorkflowExecutionRequest


def request_refusal(request: Message) -> RPCError | None:
    """The error with which the service refuses a request; ``None`` if it takes it."""
    named = getattr(request, "namespace", NAMESPACE)
    if named != NAMESPACE:
        return rpc_error(RPCStatusCode.NOT_FOUND, f"Namespace {named} is not found.")
    message = next(filter(None, _about(request)), "")
    return rpc_error(RPCStatusCode.INVALID_ARGUMENT, message) if message else None


def _about(request: Message) -> Iterator[str]:
    """What each rule has to say, in the server's order; empty for a rule that is kept."""
    if isinstance(request, StartWorkflowExecutionRequest):
        yield from _about_start(request)
    elif isinstance(request, SignalWithStartWorkflowExecutionRequest):
        yield from _about_signal_with_start(request)
    elif isinstance(request, ExecuteMultiOperationRequest):
        start, update = request.operations
        yield from _about_start(start.start_workflow)
        yield from _about_update(update.update_workflow.request)
    else:
        yield from _about_execution(_execution_in(request))
        if isinstance(request, SignalWorkflowExecutionRequest):
            yield _name("SignalName", request.signal_name)
        elif isinstance(request, QueryWorkflowRequest):
            yield "" if request.query.query_type else "QueryType is not set on request."
        elif isinstance(request, UpdateWorkflowExecutionRequest):
            yield from _about_update(request.request)


def _about_start(request: StartWorkflowExecutionRequest) -> Iterator[str]:
    yield from _about_id(request.workflow_id)
    yield retry_policy_error(request.retry_policy) if request.HasField("retry_policy") else ""
    yield _name("WorkflowType", request.workflow_type.name)
    yield _about_queue(request.task_queue.name)
    yield _about_timeouts(request)
    yield _about_id_policies(request)


def _about_signal_with_start(request: SignalWithStartWorkflowExecutionRequest) -> Iterator[str]:
    yield from _about_id(request.workflow_id)
    yield _too_long("signal name", request.signal_name)
    yield "" if request.workflow_type.name else "workflow type not set"
    yield _too_long("workflow type name", request.workflow_type.name)
    yield _about_queue(request.task_queue.name)
    yield _about_timeouts(request)
    yield retry_policy_error(request.retry_policy) if request.HasField("retry_policy") else ""
    yield _about_id_policies(request)
    if request.workflow_id_conflict_policy == _Conflict.WORKFLOW_ID_CONFLICT_POLICY_FAIL:
        name = _Conflict.Name(request.workflow_id_conflict_policy)
        yield f"Invalid WorkflowIDConflictPolicy: {name} is not supported for this operation."


def _about_update(request: UpdateRequest) -> Iterator[str]:
    yield "" if request.input.name else "Update name is not set on request."
    yield "UpdateId length exceeds limit." if _length(request.meta.update_id) > LONGEST_ID else ""


def _about_id(workflow_id: str) -> Iterator[str]:
    yield "" if workflow_id else _NO_ID
    yield _too_long("WorkflowId", workflow_id)


def _about_queue(name: str) -> str:
    if not name:
        return "missing task queue name"
    if _length(name) > LONGEST_ID:
        return "taskQueue length exceeds limit"
    if name.startswith(_RESERVED_QUEUE):
        return f"task queue name cannot start with reserved prefix {_RESERVED_QUEUE}"
    return ""


def _about_timeouts(request: Starting) -> str:
    for what in ("Execution", "Run", "Task"):
        if is_any_negative(getattr(request, f"workflow_{what.lower()}_timeout")):
            return f"An invalid Workflow{what}TimeoutSeconds is set on request. cause: {NEGATIVE}"
    return ""


def _about_id_policies(request: Starting) -> str:
    reuse, conflict = request.workflow_id_reuse_policy, request.workflow_id_conflict_policy
    what = f"Invalid WorkflowIDReusePolicy: {_Reuse.Name(reuse)} cannot be used together with"
    if reuse == _Reuse.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING and conflict:
        return f"{what} a WorkflowIDConflictPolicy"
    if (
        reuse == _Reuse.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
        and conflict == _Conflict.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
    ):
        return f"{what} WorkflowIdConflictPolicy {_Conflict.Name(conflict)}"
    return ""


def _about_execution(execution: WorkflowExecution | None) -> Iterator[str]:
    if execution is not None:
        yield "" if execution.workflow_id else _NO_ID
        yield "" if not execution.run_id or _is_uuid(execution.run_id) else "Invalid RunId."


def _execution_in(request: Any) -> WorkflowExecution | None:
    """The execution that a request is about, in whichever field."""
    for holder in (request, getattr(request, "update_ref", None)):
        for name in ("workflow_execution", "execution"):
            if isinstance(found := getattr(holder, name, None), WorkflowExecution):
                return found
    return None


def _name(what: str, name: str) -> str:
    if not name:
        return f"{what} is not set on request."
    return f"{what} length exceeds limit." if _length(name) > LONGEST_ID else ""


def _too_long(what: str, text: str) -> str:
    length = _length(text)
    if length <= LONGEST_ID:
        return ""
    return f"{what} exceeds maximum allowed length ({length}/{LONGEST_ID})"


def _length(text: str) -> int:
    return len(text.encode())


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
