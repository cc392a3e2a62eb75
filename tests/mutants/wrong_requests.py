"""Sagas whose activities send the wrong key or sum, or misread replies."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
from temporalio import activity, workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from typing_extensions import override

from orders.activities import OrderActivities
from orders.errors import ALREADY_SHIPPED
from orders.messages import (
    CancelShipment,
    ChargePayment,
    RefundPayment,
    SendConfirmation,
)
from orders.workflow import OrderSagaWorkflow
from sagacheck.mutants import EXPECTATION, Mutant
from tests.mutants._saga import mutant, saga

KEY = "idempotency_key"


class OtherKeys(OrderActivities):
    """Sends another key than it was given with each create."""

    def _other(self, key: str) -> str | None:
        raise NotImplementedError

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        body = how.get("json")
        if body and "order_id" in body:
            how["json"] = {**body, KEY: self._other(body[KEY])}
        return await super()._call(method, url, limit, **how)


class NoKeys(OtherKeys):
    """Each retry creates once more, and no undo finds what it made."""

    @override
    def _other(self, key: str) -> str | None:
        return None


class KeyPerAttempt(OtherKeys):
    """A key with the number of the attempt prevents no duplicate."""

    @override
    def _other(self, key: str) -> str | None:
        return f"{key}-{activity.info().attempt}"


class RandomKey(OtherKeys):
    """A key that is made where it is used is another one after each crash."""

    @override
    def _other(self, key: str) -> str | None:
        return str(uuid.uuid4())


@mutant
class KeyOfTheRun(OrderSagaWorkflow):
    """A new run of the same order has a new key."""

    @property
    @override
    def _key(self) -> str:
        return f"run-{workflow.info().run_id}"


@mutant
class KeyOfTheCustomer(OrderSagaWorkflow):
    """A customer who orders twice is answered with the first order."""

    @property
    @override
    def _key(self) -> str:
        return f"customer-{self._order.customer_id}"


class StampsItsRequests(OrderActivities):
    """The same key with another body is another request."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        body = how.get("json") or {}
        for name in body.keys() & {"reason", "tracking_number", "payment_method_id"}:
            body[name] = f"{body[name]} at {activity.info().started_time}"
        return await super()._call(method, url, limit, **how)


class CutsCents(OrderActivities):
    """In floats 19.99 is 1998.9999999999998 cents."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        if url.endswith("/charges"):
            cents = int(float(how["json"]["amount"]) * 100)
            how["json"]["amount"] = f"{cents / 100:.2f}"
        return await super()._call(method, url, limit, **how)


@mutant
class RoundsTheMeanPrice(OrderSagaWorkflow):
    """All pieces at their mean price: the cents do not add up."""

    @override
    async def _step(self, activity: Callable[..., Any], message: Any, **how: Any) -> Any:
        if isinstance(message, ChargePayment):
            pieces = sum(item.quantity for item in self._order.items)
            mean = (message.amount / pieces).quantize(Decimal("0.01"))
            message = replace(message, amount=mean * pieces)
        return await super()._step(activity, message, **how)


class TakesAnyConflictForOutOfStock(OrderActivities):
    """That the same request is still under way is a 409 too."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        try:
            return await super()._call(method, url, limit, **how)
        except ApplicationError as error:
            if error.type == "RequestInFlight":
                raise ApplicationError("sold out", type="SoldOut", non_retryable=True) from error
            raise


class GivesUpAtOnce(OrderActivities):
    """A request without an answer is not retried."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        try:
            return await super()._call(method, url, limit, **how)
        except ApplicationError as error:
            raise ApplicationError(error.message, type=error.type, non_retryable=True) from error


class NeverGivesUp(OrderActivities):
    """A refusal is retried like any other error."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        try:
            return await super()._call(method, url, limit, **how)
        except ApplicationError as error:
            raise ApplicationError(error.message, type=error.type) from error


