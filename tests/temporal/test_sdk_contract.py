"""The private names of the SDK that the simulation touches are still what they were."""

from __future__ import annotations

import dataclasses
import inspect
from importlib.metadata import version

import temporalio.activity
import temporalio.bridge.worker
import temporalio.common
import temporalio.converter
import temporalio.worker._activity
import temporalio.worker._workflow_instance
import temporalio.workflow
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.service import ServiceClient
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails

from sagacheck.temporal.base.sdk_workflows import CHECKED_BELOW, CHECKED_FROM


def _fields(cls: type) -> set[str]:
    return {field.name for field in dataclasses.fields(cls)}


def _parameters(fn: object) -> list[str]:
    return list(inspect.signature(fn).parameters)  # type: ignore[arg-type]  # only functions come


def test_the_version_has_been_looked_at() -> None:
    """With another version, check `sdk_workflows.py` and `sdk_activities.py`, then change this."""
    installed = tuple(int(part) for part in version("temporalio").split(".")[:2])

    assert CHECKED_FROM <= installed < CHECKED_BELOW


def test_what_a_workflow_instance_is_made_of() -> None:
    """The details have these fields, no other."""
    assert _fields(WorkflowInstanceDetails) == {
        "payload_converter_factory",
        "failure_converter_class",
        "interceptor_classes",
        "defn",
        "info",
        "randomness_seed",
        "extern_functions",
        "disable_eager_activity_execution",
        "worker_level_failure_exception_types",
        "patch_activation_callback",
        "last_completion_result",
        "last_failure",
        "default_workflow_logic_flags",
    }
    assert _parameters(WorkflowInstance.activate) == ["self", "act"]


def test_what_a_workflow_and_an_activity_know() -> None:
    """`workflow.Info` and `activity.Info` have these fields, no other."""
    assert _fields(temporalio.workflow.Info) == {
        "attempt",
        "continued_run_id",
        "cron_schedule",
        "execution_timeout",
        "first_execution_run_id",
        "headers",
        "namespace",
        "original_execution_run_id",
        "parent",
        "priority",
        "raw_memo",
        "retry_policy",
        "root",
        "run_id",
        "run_timeout",
        "search_attributes",
        "start_time",
        "task_queue",
        "task_timeout",
        "typed_search_attributes",
        "workflow_id",
        "workflow_start_time",
        "workflow_type",
    }
    assert _fields(temporalio.activity.Info) == {
        "activity_id",
        "activity_run_id",
        "activity_type",
        "attempt",
        "current_attempt_scheduled_time",
        "heartbeat_details",
        "heartbeat_timeout",
        "is_local",
        "namespace",
        "priority",
        "retry_policy",
        "schedule_to_close_timeout",
        "scheduled_time",
        "start_to_close_timeout",
        "started_time",
        "task_queue",
        "task_token",
        "workflow_id",
        "workflow_namespace",
        "workflow_run_id",
        "workflow_type",
    }


def test_what_an_activity_runs_in() -> None:
    """The context of an activity, its events and its cancellation are as they were."""
    assert _fields(temporalio.activity._Context) == {
        "info",
        "heartbeat",
        "cancelled_event",
        "worker_shutdown_event",
        "shield_thread_cancel_exception",
        "payload_converter_class_or_instance",
        "runtime_metric_meter",
        "client",
        "cancellation_details",
        "_logger_details",
        "_payload_converter",
        "_metric_meter",
    }
    assert _fields(temporalio.common._CompositeEvent) == {"thread_event", "async_event"}
    assert _fields(temporalio.activity.ActivityCancellationDetails) == {
        "not_found",
        "cancel_requested",
        "paused",
        "reset",
        "timed_out",
        "worker_shutdown",
    }
    assert issubclass(temporalio.activity._CompleteAsyncError, BaseException)
    raiser = temporalio.worker._activity._ThreadExceptionRaiser
    assert {"active_thread", "raise_in_thread", "shielded"} <= set(dir(raiser))


def test_definitions() -> None:
    """What the SDK knows of decorated classes and functions is where it was."""
    assert {"name", "fn", "is_async", "arg_types", "no_thread_cancel_exception"} <= _fields(
        temporalio.activity._Definition
    )
    assert callable(temporalio.activity._Definition.must_from_callable)
    assert callable(temporalio.workflow._Definition.must_from_class)
    assert callable(temporalio.converter.DataConverter._new_payload_converter)


def test_what_an_evicted_instance_is_asked() -> None:
    """Its tasks ask it whether it is being deleted, and that is all that is left of it."""
    source = inspect.getsource(temporalio.worker._workflow_instance._WorkflowInstanceImpl)

    assert "self._tasks: set[asyncio.Task] = set()" in source
    handler = source.split("def call_exception_handler")[1].split("def ")[0]
    assert handler.index("if self._deleting:") < handler.index("return")


def test_codecs() -> None:
    """What applies a codec to activations and completions takes what it took."""
    assert _parameters(temporalio.bridge.worker.decode_activation) == [
        "activation",
        "data_converter",
        "decode_headers",
        "storage_concurrency_limit",
    ]
    assert _parameters(temporalio.bridge.worker.encode_completion) == [
        "completion",
        "data_converter",
        "encode_headers",
        "storage_concurrency_limit",
    ]


def test_the_client_s_connection() -> None:
    """All calls of a client still go through one method."""
    assert _parameters(ServiceClient._rpc_call) == [
        "self",
        "rpc",
        "req",
        "resp_type",
        "service",
        "retry",
        "metadata",
        "timeout",
    ]


def test_jobs_and_commands() -> None:
    """Core and the SDK have no jobs and no commands that are unknown here."""
    jobs = {field.name for field in WorkflowActivationJob.DESCRIPTOR.oneofs[0].fields}
    commands = {field.name for field in WorkflowCommand.DESCRIPTOR.oneofs[0].fields}

    assert len(jobs) == 16
    assert len(commands) == 22
    assert "randomness_seed" in {field.name for field in InitializeWorkflow.DESCRIPTOR.fields}


def test_what_a_client_can_ask_for() -> None:
    """A new field of a start request is refused until it is supported."""
    assert len(StartWorkflowExecutionRequest.DESCRIPTOR.fields) == 30
