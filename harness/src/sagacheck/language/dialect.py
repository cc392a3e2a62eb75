"""The language for one kind of saga: the names of its operations, and how it writes orders."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import Annotated, Any

import msgspec
from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from sagacheck.language.model.constraints import Filled
from sagacheck.language.model.events import EventEntry, OrderChanges
from sagacheck.language.model.file import ScenarioFile
from sagacheck.language.model.given import GivenWords
from sagacheck.language.model.orders import OrderWords
from sagacheck.language.model.references import Declared, Messages
from sagacheck.services import OperationTable

MOST_ORDERS = 50
"""So many orders a scenario may have."""


class Dialect(msgspec.Struct, frozen=True, dict=True):
    """The language as it is spoken about one set of services and one kind of order.

    Attributes:
        operations: The services' operations, whose names stand in scenarios.
        orders: How an order is written.
        given: How the world at the beginning is written.
        messages: The names of the signals and updates that the workflow handles; any by default.
    """

    operations: OperationTable
    orders: type[OrderWords] = OrderWords
    given: type[GivenWords] = GivenWords
    messages: Messages = msgspec.field(default_factory=Messages)

    @cached_property
    def file(self) -> type[ScenarioFile]:
        """The model of a file."""
        fields: dict[str, Any] = {
            "given": (
                self.given,
                Field(
                    default_factory=self.given,
                    description="The world at the beginning.",
                    examples=[{"stock": {"WIDGET": 5}}],
                ),
            ),
            "orders": (
                Annotated[
                    tuple[self.orders, ...],  # type: ignore[name-defined]  # a class by any name
                    Field(max_length=MOST_ORDERS),
                    Filled("a scenario has at least one order", "[{id: o1}]"),
                ],
                Field(description="The orders that are placed.", examples=[[{"id": "o1"}]]),
            ),
        }
        events = ScenarioFile.model_fields["events"]
        fields["events"] = (tuple[self._event, ...], events)  # type: ignore[name-defined]  # as above
        return create_model(
            "ScenarioFile", __base__=ScenarioFile, __doc__=ScenarioFile.__doc__, **fields
        )

    @cached_property
    def _event(self) -> type[EventEntry]:
        """The model of an event, whose `changes` have the keys of an order."""
        keys: dict[str, Any] = {
            name: (each.annotation, _unset(each))
            for name, each in self.orders.model_fields.items()
            if name != "id"
        }
        changes = create_model(
            "OrderChanges", __base__=OrderChanges, __doc__=OrderChanges.__doc__, **keys
        )
        *_, (name, (_, any_key)) = keys.items()
        changed = Field(
            None,
            description="What is different in the order that is placed.",
            examples=[{name: (any_key.examples or [None])[0]}],
        )
        return create_model(
            "EventEntry",
            __base__=EventEntry,
            __doc__=EventEntry.__doc__,
            changes=(changes | None, changed),
        )

    def written(self, data: Mapping[str, Any]) -> ScenarioFile:
        """Check the content of a file.

        Raises:
            pydantic.ValidationError: When it is no scenario; `explain` reads it.
        """
        declared = Declared.by(
            data, self.operations, self.messages, self.orders, self.orders.skus_in
        )
        return self.file.model_validate(_without_nothing(data), context=declared)


def _unset(field: FieldInfo) -> FieldInfo:
    """The same field without its default: what is not written is not changed."""
    unset = copy(field)
    unset.default, unset.default_factory = None, None
    return unset


def _without_nothing(value: Any) -> Any:
    """`value` without the keys that the reader has found no value for, as if they were left out."""
    match value:
        case dict():
            present = {key: each for key, each in value.items() if each is not None}
            return {key: _without_nothing(each) for key, each in present.items()}
        case list():
            return [_without_nothing(each) for each in value]
        case _:
            return value
