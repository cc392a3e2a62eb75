"""The keys of an event."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from sagacheck.language.model.constraints import Among, one_key_of
from sagacheck.language.model.problems import KEY, problem, problems_at
from sagacheck.language.model.references import OperationName, OrderRef
from sagacheck.language.model.vocabulary import Duration, PositiveNumber
from sagacheck.language.model.written import Written
from sagacheck.language.scenario import CancelBy, EventKind

_MOMENTS = ("before", "during", "after", "at")


class WhenEntry(Written):
    """The moment of an event: before, during or after a call, or at a time."""

    model_config = ConfigDict(json_schema_extra=one_key_of(*_MOMENTS))

    before: OperationName | None = Field(
        None,
        description="Just before a call of this operation is sent.",
        examples=["shipping.create"],
    )
    during: OperationName | None = Field(
        None,
        description=(
            "While its caller waits for the reply, 10 ms after it is sent; the reply comes 10 ms "
            "later, or later still if a fault says so. Without a fault it has taken effect."
        ),
        examples=["payments.charge"],
    )
    after: OperationName | None = Field(
        None,
        description="Once the caller of this operation has its outcome.",
        examples=["payments.charge"],
    )
    call: PositiveNumber | None = Field(
        None,
        description="The number of the call, counted for each order; by default 1.",
        examples=[1],
    )
    at: Duration | None = Field(None, description="The time since the beginning.", examples=["30s"])

    @model_validator(mode="after")
    def _is_one_moment(self) -> Self:
        moments = [name for name in _MOMENTS if name in self.model_fields_set]
        if len(moments) != 1:
            what = "two moments" if moments else "no moment"
            rule = "write one of before, during, after and at"
            raise problem(what, rule, value=" and ".join(moments))
        if moments == ["at"] and self.call is not None:
            rule = "calls are counted with before, during and after only"
            raise problems_at({("call", KEY): problem("a call at a time", rule, value="'call'")})
        return self


def _true(value: Any) -> bool:
    if value is not True:
        raise problem("not true", "heal ends all faults; its only value is true", "true")
    return True


Heal = Annotated[bool, PlainValidator(_true), WithJsonSchema({"const": True})]


CancelWay = Annotated[str, Among("means to cancel", tuple(way.value for way in CancelBy))]


class EventEntry(Written):
    """An action of a client or an operator. It has one of the first five keys."""

    model_config = ConfigDict(json_schema_extra=one_key_of(*EventKind))

    cancel: OrderRef | None = Field(
        None, description="Ask for this order to be cancelled.", examples=["o1"]
    )
    submit: OrderRef | None = Field(None, description="Place this order again.", examples=["o1"])
    terminate: OrderRef | None = Field(
        None, description="Terminate this order's workflow.", examples=["o1"]
    )
    query: OrderRef | None = Field(
        None, description="Ask this order for its status.", examples=["o1"]
    )
    heal: Heal | None = Field(None, description="All faults end.", examples=[True])
    when: WhenEntry = Field(
        description="When it happens.", examples=[{"after": "payments.charge"}, {"at": "30s"}]
    )
    reason: str | None = Field(
        None, description="Why the order is cancelled.", examples=["changed my mind"]
    )
    by: CancelWay | None = Field(
        None,
        description="How the client cancels; by default by the best means of the workflow.",
        examples=["signal"],
    )

    @property
    def kind(self) -> EventKind:
        """The kind of the event."""
        return self._kinds[0]

    @property
    def _kinds(self) -> list[EventKind]:
        return [kind for kind in EventKind if kind in self.model_fields_set]

    @model_validator(mode="after")
    def _is_one_event(self) -> Self:
        if len(self._kinds) != 1:
            what = "two events in one" if self._kinds else "no event"
            rule = f"write one of {', '.join(EventKind)}"
            raise problem(what, rule, value=" and ".join(self._kinds))
        if self.kind is not EventKind.CANCEL:
            rule = "it belongs to a cancel"
            surplus = [name for name in ("reason", "by") if name in self.model_fields_set]
            what = f"a key that does not fit {self.kind}"
            if surplus:
                raise problems_at({(n, KEY): problem(what, rule, value=repr(n)) for n in surplus})
        return self
