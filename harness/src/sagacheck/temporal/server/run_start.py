"""How a run begins: by a client's request, as a child, or in the place of another run."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Priority, WorkflowExecution
from temporalio.api.enums.v1 import ContinueAsNewInitiator, TaskQueueKind
from temporalio.api.failure.v1 import Failure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.backoff import with_defaults
from sagacheck.temporal.base.durations import LONGEST_SECONDS, capped, seconds, within
from sagacheck.temporal.base.events import Event, timestamp
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.base.unsupported_fields import allow_only
from sagacheck.temporal.core.messages import Job
from sagacheck.temporal.core.seeds import seed_of

NAMESPACE = "default"
"""The only namespace."""
TASK_TIMEOUT_SECONDS = 10
Initiator = ContinueAsNewInitiator

_SUPPORTED = (
    "namespace",
    "workflow_id",
    "workflow_type",
    "task_queue",
    "input",
    "workflow_execution_timeout",
    "workflow_run_timeout",
    "workflow_task_timeout",
    "identity",
    "request_id",
    "workflow_id_reuse_policy",
    "workflow_id_conflict_policy",
    "retry_policy",
    "memo",
    "search_attributes",
    "header",
    "user_metadata",
)


class ParentLink(msgspec.Struct, frozen=True):
    """What a child knows of its parent.

    Attributes:
        reference: The parent's run.
        root: The run at the top of the tree of parents.
        namespace: The parent's namespace.
        initiated_event_id: The parent's event that initiated the child.
        seq: The sequence number that the parent's code gave the child.
    """

    reference: WorkflowExecution
    root: WorkflowExecution
    namespace: str
    initiated_event_id: int
    seq: int


class RunStart(msgspec.Struct, frozen=True):
    """What is known of a run before it begins.

    Attributes:
        request: The request that starts it, completed as the server completes it.
        run_id: The run's id.
        first_run_id: The id of the first run of the chain.
        attempt: The number of the attempt, from 1, where the workflow has a retry policy.
        backoff: Seconds until its first workflow task.
        deadline: When the execution timeout is over, in seconds since the epoch.
        continued_from: The id of the run that this one follows.
        initiator: Why it follows that run.
        last_failure: What that run failed with.
        parent: Its parent, if it is a child.
    """

    request: StartWorkflowExecutionRequest
    run_id: str
    first_run_id: str
    attempt: int = 1
    backoff: float | None = 0.0
    deadline: float | None = None
    continued_from: str = ""
    initiator: Initiator.ValueType = Initiator.CONTINUE_AS_NEW_INITIATOR_UNSPECIFIED
    last_failure: Failure | None = None
    parent: ParentLink | None = None

    @property
    def identity(self) -> RunIdentity:
        """Which run it is."""
        request = self.request
        return RunIdentity(
            workflow_id=request.workflow_id,
            run_id=self.run_id,
            workflow_type=request.workflow_type.name,
            namespace=request.namespace,
            task_queue=request.task_queue.name,
        )


def first_start(
    request: StartWorkflowExecutionRequest,
    *,
    run_id: str,
    now: float,
    parent: ParentLink | None = None,
) -> RunStart:
    """The start of the run that a request asks for.

    Raises:
        UnsupportedError: The request asks for what the simulation lacks.
    """
    allow_only(request, *_SUPPORTED)
    own = StartWorkflowExecutionRequest()
    own.CopyFrom(request)
    complete_request(own)
    limit = seconds(own.workflow_execution_timeout)
    return RunStart(
        request=own,
        run_id=run_id,
        first_run_id=run_id,
        deadline=now + limit if limit else None,
        parent=parent,
    )


def next_start(start: RunStart, request: StartWorkflowExecutionRequest, **changes: Any) -> RunStart:
    """The start of the run that follows another."""
    return msgspec.structs.replace(start, request=request, continued_from=start.run_id, **changes)


def complete_request(request: StartWorkflowExecutionRequest) -> None:
    """Complete a request as the server does.

    The rules are those of ``OverrideStartWorkflowExecutionRequest`` in
    ``service/history/api/create_workflow_util.go``.
    """
    for timeout in (
        request.workflow_execution_timeout,
        request.workflow_run_timeout,
        request.workflow_task_timeout,
    ):
        if timeout.seconds > LONGEST_SECONDS:
            timeout.CopyFrom(capped(timeout))
    if seconds(request.workflow_execution_timeout):
        run = within(request.workflow_run_timeout, request.workflow_execution_timeout)
        request.workflow_run_timeout.CopyFrom(run)
    if not seconds(request.workflow_task_timeout):
        request.workflow_task_timeout.FromSeconds(TASK_TIMEOUT_SECONDS)
    if seconds(request.workflow_run_timeout):
        task = within(request.workflow_task_timeout, request.workflow_run_timeout)
        request.workflow_task_timeout.CopyFrom(task)
    if request.HasField("retry_policy"):
        request.retry_policy.CopyFrom(with_defaults(request.retry_policy))


def started_attributes(start: RunStart) -> dict[str, Any]:
    """The attributes of the first event of a run."""
    request, parent = start.request, start.parent
    attributes: dict[str, Any] = {
        name: getattr(request, name) if request.HasField(name) else None
        for name in (
            "workflow_type",
            "task_queue",
            "input",
            "header",
            "memo",
            "search_attributes",
            "workflow_execution_timeout",
            "workflow_run_timeout",
            "workflow_task_timeout",
            "retry_policy",
        )
    }
    attributes |= {
        "original_execution_run_id": start.run_id,
        "first_execution_run_id": start.first_run_id,
        "continued_execution_run_id": start.continued_from,
        "initiator": start.initiator,
        "continued_failure": start.last_failure,
        "identity": request.identity,
        "attempt": start.attempt,
        "workflow_id": request.workflow_id,
        "priority": Priority(),
        "first_workflow_task_backoff": _duration(start.backoff),
    }
    if start.deadline is not None:
        attributes["workflow_execution_expiration_time"] = timestamp(start.deadline)
    if parent is not None:
        attributes |= {
            "parent_workflow_namespace": parent.namespace,
            "parent_workflow_execution": parent.reference,
            "parent_initiated_event_id": parent.initiated_event_id,
            "root_workflow_execution": parent.root,
        }
    return attributes


def init_job(start: RunStart, started: Event) -> Job:
    """The first job of a run: it makes the workflow instance."""
    request = start.request
    job = Job()
    init = job.initialize_workflow
    init.workflow_type = request.workflow_type.name
    init.workflow_id = request.workflow_id
    init.randomness_seed = seed_of(start.run_id)
    init.identity = request.identity
    init.continued_from_execution_run_id = start.continued_from
    init.continued_initiator = start.initiator
    if start.last_failure is not None:
        init.continued_failure.CopyFrom(start.last_failure)
    init.first_execution_run_id = start.first_run_id
    init.original_execution_run_id = start.run_id
    init.attempt = start.attempt
    init.start_time.CopyFrom(timestamp(started.at))
    init.arguments.extend(request.input.payloads[:])
    for key, value in request.header.fields.items():
        init.headers[key].CopyFrom(value)
    for name in ("memo", "search_attributes", "workflow_task_timeout", "retry_policy"):
        if request.HasField(name):
            getattr(init, name).CopyFrom(getattr(request, name))
    for name in ("workflow_execution_timeout", "workflow_run_timeout"):
        if seconds(getattr(request, name)):
            getattr(init, name).CopyFrom(getattr(request, name))
    if start.parent is not None:
        info = init.parent_workflow_info
        info.namespace = start.parent.namespace
        info.workflow_id = start.parent.reference.workflow_id
        info.run_id = start.parent.reference.run_id
        init.root_workflow.CopyFrom(start.parent.root)
    return job


@lru_cache(maxsize=100)
def normal_task_queue(name: str) -> TaskQueue:
    """A task queue as events name it; to be copied, not changed."""
    return TaskQueue(name=name, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL)


def _duration(number: float | None) -> Duration | None:
    if number is None:
        return None
    duration = Duration()
    duration.FromNanoseconds(round(number * 1e9))
    return duration
