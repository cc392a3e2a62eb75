"""Our saga in parts: a mutant subclasses one part, overrides one method, and reassembles the saga.

Overrides carry ``@override``, so that the type checker finds one whose original is gone: a bug that
is never met would be no bug.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from typing_extensions import override

from fakes import order_services
from orders.activities import OrderActivities
from orders.messages import ReleaseInventory
from orders.models import PlacedOrder
from orders.workflow import (
    RESERVATION_TRUSTED,
    UNDO_RETRIES,
    UNDO_TIMEOUT,
    OrderSagaWorkflow,
    _Undo,
)
from sagacheck.inprocess import FakesClient
from sagacheck.saga import SagaUnderTest
from sagacheck.services import ServiceFactory
from scenarios import SAGA

HTTP = FakesClient()
OURS = SAGA

_Workflow = TypeVar("_Workflow", bound=type[OrderSagaWorkflow])


def saga(
    workflow_class: type[OrderSagaWorkflow] = OrderSagaWorkflow,
    *,
    activities: type[OrderActivities] = OrderActivities,
    services: ServiceFactory = order_services,
    **how_it_is_run: Any,
) -> SagaUnderTest:
    """Our saga with some part of it, or of the world around it, replaced."""
    return replace(
        OURS,
        workflow=workflow_class,
        activities=activities(HTTP).all(),
        services=services,
        **how_it_is_run,
    )


def mutant(cls: _Workflow) -> _Workflow:
    """Make a subclass of our workflow a workflow: the SDK requires a `run` in the class itself."""
    if "run" not in vars(cls):
        parent: Any = cls.__mro__[1]

        # The SDK compares the parameters with those of `__init__`, whose `self` has no type.
        async def run(self, order: PlacedOrder) -> Any:  # type: ignore[no-untyped-def]  # noqa: ANN001
            return await parent.run(self, order)

        run.__qualname__ = f"{cls.__qualname__}.run"
        run.__module__ = cls.__module__
        cls.run = workflow.run(run)  # type: ignore[method-assign]
    return workflow.defn(cls)


class InPieces(OrderSagaWorkflow):
    """Our steps with names of their own, to be put in another order."""

    async def _hold_goods(self) -> None:
        await self._reserve(_Undo(OrderActivities.release_inventory, ReleaseInventory(self._key)))

    async def _take_money(self) -> None:
        if self._order.total:
            await self._charge()

    async def _look_again(self, reserved_at: datetime) -> None:
        if workflow.now() - reserved_at > RESERVATION_TRUSTED:
            await self._reserve(undo=None)

    async def _confirm_order(self) -> None:
        self._refuse_if_cancelled()
        self._confirming = True
        await self._confirm()

    @override
    async def _take_steps(self) -> None:
        await self._hold_goods()
        reserved_at = workflow.now()
        await self._take_money()
        await self._look_again(reserved_at)
        await self._ship()
        await self._confirm_order()


class AheadOfTime(OrderSagaWorkflow):
    """Our rollback, with undos that may have been started before their turn comes."""

    @workflow.init
    def __init__(self, order: PlacedOrder) -> None:
        super().__init__(order)
        self._started: dict[Callable[..., Any], workflow.ActivityHandle[Any]] = {}

    def _start(self, *undos: _Undo) -> None:
        self._started = {
            undo.activity: workflow.start_activity_method(
                undo.activity,
                undo.message,
                start_to_close_timeout=UNDO_TIMEOUT,
                retry_policy=UNDO_RETRIES,
            )
            for undo in undos
        }

    @override
    async def _compensate(self, undo: _Undo) -> None:
        await self._started[undo.activity]
