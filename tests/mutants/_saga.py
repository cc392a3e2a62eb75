"""Our saga, made easy to spoil: subclass one part, override one method, and put it back together.

Overrides carry ``@override``, so that the type checker finds one whose original is gone: a bug that
is never met would be no bug.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import httpx
from temporalio import workflow

from fakes import ServiceFactory, order_services
from orders.activities import OrderActivities
from orders.models import PlacedOrder
from orders.workflow import OrderSagaWorkflow
from scenarios.saga import SagaUnderTest, order_saga

HTTP = httpx.AsyncClient()
OURS = order_saga()

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
    """Make a subclass of our workflow a workflow: the SDK wants a `run` of the very class."""
    if "run" not in vars(cls):
        parent: Any = cls.__mro__[1]

        # The SDK compares the parameters with those of `__init__`, whose `self` has no type.
        async def run(self, order: PlacedOrder) -> Any:  # type: ignore[no-untyped-def]  # noqa: ANN001
            return await parent.run(self, order)

        run.__qualname__ = f"{cls.__qualname__}.run"
        run.__module__ = cls.__module__
        cls.run = workflow.run(run)  # type: ignore[method-assign]
    return workflow.defn(cls)
