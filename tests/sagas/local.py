"""Our saga with its first two steps and all its compensations as local activities.

They run inside of workflow tasks, and a worker that dies takes all of them back which are not
written down yet. So each may run more than once even where it succeeds: that is for the idempotency
keys to bear. What they cannot bear is a cancellation that comes in before a step is written down:
it overtakes the step, which is not undone then. So the zoo (`tests/mutants`) has this saga among
its mutants, and the one that has only its undos as local activities among the correct ones.
A local activity fails with the bare error, not with an `ActivityError` around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

with workflow.unsafe.imports_passed_through():
    from orders.activities import OrderActivities
    from orders.models import OrderResult, PlacedOrder
    from orders.workflow import (
        STEP_RETRIES,
        UNDO_RETRIES,
        UNDO_TIMEOUT,
        OrderSagaWorkflow,
        _Undo,
    )
    from scenarios import SAGA as ORDER_SAGA

LOCAL = (OrderActivities.reserve_inventory, OrderActivities.charge_payment)
NO_BACKOFF_IN_A_TASK = timedelta(milliseconds=1)
"""Every backoff is a timer: a workflow task is not to be held for it."""


@workflow.defn(name="LocalOrderSagaWorkflow")
class LocalOrderSaga(OrderSagaWorkflow):
    """The order saga, with local activities."""

    @workflow.init
    def __init__(self, order: PlacedOrder) -> None:
        super().__init__(order)

    @workflow.run
    async def run(self, order: PlacedOrder) -> OrderResult:
        """Bring the order to its end."""
        return await super().run(order)

    async def _step(
        self,
        activity: Callable[..., Any],
        message: Any,
        *,
        start_to_close: timedelta,
        undo: _Undo | None,
    ) -> Any:
        if activity not in LOCAL:
            return await super()._step(activity, message, start_to_close=start_to_close, undo=undo)
        self._refuse_if_cancelled()
        if undo is not None:
            self._undos.append(undo)
        return await locally(activity, message, start_to_close, STEP_RETRIES)

    async def _compensate(self, undo: _Undo) -> None:
        await locally(undo.activity, undo.message, UNDO_TIMEOUT, UNDO_RETRIES)


async def locally(
    activity: Callable[..., Any], message: Any, limit: timedelta, retries: RetryPolicy
) -> Any:
    """Run an activity of ours as a local one, which fails as a remote one would."""
    try:
        return await workflow.execute_local_activity_method(
            activity,
            message,
            start_to_close_timeout=limit,
            retry_policy=retries,
            local_retry_threshold=NO_BACKOFF_IN_A_TASK,
        )
    except ApplicationError as error:
        # The saga looks for what a remote activity would have raised.
        raise ActivityError(
            "Activity task failed",
            scheduled_event_id=0,
            started_event_id=0,
            identity="",
            activity_type=activity.__name__,
            activity_id="",
            retry_state=RetryState.NON_RETRYABLE_FAILURE,
        ) from error


SAGA = replace(ORDER_SAGA, workflow=LocalOrderSaga)
