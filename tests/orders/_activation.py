"""Drives the order workflow one activation at a time, with neither worker nor server.

What happens in one activation, and in which order, is up to the test: a cancellation can arrive
together with the completion of a step, which on a server is a matter of luck.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import TracebackType
from typing import Any, Self

from temporalio import workflow
from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.activity_result import (
    ActivityResolution,
    Cancellation,
    Success,
)
from temporalio.bridge.proto.activity_result import Failure as ActivityFailure
from temporalio.bridge.proto.workflow_activation import (
    CancelWorkflow,
    DoUpdate,
    InitializeWorkflow,
    QueryWorkflow,
    RemoveFromCache,
    ResolveActivity,
    SignalWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.common import Priority, TypedSearchAttributes
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DefaultFailureConverter
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, RetryState
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
)

from orders.models import OrderInput, OrderResult
from orders.workflow import OrderSagaWorkflow

PAYLOADS = PydanticPayloadConverter()
FAILURES = DefaultFailureConverter()
NOW = datetime(2026, 1, 1, tzinfo=UTC)

RESULTS: dict[str, Any] = {
    "reserve_inventory": "res_1",
    "charge_payment": "pay_1",
    "create_shipment": {"shipment_id": "shp_1", "tracking_number": "TRACK-1"},
}
"""What activities return; the others return nothing."""


class Rules(Enum):
    """How the SDK treats what arrives together; a history keeps the rules it was begun with."""

    EARLIER = ()
    """A step that completes while it is cancelled swallows the cancellation."""
    TODAY = (1,)
    """It does not, but signals and updates still run before the rest."""
    COMING = (1, 2)
    """All that arrives together is applied before any code runs."""


class Activations:
    """A workflow of one order, driven by hand; evicted at the end of a ``with`` block.

    Attributes:
        scheduled: The activities that were scheduled, in order.
        asked_to_cancel: The activities that were asked to be cancelled, in order.
        ending: The command that closed the workflow, once there is one.
        answers: What updates and queries were answered.
    """

    def __init__(self, order: OrderInput, rules: Rules | None = None) -> None:
        self._order = order
        self._rules = rules or Rules.TODAY
        self._open: dict[str, int] = {}
        self.scheduled: list[str] = []
        self.asked_to_cancel: list[str] = []
        self.ending: WorkflowCommand | None = None
        self.answers: list[WorkflowCommand] = []
        with _running_loop():
            self._instance = _instance()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.activate(WorkflowActivationJob(remove_from_cache=RemoveFromCache(message="done")))

    # -- what may arrive ----------------------------------------------------------------------

    def start(self) -> WorkflowActivationJob:
        """The order is placed."""
        arguments = PAYLOADS.to_payloads([self._order])
        started = InitializeWorkflow(
            workflow_type="OrderSagaWorkflow", workflow_id="order-o1", arguments=arguments
        )
        return WorkflowActivationJob(initialize_workflow=started)

    def completed(self, activity: str) -> WorkflowActivationJob:
        """An activity has returned."""
        result = PAYLOADS.to_payload(RESULTS.get(activity))
        return self._resolved(activity, ActivityResolution(completed=Success(result=result)))

    def failed(self, activity: str, error_type: str) -> WorkflowActivationJob:
        """An activity has failed for good."""
        failure = _failure(activity, ApplicationError("no", type=error_type))
        return self._resolved(activity, ActivityResolution(failed=ActivityFailure(failure=failure)))

    def cancelled(self, activity: str) -> WorkflowActivationJob:
        """An activity that was asked to be cancelled is."""
        failure = _failure(activity, CancelledError("cancelled"))
        return self._resolved(activity, ActivityResolution(cancelled=Cancellation(failure=failure)))

    def _resolved(self, activity: str, result: ActivityResolution) -> WorkflowActivationJob:
        resolved = ResolveActivity(seq=self._open.pop(activity), result=result)
        return WorkflowActivationJob(resolve_activity=resolved)

    # -- what happens then --------------------------------------------------------------------

    def activate(self, *jobs: WorkflowActivationJob) -> list[str]:
        """Let jobs arrive together; the activities that are scheduled because of them.

        Raises:
            AssertionError: The workflow's task failed.
        """
        activation = WorkflowActivation(
            run_id="r",
            jobs=jobs,
            available_internal_flags=self._rules.value,
            is_replaying=self._rules is Rules.EARLIER,
        )
        activation.timestamp.FromDatetime(NOW)
        with _running_loop():
            completion = self._instance.activate(activation)
        assert not completion.HasField("failed"), completion.failed.failure.message
        before = len(self.scheduled)
        for command in completion.successful.commands:
            self._take(command)
        return self.scheduled[before:]

    def play_to_the_end(self) -> None:
        """Let every activity that waits be cancelled if it is to be, and else complete."""
        while self.ending is None:
            activity = next(iter(self._open))
            cancelled = activity in self.asked_to_cancel
            self.activate(self.cancelled(activity) if cancelled else self.completed(activity))

    @property
    def result(self) -> OrderResult:
        """What the workflow returned."""
        assert self.ending is not None
        payload = self.ending.complete_workflow_execution.result
        result: OrderResult = PAYLOADS.from_payload(payload, OrderResult)
        return result

    @property
    def status(self) -> str:
        """How the order ended: the status of the result, or cancelled."""
        assert self.ending is not None
        if self.ending.HasField("cancel_workflow_execution"):
            return "cancelled"
        return str(self.result.status)

    def _take(self, command: WorkflowCommand) -> None:
        match command.WhichOneof("variant"):
            case "schedule_activity":
                scheduled = command.schedule_activity
                self._open[scheduled.activity_type] = scheduled.seq
                self.scheduled.append(scheduled.activity_type)
            case "request_cancel_activity":
                self._take_wish_to_cancel(command.request_cancel_activity.seq)
            case "update_response" | "respond_to_query":
                self.answers.append(command)
            case _:
                assert self.ending is None, "a workflow is closed once"
                self.ending = command

    def _take_wish_to_cancel(self, number: int) -> None:
        """Of an activity that was resolved in the same activation there is nothing to cancel."""
        for activity, open_number in self._open.items():
            if open_number == number:
                assert activity not in self.asked_to_cancel, "an activity is cancelled once"
                self.asked_to_cancel.append(activity)


def signal_cancel() -> WorkflowActivationJob:
    """The customer cancels by signal."""
    reason = PAYLOADS.to_payloads(["changed my mind"])
    return WorkflowActivationJob(signal_workflow=SignalWorkflow(signal_name="cancel", input=reason))


def update_cancel() -> WorkflowActivationJob:
    """The customer cancels by update."""
    update = DoUpdate(
        id="u1",
        protocol_instance_id="u1",
        name="request_cancel",
        input=PAYLOADS.to_payloads(["changed my mind"]),
        run_validator=True,
    )
    return WorkflowActivationJob(do_update=update)


def workflow_cancel() -> WorkflowActivationJob:
    """An operator cancels the workflow."""
    return WorkflowActivationJob(cancel_workflow=CancelWorkflow(reason="asked to"))


def query_status() -> WorkflowActivationJob:
    """A client queries the status of the order."""
    return WorkflowActivationJob(
        query_workflow=QueryWorkflow(query_id="q1", query_type="get_status")
    )


def _failure(activity: str, cause: BaseException) -> Failure:
    error = ActivityError(
        "Activity task failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="worker",
        activity_type=activity,
        activity_id="1",
        retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )
    error.__cause__ = cause
    failure = Failure()
    FAILURES.to_failure(error, PAYLOADS, failure)
    return failure


@contextmanager
def _running_loop() -> Iterator[None]:
    """An instance asks for a running loop when it is made, and leaves none behind."""
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)
        loop.close()


def _instance() -> WorkflowInstance:
    definition = workflow._Definition.must_from_class(OrderSagaWorkflow)
    return UnsandboxedWorkflowRunner().create_instance(
        WorkflowInstanceDetails(
            payload_converter_factory=PydanticPayloadConverter,
            failure_converter_class=DefaultFailureConverter,
            interceptor_classes=[],
            defn=definition,
            info=_info(),
            randomness_seed=1,
            extern_functions={},
            disable_eager_activity_execution=False,
            worker_level_failure_exception_types=[],
            patch_activation_callback=None,
            last_completion_result=Payloads(),
            last_failure=None,
        )
    )


def _info() -> workflow.Info:
    return workflow.Info(
        attempt=1,
        continued_run_id=None,
        cron_schedule=None,
        execution_timeout=None,
        first_execution_run_id="r",
        headers={},
        namespace="default",
        original_execution_run_id="r",
        parent=None,
        root=None,
        priority=Priority.default,
        raw_memo={},
        retry_policy=None,
        run_id="r",
        run_timeout=None,
        search_attributes={},
        start_time=NOW,
        task_queue="orders",
        task_timeout=timedelta(seconds=10),
        typed_search_attributes=TypedSearchAttributes.empty,
        workflow_id="order-o1",
        workflow_start_time=NOW,
        workflow_type="OrderSagaWorkflow",
    )
