"""Sagas that do not survive being cancelled, or being cancelled twice."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from typing_extensions import override

from orders.errors import ORDER_CANCELLED
from orders.models import CancelAnswer, OrderResult, OrderStatus, PlacedOrder
from orders.workflow import OrderSagaWorkflow
from sagacheck.mutants import EXPECTATION, Mutant
from tests.mutants._saga import mutant, saga


@mutant
class RaisesInItsSignalHandler(OrderSagaWorkflow):
    """An exception in a handler fails the workflow at once."""

    @workflow.signal
    @override
    def cancel(self, reason: str) -> None:
        if self._why_not_cancel() is None:
            raise ApplicationError(reason, type=ORDER_CANCELLED)


@mutant
class CatchesExceptionOnly(OrderSagaWorkflow):
    """`CancelledError` is no `Exception`, so it skips the rollback."""

    @workflow.run
    @override
    async def run(self, order: PlacedOrder) -> OrderResult:
        try:
            await self._take_steps()
        except Exception as error:  # noqa: BLE001 - the bug
            await self._roll_back()
            return self._end_of_rollback(error)
        return self._end(OrderStatus.COMPLETED)


@mutant
class UndoesOnCancelledErrorOnly(OrderSagaWorkflow):
    """A cancel that meets an activity under way comes as an `ActivityError`."""

    @workflow.run
    @override
    async def run(self, order: PlacedOrder) -> OrderResult:
        try:
            await self._take_steps()
        except asyncio.CancelledError:
            await self._roll_back()
            raise
        except (ActivityError, ApplicationError) as error:
            if is_cancelled_exception(error):
                raise  # the bug: what is cancelled was undone above, was it not
            await self._roll_back()
            return self._end_of_rollback(error)
        return self._end(OrderStatus.COMPLETED)


@mutant
class GoesOnWithoutTheCancelledStep(OrderSagaWorkflow):
    """The cancelled step counts as done, and the next one is taken."""

    @override
    async def _step(self, *step: Any, **how: Any) -> Any:
        try:
            return await super()._step(*step, **how)
        except ActivityError as error:
            if is_cancelled_exception(error):
                return None
            raise

    @override
    def _refuse_if_cancelled(self) -> None:
        """No check after a step."""


@mutant
class SwallowsTheCancellation(OrderSagaWorkflow):
    """The client gets the answer that the order is cancelled, and the customer gets the parcel."""

    @override
    def _record_cancel_request(self, reason: str) -> None:
        workflow.logger.info("cancelled: %s", reason)


@mutant
class LosesACancelAtTheEndOfAStep(OrderSagaWorkflow):
    """A step that has just ended cannot be interrupted, and no check follows."""

    @override
    def _refuse_if_cancelled(self) -> None:
        """Rely on the interruption of the step in flight."""


@mutant
class CancelsItsRollback(OrderSagaWorkflow):
    """A second cancellation stops the undos."""

    @override
    async def _until_done(self, task: asyncio.Task[None]) -> None:
        try:
            await task
        except asyncio.CancelledError:
            self._cancelled_from_outside = True
        except Exception:  # noqa: BLE001 - the caller asks the task
            workflow.logger.exception("it has failed")


@mutant
class CancelsAfterThePivot(OrderSagaWorkflow):
    """The mail is on its way, and the order is undone."""

    @override
    def _why_not_cancel(self) -> str | None:
        was, self._confirming = self._confirming, False
        why_not = super()._why_not_cancel()
        self._confirming = was
        return why_not


@mutant
class UndoesBesideItsSteps(OrderSagaWorkflow):
    """The handler rolls back while the steps go on."""

    @override
    def _record_cancel_request(self, reason: str) -> None:
        self._cancel_request = reason
        self._beside = asyncio.create_task(self._roll_back())


@mutant
class CountsACancelledOrderAsDone(OrderSagaWorkflow):
    """It returns instead of closing as cancelled, which misleads its operator."""

    @override
    def _end_of_rollback(self, error: BaseException | None) -> OrderResult:
        if self._cancelled_from_outside:
            return self._end(OrderStatus.COMPLETED)
        return super()._end_of_rollback(error)


@mutant
class RefusesAndCancelsAllTheSame(OrderSagaWorkflow):
    """The answer says that it is too late, by a field and without an error; then all is undone."""

    @workflow.update
    @override
    def request_cancel(self, reason: str) -> CancelAnswer:  # type: ignore[override]
        why_not = self._why_not_cancel()
        self._record_cancel_request(reason)
        return CancelAnswer(accepted=why_not is None, why_not=why_not)


MUTANTS = (
    Mutant(
        name="cancel raises in its handler",
        anomaly="B10",
        why="the workflow fails where it stands, and nothing is undone",
        saga=saga(RaisesInItsSignalHandler),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="except Exception",
        anomaly="B9",
        why="a cancelled workflow undoes nothing, because CancelledError is no Exception",
        saga=saga(CatchesExceptionOnly),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="except CancelledError",
        anomaly="B9",
        why="a cancel during a step is an ActivityError, and nothing is undone",
        saga=saga(UndoesOnCancelledErrorOnly),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="cancelled step taken for done",
        anomaly="B10",
        why="the parcel is sent although the charge was cancelled",
        saga=saga(GoesOnWithoutTheCancelledStep),
        breaks=frozenset({"I8"}),
    ),
    Mutant(
        name="cancellation swallowed",
        anomaly="B10",
        why="the client gets the answer cancelled, and the order completes",
        saga=saga(SwallowsTheCancellation),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="cancel lost at the end of a step",
        anomaly="B11",
        why="a cancellation that arrives with the end of a step finds no step to interrupt",
        saga=saga(LosesACancelAtTheEndOfAStep),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="rollback cut short by a cancel",
        anomaly="B8",
        why="the second cancel interrupts the undos, and the others are never made",
        saga=saga(CancelsItsRollback),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="cancel accepted after the pivot",
        anomaly="B12",
        why="the customer has the confirmation, and the order is undone",
        saga=saga(CancelsAfterThePivot),
        also=("B27",),
        breaks=frozenset({EXPECTATION}),
    ),
    Mutant(
        name="refused, and carried out",
        anomaly="B12",
        why="the customer is told that the order stands, gets the mail, and the order is undone",
        saga=saga(RefusesAndCancelsAllTheSame),
        breaks=frozenset({"I9"}),
    ),
    Mutant(
        name="rollback beside the steps",
        anomaly="B13",
        why="the handler undoes the steps while later steps still run",
        saga=saga(UndoesBesideItsSteps),
        breaks=frozenset({"I10"}),
    ),
    Mutant(
        name="cancelled order says completed",
        anomaly="E7",
        why="everything is undone, and the result promises a parcel",
        saga=saga(CountsACancelledOrderAsDone),
        breaks=frozenset({"I2", "I6"}),
    ),
)
