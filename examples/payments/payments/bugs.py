"""The saga as it is often written: wrong where the provider does something later."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from payments.activities import (
        Authorisation,
        CardActivities,
        Order,
        PaymentEvent,
        RefundState,
    )
    from payments.workflow import A_FEW, WITHOUT_END, CardOrder, Result, code_of, do


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


@workflow.defn
class WaitsForCallback(CardOrder):
    """Waits for a callback without an end, and never asks the provider."""

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        return await super().run(order)

    async def _confirmation(self, key: str) -> None:
        await workflow.wait_condition(lambda: key in self._confirmed)


@workflow.defn
class DropsEarlyCallback(CardOrder):
    """Drops a callback about an authorisation whose id it does not know yet."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, str] = {}

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        return await super().run(order)

    async def _authorise(self, order: Order) -> None:
        key = f"{order.order_id}-{len(self._authorisations) + 1}"
        self._authorisations.append(key)
        made = await do(CardActivities.authorise, Authorisation(order, key), A_FEW)
        self._known[made] = key
        await workflow.wait_condition(lambda: key in self._confirmed)

    @workflow.signal
    def payment_event(self, event: PaymentEvent) -> None:
        """Look the authorisation up by its id."""
        if event.event == "authorised" and event.authorisation_id in self._known:
            self._confirmed.add(self._known[event.authorisation_id])


@workflow.defn
class RefundsSecondCallback(CardOrder):
    """Takes a callback that comes twice for a second payment, and gives that back."""

    def __init__(self) -> None:
        super().__init__()
        self._paid_twice: list[str] = []

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        return await super().run(order)

    @workflow.signal
    def payment_event(self, event: PaymentEvent) -> None:
        """Note it, and that the customer seems to have paid once more."""
        if event.event == "authorised" and event.key in self._confirmed:
            self._paid_twice.append(event.key)
        super().payment_event(event)

    async def _capture(self, order: Order) -> None:
        await super()._capture(order)
        for key in self._paid_twice:
            await self._refund(key)
