"""The saga under test: ours, or any other."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import temporalio.converter
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.worker import Interceptor
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from sagacheck.importing import load_object
from sagacheck.language import CancelBy
from sagacheck.services import OperationTable
from sagacheck.temporal import sdk
from sagacheck.world import ServiceFactory, World, order_services

if TYPE_CHECKING:
    from sagacheck.language import Dialect, GivenWords, OrderWords


@dataclass(frozen=True, kw_only=True)
class SagaUnderTest:
    """A saga and how it is run.

    Attributes:
        workflow: The workflow class.
        activities: Its activities, as a worker takes them.
        data_converter: The converter that its workers and clients use.
        workflow_id: The id of the workflow that runs an order.
        id_reuse_policy: What its client says about an order id that was used before.
        completed_means: The creates whose effects must be live when an order completes; all
            creates of the services by default.
        children: The workflows that `workflow` starts as its children. The id of a child begins
            with its parent's id and a slash, so that its calls are known to be the order's.
        search_attributes: Those that its workflows set. They are added to the Temporal server, and
            whatever is not among them is refused, as a server does that nobody has told of it.
        interceptors: What its workers have around its workflows and activities, the first of them
            outermost.
        services: Makes the services around it, those of `fakes` by default.
        orders: How scenarios write what is placed with it; orders of goods by default.
        given: How scenarios write the world at the beginning; by default as for orders of goods,
            or where `orders` is something else, only what all services have in common.
    """

    workflow: type
    activities: Sequence[Callable[..., Any]]
    data_converter: temporalio.converter.DataConverter = temporalio.converter.DataConverter.default
    workflow_id: str = "order-{order_id}"
    id_reuse_policy: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE
    completed_means: tuple[str, ...] | None = None
    children: Sequence[type] = ()
    search_attributes: Sequence[SearchAttributeKey[Any]] = ()
    interceptors: Sequence[Interceptor] = ()
    services: ServiceFactory = order_services
    orders: type[OrderWords] | None = None
    given: type[GivenWords] | None = None

    @cached_property
    def operations(self) -> OperationTable:
        """What the services offer."""
        return World(services=self.services).operations

    @cached_property
    def dialect(self) -> Dialect:
        """The language of its scenarios."""
        from sagacheck.language import (  # noqa: PLC0415
            Dialect,  # noqa: PLC0415 - whoever writes a saga needs none
            Given,
            GivenWords,
            OrderEntry,  # noqa: PLC0415
        )

        given = GivenWords if self.orders else Given
        return Dialect(self.operations, self.orders or OrderEntry, self.given or given)

    @cached_property
    def workflow_name(self) -> str:
        """The name under which the workflow is registered."""
        return sdk.workflow_definition(self.workflow).name or self.workflow.__name__

    @cached_property
    def signals(self) -> frozenset[str]:
        """The signals that the workflow handles."""
        return frozenset(name for name in sdk.workflow_definition(self.workflow).signals if name)

    @cached_property
    def updates(self) -> frozenset[str]:
        """The updates that the workflow handles."""
        return frozenset(name for name in sdk.workflow_definition(self.workflow).updates if name)

    @cached_property
    def queries(self) -> frozenset[str]:
        """The queries that the workflow answers."""
        return frozenset(name for name in sdk.workflow_definition(self.workflow).queries if name)

    @property
    def means_to_cancel(self) -> tuple[CancelBy, ...]:
        """The means by which the workflow can be cancelled, the best one first."""
        return (
            *([CancelBy.SIGNAL] if "cancel" in self.signals else []),
            *([CancelBy.UPDATE] if "request_cancel" in self.updates else []),
            CancelBy.WORKFLOW,
        )

    @cached_property
    def sandboxed(self) -> bool:
        """Whether the SDK's workflow sandbox can import the workflow; if not, it runs without."""
        try:
            SandboxedWorkflowRunner().prepare_workflow(sdk.workflow_definition(self.workflow))
        except Exception:  # noqa: BLE001 - whatever the import runs into, that is the answer
            return False
        return True

    @cached_property
    def takes_float_prices(self) -> bool:
        """Whether the workflow's type hints say that a price is a float."""
        hints = sdk.workflow_definition(self.workflow).arg_types or []
        return any(_price_is_float(hint, frozenset()) for hint in hints)


def order_saga() -> SagaUnderTest:
    """The saga of this project."""
    from temporalio.contrib.pydantic import pydantic_data_converter  # noqa: PLC0415

    from orders.activities import OrderActivities  # noqa: PLC0415
    from orders.workflow import OrderSagaWorkflow  # noqa: PLC0415
    from sagacheck.inprocess import FakesClient  # noqa: PLC0415

    return SagaUnderTest(
        workflow=OrderSagaWorkflow,
        activities=OrderActivities(FakesClient()).all(),
        data_converter=pydantic_data_converter,
    )


def load_saga(reference: str) -> SagaUnderTest:
    """The saga that ``module:NAME`` or ``path/to/file.py:NAME`` names.

    Raises:
        NotImportableError: There is no such file, module or name, or it is no `SagaUnderTest`.
    """
    return load_object(reference, SagaUnderTest, "--saga")


def saga_words(reference: str | None) -> tuple[str, ...]:
    """What a command says of its saga, for one that repeats it; nothing of our own."""
    return ("--saga", reference) if reference else ()


def _price_is_float(hint: Any, seen: frozenset[Any]) -> bool:
    """Whether a field called ``price`` somewhere below `hint` is a float."""
    if hint in seen:
        return False
    for name, inner in _fields_of(hint):
        if name == "price":
            return inner is float or float in typing.get_args(inner)
        if _price_is_float(inner, seen | {hint}):
            return True
    return any(_price_is_float(inner, seen | {hint}) for inner in _arguments_of(hint))


def _fields_of(hint: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or hasattr(hint, "model_fields")):
        yield from typing.get_type_hints(hint).items()


def _arguments_of(hint: Any) -> list[Any]:
    """The types that a generic alias or a union is made of, but not the metadata of Annotated."""
    if typing.get_origin(hint) is typing.Annotated:
        return [typing.get_args(hint)[0]]
    return [argument for argument in typing.get_args(hint) if not isinstance(argument, list)]
