"""The saga: money is set aside, the parcel is sent, the money is taken; or nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from payments.activities import (
        Authorisation,
        CardActivities,
        Order,
        PaymentEvent,
        Refund,
        RefundState,
    )

LIMIT = timedelta(seconds=30)
"""How long one attempt may take."""
A_FEW = RetryPolicy(maximum_attempts=4)
WITHOUT_END = RetryPolicy(maximum_interval=timedelta(minutes=5))
"""Only a refusal ends it: whatever else goes wrong will pass."""
MOST_AUTHORISATIONS = 3
"""So often the money is set aside, where it expires again and again before it is taken."""

CALLBACK_LIMIT = timedelta(minutes=10)
"""How long a callback is waited for, before the provider is asked instead."""
MOST_REFUNDS = 3
POLL_SECONDS = 12 * 3600


@dataclass
class Result:
    """How an order ended: ``completed``, ``failed``, or ``needs_attention`` with what is left."""

    status: str
    error: str = ""
    left: list[dict[str, str]] = field(default_factory=list)


@workflow.defn
class CardOrder:
    """Sends an order that is paid by card."""

    def __init__(self) -> None:
        self._authorisations: list[str] = []
        self._confirmed: set[str] = set()
        self._is_sent = False
        self._captured = ""
        self._left: list[dict[str, str]] = []

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        try:
            await self._authorise(order)
            await self._send(order)
            await self._capture(order)
        except (ActivityError, asyncio.CancelledError) as failure:
            return await _see_through(self._end(order, failure))
        return Result("completed")

    async def _authorise(self, order: Order) -> None:
        key = f"{order.order_id}-{len(self._authorisations) + 1}"
        self._authorisations.append(key)  # first: without a reply it may have happened all the same
        await do(CardActivities.authorise, Authorisation(order, key), A_FEW)
        await self._confirmation(key)

    @workflow.signal
    def payment_event(self, event: PaymentEvent) -> None:
        """Note what the provider's webhook tells: once or twice, be it before the reply."""
        if event.event == "authorised":
            self._confirmed.add(event.key)

    async def _confirmation(self, key: str) -> None:
        """Wait for the callback that confirms an authorisation; ask where it does not come."""
        while key not in self._confirmed:
            try:
                await workflow.wait_condition(
                    lambda: key in self._confirmed, timeout=CALLBACK_LIMIT
                )
            except TimeoutError:
                status = await do(CardActivities.look_at_authorisation, key, WITHOUT_END)
                if status == "authorised":
                    self._confirmed.add(key)

    async def _send(self, order: Order) -> None:
        self._is_sent = True
        await do(CardActivities.send_parcel, order.order_id, A_FEW)

    async def _capture(self, order: Order) -> None:
        """Take the money; where the authorisation has expired, set it aside once more."""
        while True:
            self._captured = self._authorisations[-1]  # first: it may happen without a reply
            try:
                await do(CardActivities.capture, self._captured, WITHOUT_END)
            except ActivityError as failure:
                tried = len(self._authorisations)
                if code_of(failure) != "authorisation_expired" or tried == MOST_AUTHORISATIONS:
                    raise
                await self._authorise(order)
            else:
                return

    async def _end(self, order: Order, failure: BaseException) -> Result:
        """Undo the order, or see it through if its parcel may arrive."""
        if self._is_sent and (refusal := await self._stop_parcel(order)):
            return await self._insist(order, refusal)
        for key in reversed(self._authorisations):
            await self._release(key)
        if self._left:
            return Result("needs_attention", reason_of(failure), self._left)
        if is_cancelled_exception(failure):
            raise failure
        return Result("failed", reason_of(failure))

    async def _stop_parcel(self, order: Order) -> str:
        """Stop the parcel; why the carrier refuses, empty where it does not."""
        try:
            await do(CardActivities.stop_parcel, order.order_id, WITHOUT_END)
        except ActivityError as failure:
            return reason_of(failure)
        return ""

    async def _insist(self, order: Order, refusal: str) -> Result:
        """The customer has the goods, or may get them: take the money, or call a person."""
        left = [{"step": "shipping.cancel", "key": order.order_id}]
        try:
            await self._capture(order)
        except ActivityError as failure:
            return Result("needs_attention", reason_of(failure), left)
        if refusal == "already_shipped":
            return Result("completed")
        left.append({"step": "payments.refund", "key": self._authorisations[-1]})
        return Result("needs_attention", refusal, left)

    async def _release(self, key: str) -> None:
        """Void an authorisation; refund it if it was captured after all."""
        try:
            await do(CardActivities.void, key, WITHOUT_END)
        except ActivityError as failure:
            if key == self._captured:
                await self._refund(key)
            if code_of(failure) != "already_captured":
                self._left.append({"step": "payments.void", "key": key})

    async def _refund(self, key: str) -> None:
        """Give back what was captured; again, where the provider finds days later that it cannot.

        Each try has a key of its own: the provider answers a known key as it did before.
        """
        try:
            for number in range(1, MOST_REFUNDS + 1):
                wanted = Refund(key, f"{key}-refund-{number}")
                refund = await do(CardActivities.refund, wanted, WITHOUT_END)
                if await self._outcome(refund) != "failed":
                    return
        except ActivityError:
            pass
        self._left.append({"step": "payments.refund", "key": key})

    async def _outcome(self, refund: RefundState) -> str:
        """What comes of a refund in the end."""
        status = refund.status
        while status == "pending":
            await asyncio.sleep(POLL_SECONDS)
            status = await do(CardActivities.look_at_refund, refund.refund_id, WITHOUT_END)
        return status


async def do(step: Callable[..., Any], argument: Any, retries: RetryPolicy) -> Any:
    """Take a step, or undo one."""
    return await workflow.execute_activity_method(
        step, argument, start_to_close_timeout=LIMIT, retry_policy=retries
    )


def code_of(failure: BaseException) -> str:
    """The code with which a service refused; empty where it did not."""
    cause = failure.__cause__
    return cause.type or "" if isinstance(cause, ApplicationError) else ""


def reason_of(failure: BaseException) -> str:
    """Why an order failed, in words."""
    return code_of(failure) or f"{type(failure.__cause__ or failure).__name__}"


async def _see_through(ending: Coroutine[Any, Any, Result]) -> Result:
    """Wait for `ending`, even if the workflow is cancelled again meanwhile."""
    task = asyncio.create_task(ending)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                break
        except ActivityError:
            break
    return task.result()
