"""Sagas that retry too early, or with another request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from typing_extensions import override

from orders.activities import OrderActivities
from orders.messages import ChargePayment
from orders.workflow import STEP_RETRIES, OrderSagaWorkflow, _Undo
from sagacheck.mutants import EXPECTATION, Mutant
from tests.mutants._saga import mutant, saga


class RetriesAtOnce(OrderActivities):
    """The service's `Retry-After` does not reach Temporal."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        try:
            return await super()._call(method, url, limit, **how)
        except ApplicationError as error:
            final = error.non_retryable
            raise ApplicationError(error.message, type=error.type, non_retryable=final) from error


class LooksTheChargeUp(OrderActivities):
    """What the provider does not list was never charged: the next attempt is a new one."""

    @activity.defn
    @override
    async def charge_payment(self, message: ChargePayment) -> str:
        attempt = activity.info().attempt
        if attempt > 1:
            url, asked = f"{self._services.payments_url}/charges", {"order_id": message.order_id}
            listed = (await self._http.get(url, params=asked)).json()
            if listed:
                return str(listed[0]["id"])
            message = replace(message, idempotency_key=f"{message.idempotency_key}-{attempt}")
        return await super().charge_payment(message)


@mutant
class HasNoTimeToRetry(OrderSagaWorkflow):
    """All attempts together may take as long as one."""

    @override
    async def _step(
        self,
        activity: Callable[..., Any],
        message: Any,
        *,
        start_to_close: timedelta,
        undo: _Undo | None,
    ) -> Any:
        self._refuse_if_cancelled()
        if undo is not None:
            self._undos.append(undo)
        return await workflow.execute_activity_method(
            activity,
            message,
            start_to_close_timeout=start_to_close,
            schedule_to_close_timeout=start_to_close,
            retry_policy=STEP_RETRIES,
        )


MUTANTS = (
    Mutant(
        name="no time left to retry",
        anomaly="B29",
        why="one lost reply undoes an order that the next attempt would complete",
        saga=saga(HasNoTimeToRetry),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="Retry-After ignored",
        anomaly="A18",
        why="an overloaded service gets the next request at once",
        saga=saga(activities=RetriesAtOnce),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="charge looked up before it is made anew",
        anomaly="A19",
        why="the list shows no charge, and the first request arrives after it",
        saga=saga(activities=LooksTheChargeUp),
        breaks=frozenset({"I4", "I13"}),
    ),
)
