"""The private names of the Temporal SDK that running workflow code touches.

Those of activities are in `sdk_activities`; the rest of the simulation touches none. Checked with
temporalio 1.35: `tests/temporal/test_sdk_contract.py` fails when one changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
import temporalio.bridge.worker
import temporalio.common
import temporalio.converter
import temporalio.workflow
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)

_T = TypeVar("_T")

CHECKED_FROM, CHECKED_BELOW = (1, 35), (1, 36)
"""The versions of the SDK with which the private names were checked."""

WorkflowDefinition = temporalio.workflow._Definition  # noqa: SLF001


def workflow_definition(cls: type) -> WorkflowDefinition:
    """The SDK's definition of a workflow class."""
    return WorkflowDefinition.must_from_class(cls)


def workflow_interceptors(
    interceptors: Sequence[Interceptor], assert_local_activity_valid: Callable[[str], None]
) -> tuple[dict[str, Callable[..., Any]], list[type[WorkflowInboundInterceptor]]]:
    """What interceptors bring to workflows: functions from outside the sandbox, and classes."""
    extern: dict[str, Callable[..., Any]] = {
        "__temporal_get_metric_meter": lambda: temporalio.common.MetricMeter.noop,
        "__temporal_assert_local_activity_valid": assert_local_activity_valid,
    }
    given = WorkflowInterceptorClassInput(unsafe_extern_functions=extern)
    classes = [each.workflow_interceptor_class(given) for each in interceptors]
    return extern, [each for each in classes if each is not None]


def converter_factory(
    runner: WorkflowRunner, data_converter: temporalio.converter.DataConverter
) -> Callable[[], temporalio.converter.PayloadConverter]:
    """Makes the payload converter of each workflow.

    A new converter inspects all types again, which takes long, so workflows share one. Workflows in
    a sandbox do not: nothing may be handed to a sandbox that was not made in it.
    """
    if isinstance(runner, UnsandboxedWorkflowRunner):
        return lambda: data_converter.payload_converter
    return data_converter._new_payload_converter  # noqa: SLF001


def new_instance(  # noqa: PLR0913 - the SDK needs them all
    runner: WorkflowRunner,
    definition: WorkflowDefinition,
    data_converter: temporalio.converter.DataConverter,
    info: temporalio.workflow.Info,
    init: activation_pb.InitializeWorkflow,
    *,
    interceptors: Sequence[type[WorkflowInboundInterceptor]],
    extern: Mapping[str, Callable[..., Any]],
) -> WorkflowInstance:
    """A workflow instance as a worker would make it."""
    details = WorkflowInstanceDetails(
        payload_converter_factory=converter_factory(runner, data_converter),
        failure_converter_class=data_converter.failure_converter_class,
        interceptor_classes=interceptors,
        defn=definition,
        info=info,
        randomness_seed=init.randomness_seed,
        extern_functions=extern,
        disable_eager_activity_execution=False,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=init.last_completion_result,
        last_failure=init.continued_failure if init.HasField("continued_failure") else None,
        default_workflow_logic_flags=frozenset(),
    )
    return _keeping_the_loop(lambda: runner.create_instance(details))


def activate(
    instance: WorkflowInstance, activation: activation_pb.WorkflowActivation
) -> completion_pb.WorkflowActivationCompletion:
    """Activate, and make the thread's running loop what it was: an instance is a loop itself."""
    return _keeping_the_loop(lambda: instance.activate(activation))


def clear_instance(instance: WorkflowInstance) -> None:
    """Drop all that an evicted instance refers to: it refers to itself in a dozen ways.

    Without this only the garbage collector frees it, and until then a hundred others take memory
    that is in no processor cache. It doubles the time of an activation.
    """
    if not vars(instance).get("_tasks"):
        # A task whose exception was never retrieved asks its instance whether to log that.
        instance.__dict__ = {"_deleting": True}


def abandon_instance(instance: WorkflowInstance) -> None:
    """Let an instance go that was interrupted, and cannot be evicted.

    Its tasks were ended by the interrupt. asyncio logs that when they are collected, with a
    traceback that Python 3.11 parses source for; where it was parsing already, that ends in a
    `SystemError` of whoever did (python/cpython#106905).
    """
    sandbox = getattr(instance, "globals_and_locals", {}).get("__temporal_in_sandbox")
    vars(sandbox.instance if sandbox is not None else instance)["_deleting"] = True


def _keeping_the_loop(act: Callable[[], _T]) -> _T:
    """Call `act`, and make the thread's running loop what it was before."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - there is no public way
    try:
        return act()
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001 - as above


class ActivationCodec:
    """Applies a payload codec to activations and completions.

    The codec runs on an event loop of its own, so that workflow tasks need not be coroutines. What
    it waits for takes no virtual time.

    Args:
        data_converter: The converter with the codec.
    """

    def __init__(self, data_converter: temporalio.converter.DataConverter) -> None:
        self._converter = data_converter

    def decoded(
        self, activation: activation_pb.WorkflowActivation, workflow_id: str, namespace: str
    ) -> activation_pb.WorkflowActivation:
        """A copy of the activation, decoded for the code."""
        copy = activation_pb.WorkflowActivation()
        copy.CopyFrom(activation)
        context = temporalio.converter.WorkflowSerializationContext(
            namespace=namespace, workflow_id=workflow_id
        )
        converter = self._converter.with_context(context)
        _run_now(
            temporalio.bridge.worker.decode_activation(
                copy, converter, decode_headers=False, storage_concurrency_limit=1
            )
        )
        return copy

    def encoded(
        self, completion: completion_pb.WorkflowActivationCompletion
    ) -> completion_pb.WorkflowActivationCompletion:
        """A copy of the completion, encoded for the service."""
        copy = completion_pb.WorkflowActivationCompletion()
        copy.CopyFrom(completion)
        _run_now(
            temporalio.bridge.worker.encode_completion(
                copy, self._converter, encode_headers=False, storage_concurrency_limit=1
            )
        )
        return copy


def _run_now(coroutine: Coroutine[Any, Any, _T]) -> _T:
    def run() -> _T:
        asyncio._set_running_loop(None)  # noqa: SLF001 - as below
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(coroutine)
        finally:
            loop.close()

    return _keeping_the_loop(run)
