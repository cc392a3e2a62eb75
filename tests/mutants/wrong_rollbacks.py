"""Sagas that undo too little, too late, too much, or in the wrong order."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from typing_extensions import override

from orders.activities import OrderActivities
from orders.errors import ALREADY_SHIPPED, type_of
from orders.messages import ReleaseInventory, Shipment
from orders.models import OrderResult
from orders.workflow import UNDO_TIMEOUT, OrderSagaWorkflow, _Undo
from sagacheck.mutants import Mutant
from tests.mutants._saga import AheadOfTime, mutant, saga


@mutant
class RegistersAfterTheStep(OrderSagaWorkflow):
    """A step that fails or is cancelled is not undone."""

    @override
    async def _step(self, *step: Any, undo: _Undo | None, **how: Any) -> Any:
        made = await super()._step(*step, undo=None, **how)
        if undo is not None:
            self._undos.append(undo)
        return made


@mutant
class TakesTimeoutsForFailures(OrderSagaWorkflow):
    """A timeout is an unknown outcome, not a failure."""

    @override
    async def _step(self, *step: Any, undo: _Undo | None, **how: Any) -> Any:
        try:
            return await super()._step(*step, undo=undo, **how)
        except ActivityError as error:
            if undo is not None and type_of(error) == "ReadTimeout":
                self._undos.remove(undo)
            raise


@mutant
class UndoesOnlyWhatItHasAnIdOf(OrderSagaWorkflow):
    """The id was in the reply that was lost."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        ids = {
            OrderActivities.release_inventory: self._reservation_id,
            OrderActivities.refund_payment: self._payment_id,
            OrderActivities.cancel_shipment: self._shipment,
        }
        if ids[undo.activity]:
            await super()._compensate(undo)


@mutant
class ForgetsTheReservation(OrderSagaWorkflow):
    """Each failed order leaves a little less to sell."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        if not isinstance(undo.message, ReleaseInventory):
            await super()._compensate(undo)


@mutant
class UndoesInTheOrderOfTheSteps(OrderSagaWorkflow):
    """The goods are released while the parcel with them can still leave."""

    @override
    async def _roll_back(self) -> None:
        self._undos.reverse()
        await super()._roll_back()


@mutant
class UndoesEverythingAtOnce(AheadOfTime):
    """The refund does not wait for the carrier to take the parcel back."""

    @override
    async def _roll_back(self) -> None:
        self._start(*self._undos)
        await super()._roll_back()


@mutant
class GivesAnUndoUp(OrderSagaWorkflow):
    """After five attempts the order just counts as failed."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        try:
            await workflow.execute_activity_method(
                undo.activity,
                undo.message,
                start_to_close_timeout=UNDO_TIMEOUT,
                retry_policy=RetryPolicy(maximum_attempts=5),
            )
        except ActivityError as error:
            if type_of(error) == ALREADY_SHIPPED:
                raise
            workflow.logger.exception("a compensation failed")


@mutant
class ForgetsRefusedUndos(OrderSagaWorkflow):
    """A refused refund is not reported."""

    @override
    def _leave_to_an_operator(self, undo: _Undo, error: str) -> None:
        workflow.logger.error("a compensation was refused")


@mutant
class StopsAtTheFirstRefusedUndo(OrderSagaWorkflow):
    """One refused refund, and the goods stay locked too."""

    @override
    def _leave_to_an_operator(self, undo: _Undo, error: str) -> None:
        super()._leave_to_an_operator(undo, error)
        self._undos.clear()


@mutant
class NeedsAttentionWithoutAList(OrderSagaWorkflow):
    """The order needs attention, and its result does not list why."""

    @override
    def _end(self, *status: Any, **why: Any) -> OrderResult:
        result = super()._end(*status, **why)
        result.left.clear()
        return result


