"""Correct sagas that do it in another way than ours. An invariant that they break is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ChildWorkflowError,
)
from typing_extensions import override

from orders.activities import OrderActivities
from orders.messages import (
    CancelShipment,
    RefundPayment,
    ReleaseInventory,
)
from orders.workflow import UNDO_RETRIES, UNDO_TIMEOUT, OrderSagaWorkflow, _Undo
from scenarios.mutants import Variant
from tests.mutants._saga import InPieces, mutant, saga


@mutant
class RegistersAllAtOnce(InPieces):
    """An undo by key of a step that never began changes nothing."""

    @override
    async def _take_steps(self) -> None:
        self._undos += [
            _Undo(OrderActivities.release_inventory, ReleaseInventory(self._key)),
            _Undo(
                OrderActivities.refund_payment,
                RefundPayment(self._key, "order_cancelled", self._key),
            ),
            _Undo(OrderActivities.cancel_shipment, CancelShipment(self._key)),
        ]
        await super()._take_steps()

    @override
    async def _step(self, *step: Any, undo: _Undo | None, **how: Any) -> Any:
        return await super()._step(*step, undo=None, **how)


@mutant
class ChargesFirst(InPieces):
    """The customer's money first: it can always be given back."""

    @override
    async def _take_steps(self) -> None:
        await self._take_money()
        await self._hold_goods()
        reserved_at = workflow.now()
        await self._look_again(reserved_at)
        await self._ship()
        await self._confirm_order()


@mutant
class ReservesAndChargesAtOnce(InPieces):
    """Neither needs the other; both are at an end before anything is undone."""

    @override
    async def _take_steps(self) -> None:
        reserved_at = workflow.now()
        steps = [asyncio.create_task(self._hold_goods()), asyncio.create_task(self._take_money())]
        try:
            await workflow.wait(steps)
        finally:
            for step in steps:
                step.cancel()
            ended = await asyncio.gather(*steps, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        await self._look_again(reserved_at)
        await self._ship()
        await self._confirm_order()


@mutant
class UndoesAtOnceWhatIsIndependent(OrderSagaWorkflow):
    """Once the parcel is back, money and goods do not wait for each other."""

    @override
    async def _roll_back(self) -> None:
        parcel = [undo for undo in self._undos if isinstance(undo.message, CancelShipment)]
        others = [undo for undo in self._undos if undo not in parcel]
        self._undos = parcel
        await super()._roll_back()
        if self._parcel_has_left:
            return
        if self._left:
            self._undos = others
            self._keep_money_and_goods()
            return
        roll_back = super()._roll_back
        self._undos = others
        await asyncio.gather(*(roll_back() for _ in others))  # each takes what is on top


@mutant
class OtherRetries(OrderSagaWorkflow):
    """More attempts at a step, in even intervals; undos with ever longer ones."""

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
            start_to_close_timeout=timedelta(seconds=45),
            schedule_to_close_timeout=timedelta(minutes=20),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=3), backoff_coefficient=1.0, maximum_attempts=7
            ),
        )

    @override
    async def _compensate(self, undo: _Undo) -> None:
        await workflow.execute_activity_method(
            undo.activity,
            undo.message,
            start_to_close_timeout=UNDO_TIMEOUT,
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=200),
                backoff_coefficient=3.0,
                maximum_interval=timedelta(hours=1),
            ),
        )


@mutant
class FinishesTheStepInFlight(OrderSagaWorkflow):
    """A wish to cancel interrupts nothing: the step under way ends first, then all is undone."""

    @override
    def _wish_to_cancel(self, reason: str) -> None:
        if self._cancel_wish is None:
            self._cancel_wish = reason

    @override
    async def _until_done(self, task: asyncio.Task[None]) -> None:
        while not task.done():
            try:
                await workflow.wait([task])
            except asyncio.CancelledError:
                self._cancelled_from_outside = True


class KeyPerStep(OrderActivities):
    """A key for each step: no two services ever see the same one."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        service = url.partition("//")[2].partition(".")[0]
        for fields in filter(None, (how.get("json"), how.get("params"))):
            for name in fields.keys() & {"idempotency_key", "charge_idempotency_key"}:
                fields[name] = f"{fields[name]}-{service}"
        return await super()._call(method, url, limit, **how)


@workflow.defn
class UndoOne:
    """Undoes one step, and outlives whoever started it."""

    @workflow.run
    async def run(self, activity: str, message: dict[str, Any]) -> None:
        """Undo it, however long that takes."""
        await workflow.execute_activity(
            activity, message, start_to_close_timeout=UNDO_TIMEOUT, retry_policy=UNDO_RETRIES
        )


@mutant
class UndoesInChildren(OrderSagaWorkflow):
    """Each undo is a workflow of its own, which nobody cancels."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        name = undo.activity.__name__
        try:
            await workflow.execute_child_workflow(
                UndoOne.run,
                args=[name, vars(undo.message)],
                id=f"{workflow.info().workflow_id}/{name}",
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        except ChildWorkflowError as error:
            assert isinstance(error.cause, ActivityError)
            raise error.cause from error


VARIANTS = (
    Variant(
        name="all compensations registered first",
        why="an undo of what never happened changes nothing, and closes the door on late steps",
        saga=saga(RegistersAllAtOnce),
    ),
    Variant(
        name="charge before reservation",
        why="what is paid can be refunded: the order of these two is free",
        saga=saga(ChargesFirst),
    ),
    Variant(
        name="reservation and charge in parallel",
        why="both are at an end before anything is undone",
        saga=saga(ReservesAndChargesAtOnce),
    ),
    Variant(
        name="independent undos in parallel",
        why="refund and release need the parcel to be back, not each other",
        saga=saga(UndoesAtOnceWhatIsIndependent),
    ),
    Variant(
        name="other retry policies",
        why="more attempts, other intervals, shorter timeouts",
        saga=saga(OtherRetries),
    ),
    Variant(
        name="step in flight finished before a cancel",
        why="it is undone afterwards, and that is all that was asked for",
        saga=saga(FinishesTheStepInFlight),
    ),
    Variant(
        name="key per service",
        why="a key has to be the same in each attempt, and nothing more",
        saga=saga(activities=KeyPerStep),
    ),
    Variant(
        name="undos in child workflows",
        why="a child that nobody cancels is as good as a task that nobody cancels",
        saga=saga(UndoesInChildren, children=(UndoOne,)),
    ),
)