class GivesUpUnreadableReplies(OrderActivities):
    """The effect is there, only its id was lost."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        try:
            return await super()._call(method, url, limit, **how)
        except ApplicationError as error:
            if error.type == "UnreadableReply":
                raise ApplicationError("?", type=error.type, non_retryable=True) from error
            raise


class TakesAnyAnswerForYes(OrderActivities):
    """The status of the refund is ignored."""

    @activity.defn
    @override
    async def refund_payment(self, message: RefundPayment) -> None:
        try:
            await super().refund_payment(message)
        except ApplicationError as error:
            if isinstance(error.__cause__, httpx.RequestError):
                raise


class TakesLeftForCancelled(OrderActivities):
    """A parcel that has left need not be cancelled any more."""

    @activity.defn
    @override
    async def cancel_shipment(self, message: CancelShipment) -> None:
        try:
            await super().cancel_shipment(message)
        except ApplicationError as error:
            if error.type != ALREADY_SHIPPED:
                raise


class TakesRefundedForAFailure(OrderActivities):
    """That the money is back already is reported as a problem."""

    @activity.defn
    @override
    async def refund_payment(self, message: RefundPayment) -> None:
        body = {"charge_idempotency_key": message.charge_key, "reason": message.reason}
        url = f"{self._services.payments_url}/refunds"
        await self._call("POST", url, self._services.payments_timeout, json=body)


class ForgetsUnknownOutcomes(OrderActivities):
    """An earlier attempt without a reply may have sent the mail."""

    @activity.defn
    @override
    async def send_confirmation(self, message: SendConfirmation) -> None:
        try:
            await super().send_confirmation(message)
        except ApplicationError as error:
            final = error.non_retryable
            raise ApplicationError(error.message, type=error.type, non_retryable=final) from error


class ChargesWithoutEffect(OrderActivities):
    """The charge is left for a nightly job that does not exist."""

    @activity.defn
    @override
    async def charge_payment(self, message: ChargePayment) -> str:
        return f"pending-{message.order_id}"


MUTANTS = (
    Mutant(
        name="no key",
        anomaly="A6",
        why="each retry charges, reserves and ships once more",
        saga=saga(activities=NoKeys),
        also=(
            "B22",
            "E4",
        ),
        breaks=frozenset({"I4", "I7", "I13"}),
    ),
    Mutant(
        name="key per attempt",
        anomaly="A12",
        why="a retry is a new request",
        saga=saga(activities=KeyPerAttempt),
        breaks=frozenset({"I4", "I7", "I13"}),
    ),
    Mutant(
        name="key made in the activity",
        anomaly="A12",
        why="a retry makes a new key, and so does a restarted worker",
        saga=saga(activities=RandomKey),
        also=("B22",),
        breaks=frozenset({"I4", "I7", "I13"}),
    ),
    Mutant(
        name="key is the run's id",
        anomaly="A12",
        why="an order that is placed again is charged again",
        saga=saga(KeyOfTheRun, id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE),
        also=("B18",),
        breaks=frozenset({"I4", "I13"}),
    ),
    Mutant(
        name="key is the customer's id",
        anomaly="A14",
        why="two orders of one customer share their effects",
        saga=saga(KeyOfTheCustomer),
        breaks=frozenset({"I13"}),
    ),
    Mutant(
        name="same key with another body",
        anomaly="A11",
        why="the retry is refused, though the first attempt may have had its effect",
        saga=saga(activities=StampsItsRequests),
        breaks=frozenset({"I13"}),
    ),
    Mutant(
        name="cents in floats cut off",
        anomaly="D5",
        why="a cent is missing in one order of ten",
        saga=saga(activities=CutsCents),
        breaks=frozenset({"I2", "I18"}),
    ),
    Mutant(
        name="rounded before it is added up",
        anomaly="D5",
        why="the charge is not the sum of the lines",
        saga=saga(RoundsTheMeanPrice),
        breaks=frozenset({"I2", "I18"}),
    ),
    Mutant(
        name="any 409 means out of stock",
        anomaly="A8",
        why="an order fails because its own first attempt is still under way",
        saga=saga(activities=TakesAnyConflictForOutOfStock),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="nothing retried",
        anomaly="A17",
        why="a transient error ends the order, and its undos are left to an operator",
        saga=saga(activities=GivesUpAtOnce),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="refusals retried",
        anomaly="B6",
        why="a refused refund is retried for ever, and no operator knows of it",
        saga=saga(activities=NeverGivesUp),
        also=("C9",),
        breaks=frozenset({"I16"}),
    ),
    Mutant(
        name="unreadable success given up",
        anomaly="A15",
        why="an order that was reserved and paid fails because of a broken reply",
        saga=saga(activities=GivesUpUnreadableReplies),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="any answer to a refund taken for a success",
        anomaly="B5",
        why="refused, or down for maintenance: the customer waits for the money",
        saga=saga(activities=TakesAnyAnswerForYes),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="parcel that left taken for cancelled",
        anomaly="E6",
        why="the activity hides it from the workflow, which refunds",
        saga=saga(activities=TakesLeftForCancelled),
        breaks=frozenset({"I10"}),
    ),
    Mutant(
        name="already refunded taken for a failure",
        anomaly="D10",
        why="an operator is asked for although the refund is made",
        saga=saga(activities=TakesRefundedForAFailure),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="order undone after its confirmation",
        anomaly="B14",
        why="the first attempt sent the mail, and the retry is refused",
        saga=saga(activities=ForgetsUnknownOutcomes),
        breaks=frozenset({"I9"}),
    ),
    Mutant(
        name="charge left for later",
        anomaly="A1",
        why="the parcel is sent without a payment",
        saga=saga(activities=ChargesWithoutEffect),
        breaks=frozenset({"I2", "I6", "I8"}),
    ),
)