@mutant
class RefundsAParcelThatLeft(OrderSagaWorkflow):
    """The customer keeps the goods and gets the money."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        try:
            await super()._compensate(undo)
        except ActivityError as error:
            if type_of(error) != ALREADY_SHIPPED:
                raise


@mutant
class GivesGoodsBackForAParcelThatMayLeave(OrderSagaWorkflow):
    """The carrier does not say whether it takes the parcel back, and the refund is paid."""

    @override
    def _keep_money_and_goods(self) -> None:
        workflow.logger.info("the parcel will not have left")


@mutant
class AsksForTheParcelForEver(OrderSagaWorkflow):
    """A key that is older than what the carrier remembers orders a second parcel."""

    @override
    async def _ask_for_shipment_again(self) -> Shipment:
        self._shipping_since = workflow.now()
        return await super()._ask_for_shipment_again()


@mutant
class HasADeadline(OrderSagaWorkflow):
    """Waits an hour for its own rollback, and closes."""

    @override
    async def _roll_back(self) -> None:
        await workflow.wait([asyncio.create_task(super()._roll_back())], timeout=3600)


@mutant
class NamesWhatItHasUndone(OrderSagaWorkflow):
    """The result of an order that needs attention has the ids of what was undone as well."""

    @override
    def _forget_effect(self, undo: _Undo) -> None:
        """Keep its id."""


MUTANTS = (
    Mutant(
        name="compensation registered after the step",
        anomaly="B1",
        why="a failed or cancelled step that had its effect is not undone",
        saga=saga(RegistersAfterTheStep),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="timeout taken for a failure",
        anomaly="A2",
        why="a step without an answer is not undone, though it may have had its effect",
        saga=saga(TakesTimeoutsForFailures),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="undo needs the id from the reply",
        anomaly="A16",
        why="without the reply there is no id to undo it by",
        saga=saga(UndoesOnlyWhatItHasAnIdOf),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="reservation never released",
        anomaly="C7",
        why="each failed order leaves less stock to sell",
        saga=saga(ForgetsTheReservation),
        also=("C1",),
        breaks=frozenset({"I7", "I6", "I11"}),
    ),
    Mutant(
        name="undo in the order of the steps",
        anomaly="B3",
        why="money and goods are given back while the parcel can still leave",
        saga=saga(UndoesInTheOrderOfTheSteps),
        breaks=frozenset({"I10"}),
    ),
    Mutant(
        name="dependent undos in parallel",
        anomaly="B4",
        why="the refund may overtake the carrier, which may refuse",
        saga=saga(UndoesEverythingAtOnce),
        breaks=frozenset({"I10"}),
    ),
    Mutant(
        name="undo given up after five attempts",
        anomaly="B5",
        why="after an outage of some minutes the customer never gets the refund",
        saga=saga(GivesAnUndoUp),
        breaks=frozenset({"I7", "I17"}),
    ),
    Mutant(
        name="refused undo forgotten",
        anomaly="B5",
        why="the order says failed, which promises that everything is undone",
        saga=saga(ForgetsRefusedUndos),
        also=(
            "C8",
            "D9",
        ),
        breaks=frozenset({"I7", "I17"}),
    ),
    Mutant(
        name="one refused undo ends the rollback",
        anomaly="B7",
        why="the undos after it are neither made nor left to an operator",
        saga=saga(StopsAtTheFirstRefusedUndo),
        breaks=frozenset({"I11"}),
    ),
    Mutant(
        name="attention without a list",
        anomaly="B6",
        why="an operator is asked for, and the result lists nothing to do",
        saga=saga(NeedsAttentionWithoutAList),
        breaks=frozenset({"I17"}),
    ),
    Mutant(
        name="undone effect named",
        anomaly="B6",
        why="the operator who is asked for looks for a reservation that was released",
        saga=saga(NamesWhatItHasUndone),
        breaks=frozenset({"I17"}),
    ),
    Mutant(
        name="refund for a parcel that left",
        anomaly="E6",
        why="the customer has the goods and the money",
        saga=saga(RefundsAParcelThatLeft),
        also=("C8",),
        breaks=frozenset({"I10"}),
    ),
    Mutant(
        name="refund for a parcel that may leave",
        anomaly="B14",
        why="the carrier refused to cancel the parcel, and the money is refunded",
        saga=saga(GivesGoodsBackForAParcelThatMayLeave),
        breaks=frozenset({"I10"}),
    ),
    Mutant(
        name="key used after its service forgot it",
        anomaly="A10",
        why="a second parcel is ordered with a key that is a day old",
        saga=saga(AsksForTheParcelForEver),
        breaks=frozenset({"I13"}),
    ),
    Mutant(
        name="deadline for the rollback",
        anomaly="B17",
        why="after a long outage money and goods stay where they are",
        saga=saga(HasADeadline),
        breaks=frozenset({"I7"}),
    ),
)
