"""Correct sagas with another design than ours. An invariant that they break is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
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
from orders.models import CancelAnswer, OrderResult, PlacedOrder
from orders.workflow import UNDO_RETRIES, UNDO_TIMEOUT, OrderSagaWorkflow, _Undo
from sagacheck.mutants.model import Variant
from tests.mutants._saga import AheadOfTime, InPieces, mutant, saga
from tests.sagas.local import locally


@mutant
class RegistersAllAtOnce(InPieces):
    """An undo by key of a step that never began changes nothing, and may be refused as well."""

    @override
    async def _take_steps(self) -> None:
        self._begun: set[Callable[..., Any]] = set()
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
        self._refuse_if_cancelled()
        if undo is not None:
            self._begun.add(undo.activity)
        return await super()._step(*step, undo=None, **how)

    @override
    async def _compensate(self, undo: _Undo) -> None:
        try:
            await super()._compensate(undo)
        except ActivityError:
            if undo.activity in self._begun:
                raise


@mutant
class ChargesFirst(InPieces):
    """The charge comes first: it can always be refunded."""

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
    """Neither needs the other; both have ended before the first undo."""

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
class UndoesAtOnceWhatIsIndependent(AheadOfTime):
    """Once the parcel is back, money and goods do not wait for each other."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        if isinstance(undo.message, CancelShipment):
            self._start(undo)
            await super()._compensate(undo)
            self._start(*self._undos)
        else:
            if undo.activity not in self._started:  # it never came to a parcel
                self._start(undo, *self._undos)
            await super()._compensate(undo)


@mutant
class OtherRetries(OrderSagaWorkflow):
    """Fewer attempts at a step, with other pauses and limits; undos that slow down for longer."""

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
                initial_interval=timedelta(seconds=3), backoff_coefficient=1.0, maximum_attempts=2
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
    """A cancellation interrupts no step: the step in flight ends first, then all is undone."""

    @override
    def _record_cancel_request(self, reason: str) -> None:
        if self._cancel_request is None:
            self._cancel_request = reason

    @override
    async def _until_done(self, task: asyncio.Task[None]) -> None:
        while not task.done():
            try:
                await workflow.wait([task])
            except asyncio.CancelledError:
                self._cancelled_from_outside = True


class KeyPerService(OrderActivities):
    """A key for each service: no two of them ever see the same one."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        service = url.partition("//")[2].partition(".")[0]
        for fields in filter(None, (how.get("json"), how.get("params"))):
            for name in fields.keys() & {"idempotency_key", "charge_idempotency_key"}:
                fields[name] = _key_for(service, fields[name])
        return await super()._call(method, url, limit, **how)


@mutant
class ListsKeysPerService(OrderSagaWorkflow):
    """The result lists what is left for an operator by the key that its service knows."""

    @override
    def _end(self, *status: Any, **why: Any) -> OrderResult:
        self._left = [
            replace(left, idempotency_key=_key_for(SERVICES[left.activity], left.idempotency_key))
            for left in self._left
        ]
        return super()._end(*status, **why)


SERVICES = {
    "release_inventory": "inventory",
    "refund_payment": "payments",
    "create_shipment": "shipping",
    "cancel_shipment": "shipping",
}


def _key_for(service: str, key: str) -> str:
    return f"{key}-{service}"


@mutant
class UndoesLocally(OrderSagaWorkflow):
    """Undos inside of the workflow task; the steps before them are written down already."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        await locally(undo.activity, undo.message, UNDO_TIMEOUT, UNDO_RETRIES)


@workflow.defn
class UndoOne:
    """Undoes one step, and outlives its parent."""

    @workflow.run
    async def run(self, activity: str, message: dict[str, Any]) -> None:
        """Undo it, however long that takes."""
        await workflow.execute_activity(
            activity, message, start_to_close_timeout=UNDO_TIMEOUT, retry_policy=UNDO_RETRIES
        )


@mutant
class UndoesInChildren(OrderSagaWorkflow):
    """Each undo is a workflow of its own, which no cancellation reaches."""

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
            raise error.cause or error from error


@mutant
class AnswersOnceUndone(OrderSagaWorkflow):
    """The update that cancels is accepted at once, and answered when everything is undone."""

    @workflow.run
    @override
    async def run(self, order: PlacedOrder) -> OrderResult:
        try:
            return await super().run(order)
        finally:
            self._over = True
            await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update
    @override
    async def request_cancel(self, reason: str) -> CancelAnswer:  # type: ignore[override]
        self._record_cancel_request(reason)
        await workflow.wait_condition(lambda: getattr(self, "_over", False))
        return CancelAnswer(accepted=True)

    @request_cancel.validator
    @override
    def _validate_request_cancel(self, reason: str) -> None:
        super()._validate_request_cancel(reason)


VARIANTS = (
    Variant(
        name="update answered once everything is undone",
        why="an update may take as long as the rollback; the calls go on meanwhile",
        saga=saga(AnswersOnceUndone),
    ),
    Variant(
        name="all compensations registered first",
        why="an undo of a step that never happened changes nothing, and blocks late requests",
        saga=saga(RegistersAllAtOnce),
    ),
    Variant(
        name="charge before reservation",
        why="a charge can be refunded, so these two steps may have any order",
        saga=saga(ChargesFirst),
    ),
    Variant(
        name="reservation and charge in parallel",
        why="both have ended before the first undo",
        saga=saga(ReservesAndChargesAtOnce),
    ),
    Variant(
        name="independent undos in parallel",
        why="refund and release need the cancelled parcel, not each other",
        saga=saga(UndoesAtOnceWhatIsIndependent),
    ),
    Variant(
        name="other retry policies",
        why="fewer attempts, other pauses, shorter timeouts",
        saga=saga(OtherRetries),
    ),
    Variant(
        name="step in flight finished before a cancel",
        why="the step is undone afterwards, which is enough",
        saga=saga(FinishesTheStepInFlight),
    ),
    Variant(
        name="key per service",
        why="a key only has to be the same in each attempt",
        saga=saga(ListsKeysPerService, activities=KeyPerService),
    ),
    Variant(
        name="undos in child workflows",
        why="a child that is never cancelled is as good as a task that is never cancelled",
        saga=saga(UndoesInChildren, children=(UndoOne,)),
    ),
    Variant(
        name="undos as local activities",
        why="after a worker dies its undos run again, and the keys make that safe",
        saga=saga(UndoesLocally),
    ),
)
