"""Every private name of the Temporal SDK that the simulation touches, and nothing else.

Checked with temporalio 1.35.0. `tests/temporal/test_sdk_contract.py` fails loudly when one changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import temporalio.activity
import temporalio.api.common.v1
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
import temporalio.common
import temporalio.converter
import temporalio.workflow
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

_T = TypeVar("_T")

CHECKED_VERSIONS = ("1.35.0",)
TASK_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ActivityDefinition:
    """What the SDK knows of an activity function."""

    name: str
    fn: Callable[..., Any]
    is_async: bool
    argument_types: list[type] | None


def workflow_definition(cls: type) -> temporalio.workflow._Definition:
    """The SDK's definition of a workflow class."""
    return temporalio.workflow._Definition.must_from_class(cls)  # noqa: SLF001


def activity_definition(fn: Callable[..., Any]) -> ActivityDefinition:
    """The SDK's definition of an activity function or method."""
    found = temporalio.activity._Definition.must_from_callable(fn)  # noqa: SLF001
    return ActivityDefinition(found.name or "", fn, found.is_async, found.arg_types)


def new_instance(
    runner: WorkflowRunner,
    definition: temporalio.workflow._Definition,
    data_converter: temporalio.converter.DataConverter,
    info: temporalio.workflow.Info,
    init: activation_pb.InitializeWorkflow,
) -> WorkflowInstance:
    """A workflow instance as a worker would make it."""
    details = WorkflowInstanceDetails(
        payload_converter_factory=data_converter._new_payload_converter,  # noqa: SLF001
        failure_converter_class=data_converter.failure_converter_class,
        interceptor_classes=[],
        defn=definition,
        info=info,
        randomness_seed=init.randomness_seed,
        extern_functions=_extern_functions(),
        disable_eager_activity_execution=False,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=init.last_completion_result,
        last_failure=init.continued_failure if init.HasField("continued_failure") else None,
        default_workflow_logic_flags=frozenset(),
    )
    return _outside_of_any_loop(lambda: runner.create_instance(details))


def activate(
    instance: WorkflowInstance, activation: activation_pb.WorkflowActivation
) -> completion_pb.WorkflowActivationCompletion:
    """Activate, and give the thread its running loop back: an instance is a loop of its own."""
    return _outside_of_any_loop(lambda: instance.activate(activation))


def workflow_info(
    init: activation_pb.InitializeWorkflow, *, run_id: str, namespace: str, task_queue: str
) -> temporalio.workflow.Info:
    """The info that a worker makes of the first job of a run."""
    started = init.start_time.ToDatetime(UTC)
    return temporalio.workflow.Info(
        attempt=init.attempt,
        continued_run_id=init.continued_from_execution_run_id or None,
        cron_schedule=None,
        execution_timeout=_timeout(init, "workflow_execution_timeout"),
        first_execution_run_id=init.first_execution_run_id,
        headers=dict(init.headers),
        namespace=namespace,
        original_execution_run_id=init.original_execution_run_id,
        parent=None,
        root=None,
        priority=temporalio.common.Priority.default,
        raw_memo=dict(init.memo.fields),
        retry_policy=temporalio.common.RetryPolicy.from_proto(init.retry_policy)
        if init.HasField("retry_policy")
        else None,
        run_id=run_id,
        run_timeout=_timeout(init, "workflow_run_timeout"),
        search_attributes=temporalio.converter.decode_search_attributes(init.search_attributes),
        start_time=started,
        task_queue=task_queue,
        task_timeout=init.workflow_task_timeout.ToTimedelta(),
        typed_search_attributes=temporalio.converter.decode_typed_search_attributes(
            init.search_attributes
        ),
        workflow_id=init.workflow_id,
        workflow_start_time=started,
        workflow_type=init.workflow_type,
    )


def _timeout(init: activation_pb.InitializeWorkflow, name: str) -> Any:
    return getattr(init, name).ToTimedelta() if init.HasField(name) else None  # type: ignore[arg-type]  # the name is one of its fields


def _extern_functions() -> Any:
    def metric_meter() -> Any:
        return temporalio.common.MetricMeter.noop

    def assert_local_activity_valid(name: str) -> None:
        raise LookupError(name)

    return {
        "__temporal_get_metric_meter": metric_meter,
        "__temporal_assert_local_activity_valid": assert_local_activity_valid,
    }


def _outside_of_any_loop(act: Callable[[], _T]) -> _T:
    loop = asyncio._get_running_loop()  # noqa: SLF001 - there is no public way
    try:
        return act()
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001 - as above


def utc(seconds: float) -> datetime:
    """The moment `seconds` after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


__all__ = [
    "CHECKED_VERSIONS",
    "ActivityDefinition",
    "activate",
    "activity_definition",
    "new_instance",
    "temporalio",
    "workflow_definition",
    "workflow_info",
]
