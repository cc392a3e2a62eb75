"""How a signal and an update to an order are written."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from sagacheck.language.model.problems import problem
from sagacheck.language.model.references import MessageName, OrderRef
from sagacheck.language.model.written import Written
from sagacheck.language.yaml.scalars import OtherNumber


def _json(value: Any) -> Any:
    """`value` as JSON. A number may have a fraction here: it goes to the workflow as it is."""
    match value:
        case OtherNumber():
            number = float(value.text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            if not math.isfinite(number):
                raise problem("not a number in JSON", "infinity and NaN are none; leave it out")
            return number
        case list():
            return [_json(item) for item in value]
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case _:
            return value


AnyJson = Annotated[Any, PlainValidator(_json), WithJsonSchema({})]
Arguments = Annotated[
    tuple[AnyJson, ...],
    Field((), description="Its arguments, as JSON.", examples=[["changed my mind"]]),
]
Recipient = Annotated[
    OrderRef, Field(description="The order whose workflow gets it.", examples=["o1"])
]


class SignalEntry(Written):
    """A signal to the workflow of an order."""

    to: Recipient
    name: Annotated[str, MessageName("signal", "signals")] = Field(
        description="The name of the signal, which the workflow must handle.", examples=["cancel"]
    )
    args: Arguments = ()


class UpdateEntry(Written):
    """An update to the workflow of an order."""

    to: Recipient
    name: Annotated[str, MessageName("update", "updates")] = Field(
        description="The name of the update, which the workflow must handle.",
        examples=["request_cancel"],
    )
    args: Arguments = ()
