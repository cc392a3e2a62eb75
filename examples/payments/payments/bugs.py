"""The saga as it is often written: wrong where the provider does something later."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from payments.activities import CardActivities, Order, RefundState
    from payments.workflow import WITHOUT_END, CardOrder, Result, code_of, do


@workflow.defn
class TakesRefusalForDone(CardOrder):
    """Takes a conflict at the capture for *captured before*, even where it has expired."""

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        return await super().run(order)

    async def _capture(self, order: Order) -> None:
        self._captured = self._authorisations[-1]
        try:
            await do(CardActivities.capture, self._captured, WITHOUT_END)
        except ActivityError as failure:
            if code_of(failure) not in ("already_captured", "authorisation_expired"):
                raise


@workflow.defn
class VoidsWhatIsCaptured(CardOrder):
    """Voids, and takes the refusal of a void for *nothing left to void*."""

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        return await super().run(order)

    async def _refund(self, key: str) -> None:
        """Do nothing: it is void."""


@workflow.defn
class TakesPendingForPaid(CardOrder):
    """Takes a refund that is accepted for one that is paid."""

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        return await super().run(order)

    async def _outcome(self, refund: RefundState) -> str:
        """Nothing more to come."""
        return "settled"
