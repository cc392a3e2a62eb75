"""Sagas that fail after the pivot, or lose their rollback."""

from __future__ import annotations

from temporalio import workflow
from typing_extensions import override

from orders.workflow import OrderSagaWorkflow, _Undo
from sagacheck.mutants import Mutant
from tests.mutants._saga import mutant, saga
from tests.mutants.correct_variants import UndoOne


@mutant
class FailsThoughTheParcelLeft(OrderSagaWorkflow):
    """A refusal ends the order, even after the pivot."""

    @override
    async def _let_the_order_stand(self) -> None:
        if self._shipment is None:
            self._shipment = await self._ask_for_shipment_again()
        await self._send_confirmation(self._shipment)


@mutant
class LeavesItsUndosToChildren(OrderSagaWorkflow):
    """Children that are started and not waited for end when their parent does."""

    @override
    async def _compensate(self, undo: _Undo) -> None:
        name = undo.activity.__name__
        await workflow.start_child_workflow(
            UndoOne.run,
            args=[name, vars(undo.message)],
            id=f"{workflow.info().workflow_id}/{name}",
            parent_close_policy=workflow.ParentClosePolicy.TERMINATE,
        )


MUTANTS = (
    Mutant(
        name="refusal after the pivot fails the order",
        anomaly="B16",
        why="the parcel is on its way, and the order ends as failed",
        saga=saga(FailsThoughTheParcelLeft),
        breaks=frozenset({"I7", "I11"}),
    ),
    Mutant(
        name="undos in children that die with their parent",
        anomaly="B20",
        why="the order ends before its undos, and its children end with it",
        saga=saga(LeavesItsUndosToChildren, children=(UndoOne,)),
        breaks=frozenset({"I7", "I11"}),
    ),
)
