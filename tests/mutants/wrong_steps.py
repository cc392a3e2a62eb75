"""Sagas that take their steps in the wrong order, at once, too often, or by the wrong clock."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from typing_extensions import override

from orders.activities import OrderActivities
from orders.messages import ReleaseInventory, ReserveInventory, Shipment
from orders.models import OrderStatus, PlacedOrder
from orders.workflow import RESERVATION_TRUSTED, OrderSagaWorkflow, _Undo
from sagacheck.mutants import EXPECTATION, Mutant
from tests.mutants._saga import InPieces, mutant, saga
from tests.sagas import local


@mutant
class ShipsBeforeItIsPaid(InPieces):
    """The card is declined when the parcel has gone."""

    @override
    async def _take_steps(self) -> None:
        await self._hold_goods()
        await self._ship()
        await self._take_money()
        await self._confirm_order()


@mutant
class ConfirmsBeforePayment(InPieces):
    """The mail comes first; the tracking number follows."""

    @override
    async def _take_steps(self) -> None:
        self._shipment = Shipment("", "follows")
        await self._confirm()
        self._shipment = None
        await super()._take_steps()

    @override
    async def _confirm_order(self) -> None:
        """The mail is sent already."""


@mutant
class UndoesWhatHadFinished(InPieces):
    """Two steps at once: when one of them fails, the other one may still succeed."""

    @override
    async def _take_steps(self) -> None:
        steps = [asyncio.create_task(self._hold_goods()), asyncio.create_task(self._take_money())]
        try:
            await asyncio.gather(*steps)
        except BaseException:
            self._undos = [u for u, step in zip(self._undos, steps, strict=False) if step.done()]
            raise
        await self._ship()
        await self._confirm_order()


@mutant
class ReservesLineByLine(InPieces):
    """Each of two orders holds what the other one needs."""

    @override
    async def _hold_goods(self) -> None:
        for number, item in enumerate(self._order.items):
            key = f"{self._key}-{number}"
            await self._step(
                OrderActivities.reserve_inventory,
                ReserveInventory(self._order.order_id, [item], key),
                start_to_close=timedelta(minutes=2),
                undo=_Undo(OrderActivities.release_inventory, ReleaseInventory(key)),
            )


@mutant
class TrustsOldReservations(InPieces):
    """The payment provider was down for hours, and the reservation has expired meanwhile."""

    @override
    async def _look_again(self, reserved_at: datetime) -> None:
        """Trust the old reservation."""


@mutant
class AsksTheWallClock(InPieces):
    """A replay, and any simulation, takes less time than the order did."""

    @override
    async def _hold_goods(self) -> None:
        await super()._hold_goods()
        self._held_since = time.monotonic()

    @override
    async def _look_again(self, reserved_at: datetime) -> None:
        if time.monotonic() - self._held_since > RESERVATION_TRUSTED.total_seconds():
            await self._reserve(undo=None)


@mutant
class ChargesForNothing(InPieces):
    """A free order is charged 0.00, which no provider takes."""

    @override
    async def _take_money(self) -> None:
        await self._charge()


@mutant
class MakesARandomKey(OrderSagaWorkflow):
    """A replay makes another one."""

    @workflow.init
    def __init__(self, order: PlacedOrder) -> None:
        super().__init__(order)
        self._random_key = str(uuid.uuid4())

    @property
    @override
    def _key(self) -> str:
        return self._random_key


@mutant
class RetriesForEver(OrderSagaWorkflow):
    """Retries a step without a limit of attempts."""

    @override
    async def _step(
        self, activity: Any, message: Any, *, start_to_close: timedelta, undo: Any
    ) -> Any:
        self._refuse_if_cancelled()
        if undo is not None:
            self._undos.append(undo)
        return await workflow.execute_activity_method(
            activity,
            message,
            start_to_close_timeout=start_to_close,
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
        )


@mutant
class NeverConfirms(OrderSagaWorkflow):
    """Sends no confirmation."""

    @override
    async def _confirm(self) -> None:
        """Send nothing."""


@mutant
class ReportsCompletedTooEarly(OrderSagaWorkflow):
    """Reports completed while the confirmation is still being sent."""

    @workflow.query
    @override
    def get_status(self) -> OrderStatus:
        """The status that the order reaches if nothing fails."""
        told = self._confirming and self._status is OrderStatus.PROCESSING
        return OrderStatus.COMPLETED if told else self._status


MUTANTS = (
    Mutant(
        name="parcel before payment",
        anomaly="E2",
        why="the goods are gone when the card is declined",
        saga=saga(ShipsBeforeItIsPaid),
        also=("B15",),
        breaks=frozenset({"I8"}),
    ),
    Mutant(
        name="confirmation before payment",
        anomaly="E8",
        why="a mail cannot be taken back when the card is declined",
        saga=saga(ConfirmsBeforePayment),
        also=("B15",),
        breaks=frozenset({"I8", "I9"}),
    ),
    Mutant(
        name="parallel steps half undone",
        anomaly="B2",
        why="the charge is still under way when its order is undone, and succeeds",
        saga=saga(UndoesWhatHadFinished),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="reserved line by line",
        anomaly="C10",
        why="two orders each get half of what they need, and both fail",
        saga=saga(ReservesLineByLine),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="old reservation trusted",
        anomaly="C5",
        why="the goods are sold to another customer before the parcel is packed",
        saga=saga(TrustsOldReservations),
        breaks=frozenset({"I6", "I8"}),
    ),
    Mutant(
        name="age of the reservation by the wall clock",
        anomaly="B21",
        why="the workflow's time and the computer's are not the same",
        saga=saga(AsksTheWallClock),
        breaks=frozenset({"I6", "I8"}),
    ),
    Mutant(
        name="free order charged",
        anomaly="D13",
        why="no free order can complete",
        saga=saga(ChargesForNothing),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="random key made in the workflow",
        anomaly="B21",
        why="a replay makes another key, which differs from the history",
        saga=saga(MakesARandomKey),
        breaks=frozenset({"I15"}),
    ),
    Mutant(
        name="step retried for ever",
        anomaly="A9",
        why="a key with a stored error never succeeds",
        saga=saga(RetriesForEver),
        breaks=frozenset({"I16"}),
    ),
    Mutant(
        name="confirmation never sent",
        anomaly="E8",
        why="an order without a confirmation is not complete",
        saga=saga(NeverConfirms),
        breaks=frozenset({"I6"}),
    ),
    Mutant(
        name="steps as local activities",
        anomaly="B22",
        why="a dying worker loses a step that has begun, and a cancel arrives before it runs again",
        saga=local.SAGA,
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="status completed too early",
        anomaly="E7",
        why="a client sees a success that is undone later",
        saga=saga(ReportsCompletedTooEarly),
        also=("E9",),
        breaks=frozenset({"I19"}),
    ),
    Mutant(
        name="resubmission runs again",
        anomaly="B26",
        why="an order that has ended is placed again, and repeats all its steps",
        saga=saga(id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE),
        breaks=frozenset({EXPECTATION}),
    ),
)
