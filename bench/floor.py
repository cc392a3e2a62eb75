"""The SDK's own floor: one plain order, activated by hand with ready results, and nothing else.

No activity runs, no service and no client is there, nothing is written down: what is left is what
the SDK needs to make the workflow's instance, to run its code, and to forget it again. The
activations are made once and used for every order, so nothing of making them is in it either.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    RemoveFromCache,
    ResolveActivity,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.worker import UnsandboxedWorkflowRunner

from orders.messages import Shipment
from sagacheck.language import AnyOrder
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import workflow_definition
from sagacheck.temporal.base.sdk_workflows import activate, new_instance
from sagacheck.temporal.worker.workflow_info import workflow_info

RESULTS = ("res_1", "pay_1", Shipment("shp_1", "TRACK-1"), None)
"""What the activities of a plain order return, in the order of its steps."""


def plain_order(saga: SagaUnderTest, order: AnyOrder) -> Callable[[], None]:
    """Something that brings `order` to its end by activations alone; call it as often as you like.

    It needs a running event loop.
    """
    converter = saga.data_converter.payload_converter
    definition = workflow_definition(saga.workflow)
    init = InitializeWorkflow(
        workflow_type=saga.workflow_name,
        workflow_id=saga.workflow_id.format(order_id=order.id),
        arguments=converter.to_payloads([order.as_json()]),
        randomness_seed=1,
        attempt=1,
    )
    jobs = [WorkflowActivationJob(initialize_workflow=init)]
    for seq, result in enumerate(RESULTS, start=1):
        resolved = ResolveActivity(seq=seq)
        resolved.result.completed.result.CopyFrom(converter.to_payload(result))
        jobs.append(WorkflowActivationJob(resolve_activity=resolved))
    first, *rest = [_activation(job) for job in jobs]
    evict = _activation(WorkflowActivationJob(remove_from_cache=RemoveFromCache(message="done")))
    info = workflow_info(first, namespace="default", task_queue="orders")
    runner = UnsandboxedWorkflowRunner()

    def play() -> None:
        instance = new_instance(
            runner, definition, saga.data_converter, info, init, interceptors=[], extern={}
        )
        for activation in (first, *rest):
            completion = activate(instance, activation)
        last = completion.successful.commands[-1]
        assert last.HasField("complete_workflow_execution"), completion
        activate(instance, evict)

    return play


def _activation(job: WorkflowActivationJob) -> WorkflowActivation:
    activation = WorkflowActivation(run_id="run", jobs=[job], available_internal_flags=[1])
    activation.timestamp.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    return activation
