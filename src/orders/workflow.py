"""The order saga.

Three rules make it consistent whatever fails, whenever it fails:

* A compensation is registered *before* its step and names the effect by its idempotency key. So it
  does not matter whether the step's reply was lost, or whether its request is still under way.
* A requested cancellation is a state, not an event. Its handler only records the request and
  interrupts the step in flight; one place decides what follows, once the steps have ended.
* A rollback runs in a task of its own, which no cancellation reaches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    # Deterministic, and costly to import again for every workflow run.
    from orders.activities import OrderActivities
    from orders.errors import (
        ALREADY_SHIPPED,
        ORDER_CANCELLED,
        describe,
        may_have_happened,
        type_of,
    )
    from orders.messages import (
        CancelShipment,
        ChargePayment,
        CreateShipment,
        RefundPayment,
        ReleaseInventory,
        ReserveInventory,
        SendConfirmation,
        Shipment,
    )
    from orders.models import (
        INVALID_ORDER,
        CancelAnswer,
        Leftover,
        OnConfirmationFailure,
        OrderInput,
        OrderResult,
        OrderStatus,
        PlacedOrder,
    )
    from orders.texts import shortened

STEP_RETRIES = RetryPolicy(maximum_attempts=3)
UNDO_TIMEOUT = timedelta(minutes=2)
UNDO_RETRIES = RetryPolicy(maximum_interval=timedelta(minutes=5))
"""Without limit: only a refusal ends an undo. Any other error is a delay."""
KEYS_LIVE = timedelta(hours=12)
"""Services remember idempotency keys for a day; a create is not repeated by its key after this."""
RESERVATION_TRUSTED = timedelta(minutes=15)
"""An older reservation is checked again before its goods are shipped: it may have expired."""


@dataclass(frozen=True)
class _Undo:
    """A compensation that is due once its step has begun."""

    activity: Callable[..., Any]
    message: ReleaseInventory | RefundPayment | CancelShipment


@workflow.defn
class OrderSagaWorkflow:
    """Reserves, charges, ships and confirms an order, or undoes the steps that it has taken."""

    @workflow.init
    def __init__(self, order: PlacedOrder) -> None:
        self._order = order
        self._status = OrderStatus.PENDING
        self._steps: asyncio.Task[None] | None = None
        self._undos: list[_Undo] = []
        self._cancel_request: str | None = None
        self._cancelled_from_outside = False
        self._confirming = False
        self._reservation_id: str | None = None
        self._payment_id: str | None = None
        self._shipment: Shipment | None = None
        self._shipment_cancelled = False
        self._shipping_since: datetime | None = None
        self._confirmation_refused: str | None = None
        self._parcel_has_left = False
        self._left: list[Leftover] = []

    @property
    def _key(self) -> str:
        return self._order.idempotency_key

    @workflow.run
    async def run(self, order: PlacedOrder) -> OrderResult:
        """Bring the order to its end.

        Raises:
            ApplicationError: The order is invalid; no step was taken.
            asyncio.CancelledError: The workflow was cancelled, and everything is undone.
        """
        _refuse_invalid_order(order)
        self._status = OrderStatus.PROCESSING
        self._steps = asyncio.create_task(self._take_steps())
        await self._until_done(self._steps)
        error = self._failure_of(self._steps)
        if error is None and not self._cancelled_from_outside:
            return self._end(OrderStatus.COMPLETED)
        self._status = OrderStatus.COMPENSATING
        rollback = asyncio.create_task(self._roll_back())
        await self._until_done(rollback)
        rollback.result()
        return self._end_of_rollback(error)

    @workflow.query
    def get_status(self) -> OrderStatus:
        """The status of the order."""
        return self._status

    @workflow.signal
    def cancel(self, reason: str) -> None:
        """Cancel the order if that is still possible. `request_cancel` answers whether it is."""
        if self._why_not_cancel() is None:
            self._record_cancel_request(reason)

    @workflow.update
    def request_cancel(self, reason: str) -> CancelAnswer:
        """Cancel the order. Accepted means that it will be undone, unless the parcel has left."""
        self._record_cancel_request(reason)
        return CancelAnswer(accepted=True)

    @request_cancel.validator
    def _validate_request_cancel(self, reason: str) -> None:
        why_not = self._why_not_cancel()
        if why_not is not None:
            raise ApplicationError(why_not, type="TooLate", non_retryable=True)

    # -- the steps ----------------------------------------------------------------------------

    async def _take_steps(self) -> None:
        await self._reserve(_Undo(OrderActivities.release_inventory, ReleaseInventory(self._key)))
        reserved_at = workflow.now()
        if self._order.total:
            await self._charge()
        if workflow.now() - reserved_at > RESERVATION_TRUSTED:
            await self._reserve(undo=None)  # the same key: still reserved, or refused as expired
        await self._ship()
        self._refuse_if_cancelled()
        self._confirming = True
        await self._confirm()

    async def _reserve(self, undo: _Undo | None) -> None:
        self._reservation_id = await self._step(
            OrderActivities.reserve_inventory,
            ReserveInventory(self._order.order_id, self._order.items, self._key),
            start_to_close=timedelta(minutes=2),
            undo=undo,
        )

    async def _charge(self) -> None:
        order, key = self._order, self._key
        self._payment_id = await self._step(
            OrderActivities.charge_payment,
            ChargePayment(
                order.order_id, order.customer_id, order.payment_method_id, order.total, key
            ),
            start_to_close=timedelta(minutes=5),
            undo=_Undo(OrderActivities.refund_payment, RefundPayment(key, "order_cancelled", key)),
        )

    async def _ship(self) -> None:
        self._shipping_since = workflow.now()
        self._shipment = await self._step(
            OrderActivities.create_shipment,
            CreateShipment(self._order.order_id, self._order.shipping_address, self._key),
            start_to_close=timedelta(minutes=3),
            undo=_Undo(OrderActivities.cancel_shipment, CancelShipment(self._key)),
        )

    async def _confirm(self) -> None:
        """Confirm the order. A refusal undoes it, unless an earlier attempt may have succeeded."""
        assert self._shipment is not None, "the parcel is ordered before the confirmation"
        try:
            await self._send_confirmation(self._shipment)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._confirmation_refused = describe(error)
            undo = self._order.on_confirmation_failure is OnConfirmationFailure.UNDO
            if undo and not may_have_happened(error):
                raise

    async def _step(
        self,
        activity: Callable[..., Any],
        message: Any,
        *,
        start_to_close: timedelta,
        undo: _Undo | None,
    ) -> Any:
        """Take a step, unless the order is cancelled; its compensation is registered first."""
        self._refuse_if_cancelled()
        if undo is not None:
            self._undos.append(undo)
        return await workflow.execute_activity_method(
            activity,
            message,
            start_to_close_timeout=start_to_close,
            retry_policy=STEP_RETRIES,
        )

    def _refuse_if_cancelled(self) -> None:
        """A cancellation that arrives together with a step's completion must not be lost."""
        if self._cancel_request is not None or self._cancelled_from_outside:
            raise ApplicationError(self._cancel_reason(), type=ORDER_CANCELLED)

    async def _send_confirmation(self, shipment: Shipment) -> None:
        """Send the mail, with no limit of attempts: only a refusal ends it."""
        order = self._order
        await workflow.execute_activity_method(
            OrderActivities.send_confirmation,
            SendConfirmation(
                order.order_id,
                order.customer_id,
                shipment.tracking_number,
                self._key,
            ),
            start_to_close_timeout=timedelta(seconds=30),
        )

    # -- the rollback -------------------------------------------------------------------------

    async def _roll_back(self) -> None:
        """Undo every step that has begun, the last one first."""
        while self._undos:
            undo = self._undos.pop()
            try:
                await self._compensate(undo)
                self._forget_effect(undo)
            except ActivityError as error:
                if type_of(error) == ALREADY_SHIPPED:
                    self._parcel_has_left = True
                    await self._let_the_order_stand()
                    return
                self._leave_to_an_operator(undo, describe(error))
                if isinstance(undo.message, CancelShipment):
                    self._keep_money_and_goods()

    async def _compensate(self, undo: _Undo) -> None:
        await workflow.execute_activity_method(
            undo.activity,
            undo.message,
            start_to_close_timeout=UNDO_TIMEOUT,
            retry_policy=UNDO_RETRIES,
        )

    def _forget_effect(self, undo: _Undo) -> None:
        """The result names what stands: an operator would look for what it names in vain."""
        match undo.message:
            case ReleaseInventory():
                self._reservation_id = None
            case RefundPayment():
                self._payment_id = None
            case CancelShipment():
                self._shipment_cancelled = True

    def _keep_money_and_goods(self) -> None:
        """The parcel may still leave: an operator decides about the refund and the release."""
        while self._undos:
            self._leave_to_an_operator(self._undos.pop(), "NotTried: the parcel may still leave")

    async def _let_the_order_stand(self) -> None:
        """The goods are on their way: neither refund nor release them, and confirm the order."""
        if self._shipment is None:
            try:
                self._shipment = await self._ask_for_shipment_again()
            except (ActivityError, ApplicationError) as error:
                self._left.append(Leftover("create_shipment", self._key, describe(error)))
                return
        if self._confirmation_refused is None:
            try:
                await self._send_confirmation(self._shipment)
            except ActivityError as error:
                self._confirmation_refused = describe(error)

    async def _ask_for_shipment_again(self) -> Shipment:
        """Ask for the tracking number, whose reply was lost: the same key gets the same reply.

        Raises:
            ActivityError: The carrier refuses, or does not answer in time.
            ApplicationError: The key is too old to be used again.
        """
        assert self._shipping_since is not None, "a parcel that has left was ordered"
        order = self._order
        rest = self._shipping_since + KEYS_LIVE - workflow.now()
        if rest <= timedelta(0):
            raise ApplicationError("the carrier may have forgotten the key", type="KeyTooOld")
        return await workflow.execute_activity_method(
            OrderActivities.create_shipment,
            CreateShipment(order.order_id, order.shipping_address, self._key),
            start_to_close_timeout=timedelta(minutes=3),
            schedule_to_close_timeout=rest,
            retry_policy=UNDO_RETRIES,
        )

    def _leave_to_an_operator(self, undo: _Undo, error: str) -> None:
        is_refund = isinstance(undo.message, RefundPayment)
        self._left.append(
            Leftover(
                activity=undo.activity.__name__,
                idempotency_key=undo.message.idempotency_key,
                error=error,
                amount=self._order.total if is_refund else None,
            )
        )

    # -- cancellation -------------------------------------------------------------------------

    def _why_not_cancel(self) -> str | None:
        if self._status.is_final:
            return f"order {self._order.order_id} has ended: {self._status}"
        if self._parcel_has_left:
            return f"the parcel of order {self._order.order_id} has left"
        if self._status is OrderStatus.COMPENSATING and self._cancel_request is None:
            return f"order {self._order.order_id} is being undone already"
        if self._confirming:
            return f"order {self._order.order_id} is on its way, and its confirmation is being sent"
        return None

    def _record_cancel_request(self, reason: str) -> None:
        if self._cancel_request is None:
            self._cancel_request = shortened(reason)
            if self._steps is not None:
                self._steps.cancel()

    async def _until_done(self, task: asyncio.Task[None]) -> None:
        """Wait for `task`. A cancellation of the workflow ends the steps, but no rollback."""
        while not task.done():
            try:
                await workflow.wait([task])
            except asyncio.CancelledError:
                self._cancelled_from_outside = True
                if task is self._steps:
                    task.cancel()

    # -- the end ------------------------------------------------------------------------------

    def _failure_of(self, steps: asyncio.Task[None]) -> BaseException | None:
        """Why the steps ended early. A bug is raised: it fails the workflow task, not the order."""
        if steps.cancelled():
            return asyncio.CancelledError()
        error = steps.exception()
        if error is not None and not isinstance(error, FailureError):
            raise error
        return error

    def _end_of_rollback(self, error: BaseException | None) -> OrderResult:
        cause = self._describe_cause(error)
        if self._left:
            return self._end(OrderStatus.NEEDS_ATTENTION, error=cause)
        if self._parcel_has_left:
            return self._end(OrderStatus.COMPLETED, too_late=cause)
        if self._cancelled_from_outside:
            self._status = OrderStatus.CANCELLED
            raise asyncio.CancelledError(cause)
        return self._end(OrderStatus.FAILED, error=cause)

    def _describe_cause(self, error: BaseException | None) -> str:
        if error is not None and not is_cancelled_exception(error):
            return describe(error)
        return f"{ORDER_CANCELLED}: {self._cancel_reason()}"

    def _cancel_reason(self) -> str:
        asked = self._cancel_request or shortened(workflow.cancellation_reason() or "")
        return asked or "the workflow was cancelled"

    def _end(
        self, status: OrderStatus, *, error: str | None = None, too_late: str | None = None
    ) -> OrderResult:
        self._status = status
        stands = status is not OrderStatus.FAILED
        # A parcel that has left stands, whatever the carrier has answered before.
        cancelled = self._shipment_cancelled and not self._parcel_has_left
        shipment = self._shipment if stands and not cancelled else None
        return OrderResult(
            order_id=self._order.order_id,
            status=status,
            reservation_id=self._reservation_id if stands else None,
            payment_id=self._payment_id if stands else None,
            shipment_id=shipment.shipment_id if shipment else None,
            tracking_number=shipment.tracking_number if shipment else None,
            error=error,
            too_late=too_late,
            confirmation_refused=self._confirmation_refused if stands else None,
            left=self._left,
        )


def _refuse_invalid_order(order: object) -> None:
    """Payloads such as null are decoded despite the type hints, and would hang the workflow."""
    if not isinstance(order, OrderInput):
        msg = f"an order is a JSON object, not {order!r:.80}"
        raise ApplicationError(msg, type=INVALID_ORDER)
