"""``workflow.info()``: what workflow code can know of its run."""

from __future__ import annotations

from datetime import timedelta

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.common
import temporalio.converter
import temporalio.workflow
from google.protobuf.duration_pb2 import Duration

from sagacheck.temporal.worker.python_times import as_datetime, as_timedelta


def workflow_info(
    first: activation_pb.WorkflowActivation, *, namespace: str, task_queue: str
) -> temporalio.workflow.Info:
    """The info that a worker makes from the first activation of a run."""
    init = first.jobs[0].initialize_workflow
    return temporalio.workflow.Info(
        attempt=init.attempt,
        continued_run_id=init.continued_from_execution_run_id or None,
        cron_schedule=None,
        execution_timeout=_optional(init.workflow_execution_timeout),
        first_execution_run_id=init.first_execution_run_id,
        headers=dict(init.headers) if init.headers else {},
        namespace=namespace,
        original_execution_run_id=init.original_execution_run_id,
        parent=_parent(init),
        root=_root(init),
        priority=temporalio.common.Priority.default,
        raw_memo=dict(init.memo.fields) if init.HasField("memo") else {},
        retry_policy=temporalio.common.RetryPolicy.from_proto(init.retry_policy)
        if init.HasField("retry_policy")
        else None,
        run_id=first.run_id,
        run_timeout=_optional(init.workflow_run_timeout),
        search_attributes=_attributes(init),
        start_time=as_datetime(first.timestamp),
        task_queue=task_queue,
        task_timeout=as_timedelta(init.workflow_task_timeout),
        typed_search_attributes=_typed_attributes(init),
        workflow_id=init.workflow_id,
        workflow_start_time=as_datetime(init.start_time),
        workflow_type=init.workflow_type,
    )


def _optional(duration: Duration) -> timedelta | None:
    return as_timedelta(duration) or None


def _attributes(init: activation_pb.InitializeWorkflow) -> temporalio.common.SearchAttributes:
    if not init.HasField("search_attributes"):
        return {}
    return temporalio.converter.decode_search_attributes(init.search_attributes)


def _typed_attributes(
    init: activation_pb.InitializeWorkflow,
) -> temporalio.common.TypedSearchAttributes:
    if not init.HasField("search_attributes"):
        # Not `TypedSearchAttributes.empty`: the SDK changes the attributes of a run in place, and
        # the next run in this process would begin with the changes.
        return temporalio.common.TypedSearchAttributes([])
    return temporalio.converter.decode_typed_search_attributes(init.search_attributes)


def _parent(init: activation_pb.InitializeWorkflow) -> temporalio.workflow.ParentInfo | None:
    if not init.HasField("parent_workflow_info"):
        return None
    parent = init.parent_workflow_info
    return temporalio.workflow.ParentInfo(
        namespace=parent.namespace, run_id=parent.run_id, workflow_id=parent.workflow_id
    )


def _root(init: activation_pb.InitializeWorkflow) -> temporalio.workflow.RootInfo | None:
    if not init.HasField("root_workflow"):
        return None
    root = init.root_workflow
    return temporalio.workflow.RootInfo(run_id=root.run_id, workflow_id=root.workflow_id)
