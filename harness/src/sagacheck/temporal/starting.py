"""How a run begins: on a client's request, as a child, or in another run's place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import temporalio.bridge.proto.workflow_activation as activation_pb
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Priority, WorkflowExecution
from temporalio.api.enums.v1 import ContinueAsNewInitiator, TaskQueueKind
from temporalio.api.failure.v1 import Failure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.backoff import with_defaults
from sagacheck.temporal.durations import LONGEST_SECONDS, capped, seconds, within
from sagacheck.temporal.events import Event, timestamp
from sagacheck.temporal.fields import only
from sagacheck.temporal.seeds import seed_of

NAMESPACE = "default"
"""The only one there is."""
TASK_TIMEOUT_SECONDS = 10
SHORTEST_RUN_SECONDS = 1.0
"""A run that continues as new sooner has to wait: the server does not let it spin."""

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


@dataclass(frozen=True, slots=True)
class Parent:
    """Whose child a run is."""

    execution: WorkflowExecution
    root: WorkflowExecution
    namespace: str
    initiated_event_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class Start:
    """All that is known of a run before it begins.

    Attributes:
        request: What was asked for.
        run_id: The run's id.
        first_run_id: The id of the first run of the chain.
        attempt: Which attempt it is, where the workflow has a retry policy.
        backoff: Seconds until its first workflow task.
        deadline: When the whole execution ends, in seconds since the epoch.
        continued_from: The id of the run in whose place this one is.
        initiator: Why there is another run.
        last_failure: What the run before failed with.
        parent: Whose child it is.
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
    parent: Parent | None = None

    @property
    def execution(self) -> WorkflowExecution:
        """The run, as others refer to it."""
        return WorkflowExecution(workflow_id=self.request.workflow_id, run_id=self.run_id)


def first_start(
    request: StartWorkflowExecutionRequest,
    *,
    run_id: str,
    now: float,
    parent: Parent | None = None,
) -> Start:
    """The first run that a request makes.

    Raises:
        UnsupportedError: The request asks for what the simulation lacks.
    """
    only(request, *_SUPPORTED)
    kept = StartWorkflowExecutionRequest()
    kept.CopyFrom(request)
    fill_in(kept)
    limit = seconds(kept.workflow_execution_timeout)
    return Start(
        request=kept,
        run_id=run_id,
        first_run_id=run_id,
        deadline=now + limit if limit else None,
        parent=parent,
    )


def next_start(start: Start, request: StartWorkflowExecutionRequest, **changes: Any) -> Start:
    """The run that follows another."""
    return replace(start, request=request, continued_from=start.run_id, **changes)


def fill_in(request: StartWorkflowExecutionRequest) -> None:
    """Make of a request what the server makes of it."""
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


def started_attributes(start: Start) -> dict[str, Any]:
    """What the first event of a run says."""
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
    if parent is not None:
        attributes |= {
            "parent_workflow_namespace": parent.namespace,
            "parent_workflow_execution": parent.execution,
            "parent_initiated_event_id": parent.initiated_event_id,
            "root_workflow_execution": parent.root,
        }
    return attributes


def init_job(start: Start, started: Event) -> activation_pb.WorkflowActivationJob:
    """The first job of a run."""
    request = start.request
    job = activation_pb.WorkflowActivationJob()
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
        info.workflow_id = start.parent.execution.workflow_id
        info.run_id = start.parent.execution.run_id
        init.root_workflow.CopyFrom(start.parent.root)
    return job


@lru_cache(maxsize=100)
def task_queue(name: str) -> TaskQueue:
    """A task queue, as events name it; to be copied, not to be changed."""
    return TaskQueue(name=name, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL)


def _duration(number: float | None) -> Duration | None:
    if number is None:
        return None
    duration = Duration()
    duration.FromNanoseconds(round(number * 1e9))
    return duration
