"""Sagas that charge another sum than the agreed one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from temporalio import activity, workflow
from typing_extensions import override

from orders.activities import OrderActivities
from orders.messages import ChargePayment
from orders.workflow import OrderSagaWorkflow
from sagacheck.mutants import Mutant
from tests.mutants._saga import mutant, saga

CENT = Decimal("0.01")
KEPT = Decimal("0.1")
KEY = "idempotency_key"
POSTAGE = Decimal("4.99")


@mutant
class ChargesTodaysPrice(OrderSagaWorkflow):
    """The offer was for an hour, and the price is looked up when it is due."""

    @override
    async def _step(self, activity: Callable[..., Any], message: Any, **how: Any) -> Any:
        since = workflow.now() - workflow.info().start_time
        if isinstance(message, ChargePayment) and since > timedelta(hours=1):
            message = replace(message, amount=(message.amount * 2).quantize(CENT))
        return await super()._step(activity, message, **how)


@mutant
class AddsPostage(OrderSagaWorkflow):
    """The total has a part that is on no line."""

    @override
    async def _step(self, activity: Callable[..., Any], message: Any, **how: Any) -> Any:
        if isinstance(message, ChargePayment):
            message = replace(message, amount=message.amount + POSTAGE)
        return await super()._step(activity, message, **how)


class WorksTheSumOutEachTime(OrderActivities):
    """A sum that is computed in the activity may differ in the next attempt."""

    @activity.defn
    @override
    async def charge_payment(self, message: ChargePayment) -> str:
        again = activity.info().attempt - 1
        return await super().charge_payment(replace(message, amount=message.amount + CENT * again))


class TakesCentsForDollars(OrderActivities):
    """One side counts in cents, the other one in dollars."""

    @activity.defn
    @override
    async def charge_payment(self, message: ChargePayment) -> str:
        return await super().charge_payment(replace(message, amount=message.amount * 100))


class ChargesYen(OrderActivities):
    """The currency is that of the provider's test account, and the decimals with it."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        if url.endswith("/charges"):
            yen = Decimal(how["json"]["amount"]).to_integral_value()
            how["json"] = {**how["json"], "amount": f"{yen}", "currency": "JPY"}
        return await super()._call(method, url, limit, **how)


class KeepsATenth(OrderActivities):
    """A tenth is kept for the trouble, and nobody has agreed to that."""

    @override
    async def _call(self, method: str, url: str, limit: float, **how: Any) -> dict[str, str]:
        if url.endswith("/charges"):
            _CHARGED[how["json"][KEY]] = Decimal(how["json"]["amount"])
        charged = _CHARGED.get(how["json"][KEY], CENT) if url.endswith("/refunds") else None
        if charged is not None:
            back = (charged * (1 - KEPT)).quantize(CENT)
            how["json"] = {**how["json"], "amount": f"{max(back, CENT)}"}
        return await super()._call(method, url, limit, **how)


_CHARGED: dict[str, Decimal] = {}
"""What each key has charged, as the worker remembers it."""


MUTANTS = (
    Mutant(
        name="price of today charged",
        anomaly="C3",
        why="a customer who waited for the warehouse pays another price than the agreed one",
        saga=saga(ChargesTodaysPrice),
        breaks=frozenset({"I2", "I18"}),
    ),
    Mutant(
        name="postage added to the total",
        anomaly="D12",
        why="the charge is more than the lines add up to",
        saga=saga(AddsPostage),
        breaks=frozenset({"I2", "I18"}),
    ),
    Mutant(
        name="sum worked out in each attempt",
        anomaly="D11",
        why="the retry asks for another sum, by the same key",
        saga=saga(activities=WorksTheSumOutEachTime),
        breaks=frozenset({"I13", "I18"}),
    ),
    Mutant(
        name="cents taken for dollars",
        anomaly="D6",
        why="the customer is charged a hundred times the price",
        saga=saga(activities=TakesCentsForDollars),
        breaks=frozenset({"I2", "I18"}),
    ),
    Mutant(
        name="a tenth of the charge kept",
        anomaly="D4",
        why="the refund succeeds, and is not all of the money",
        saga=saga(activities=KeepsATenth),
        breaks=frozenset({"I2", "I7"}),
        also=("D15",),
    ),
    Mutant(
        name="dollars charged as yen",
        anomaly="D6",
        why="twenty dollars become twenty yen",
        saga=saga(activities=ChargesYen),
        breaks=frozenset({"I2", "I18"}),
    ),
)
