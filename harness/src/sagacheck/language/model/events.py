"""The keys of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from sagacheck.language.model.constraints import Among, ByShape, one_key_of
from sagacheck.language.model.messages import SignalEntry, UpdateEntry
from sagacheck.language.model.problems import KEY, PROBLEM, Location, problem, problems_at
from sagacheck.language.model.references import OperationName, OrderRef, changed, declared
from sagacheck.language.model.vocabulary import Duration, Identifier, PositiveNumber
from sagacheck.language.model.written import Written
from sagacheck.language.scenario import CancelBy, EventKind

_MOMENTS = ("before", "during", "after", "at")
WAITING = "waiting"


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


_WHEN_RULE = "write waiting, {before: …}, {during: …}, {after: …} or {at: 30s}"
WhenForm = Annotated[
    Annotated[Annotated[str, Among("moment", (WAITING,), _WHEN_RULE)], Tag("<text>")]
    | Annotated[WhenEntry, Tag("<mapping>")],
    ByShape("not a moment", _WHEN_RULE),
]


def _true(value: Any) -> bool:
    if value is not True:
        raise problem("not true", "heal ends all faults; its only value is true", "true")
    return True


Heal = Annotated[bool, PlainValidator(_true), WithJsonSchema({"const": True})]


CancelWay = Annotated[str, Among("means to cancel", tuple(way.value for way in CancelBy))]


class OrderChanges(Written):
    """What is different in an order that is placed again; the keys are those of an order."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise problem("empty", "write what is different, or leave it out", value="{}")
        return self


class EventEntry(Written):
    """An action of a client or an operator. It has one of the first seven keys."""

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
    signal: SignalEntry | None = Field(
        None,
        description="Send a signal to an order.",
        examples=[{"to": "o1", "name": "cancel", "args": ["changed my mind"]}],
    )
    update: UpdateEntry | None = Field(
        None,
        description="Send an update to an order.",
        examples=[{"to": "o1", "name": "request_cancel", "args": ["changed my mind"]}],
    )
    heal: Heal | None = Field(None, description="All faults end.", examples=[True])
    when: WhenForm = Field(
        description=(
            "When it happens. The order is waiting while its workflow has no task, no activity "
            "and no child under way; a timer may run."
        ),
        examples=[{"after": "payments.charge"}, {"at": "30s"}, WAITING],
    )
    times: PositiveNumber | None = Field(
        None,
        description="How often it happens, each time that the order waits; by default once.",
        examples=[2],
    )
    after: Duration | None = Field(
        None, description="How long the order has been waiting by then.", examples=["1h"]
    )
    reason: str | None = Field(
        None, description="Why the order is cancelled.", examples=["changed my mind"]
    )
    by: CancelWay | None = Field(
        None,
        description="How the client cancels; by default by the best means of the workflow.",
        examples=["signal"],
    )
    # A dialect puts the keys of its orders into it.
    changes: OrderChanges | None = None
    new_id: Identifier | None = Field(
        None, alias="as", description="The id of the order that is placed then.", examples=["o2"]
    )
    _submits: Written | None = PrivateAttr(None)
    _raw_changes: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def kind(self) -> EventKind:
        """The kind of the event."""
        return self._kinds[0]

    @property
    def order(self) -> str | None:
        """The order concerned; ``None`` for `heal`."""
        match self.kind:
            case EventKind.HEAL:
                return None
            case EventKind.SIGNAL | EventKind.UPDATE:
                message = self.signal or self.update
                return message.to if message else None
            case kind:
                return str(getattr(self, kind))

    @property
    def submits(self) -> Written | None:
        """The changed order that is placed; ``None`` where it is as it was."""
        return self._submits

    @property
    def raw_changes(self) -> Mapping[str, Any]:
        """What `changes` says, as it is written."""
        return self._raw_changes

    @property
    def _kinds(self) -> list[EventKind]:
        return [kind for kind in EventKind if kind in self.model_fields_set]

    @model_validator(mode="wrap")
    @classmethod
    def _places_an_order(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        event = handler(data)
        other = event.changes is not None or event.new_id is not None
        if event.submit is not None and other:
            event.take_order(_placed_by(data, info), data.get("changes", {}))
        return event

    def take_order(self, submits: Written | None, raw_changes: Mapping[str, Any]) -> None:
        """Keep what is placed instead of the order, and the changes as they are written."""
        self._submits, self._raw_changes = submits, raw_changes

    @model_validator(mode="after")
    def _is_one_event(self) -> Self:
        if len(self._kinds) != 1:
            what = "two events in one" if self._kinds else "no event"
            rule = f"write one of {', '.join(EventKind)}"
            raise problem(what, rule, value=" and ".join(self._kinds))
        surplus: dict[Location, PydanticCustomError] = {
            (name, KEY): problem(f"a key that does not fit {self.kind}", rule, value=repr(name))
            for name, rule in self._rules_broken()
        }
        if surplus:
            raise problems_at(surplus)
        if self.kind is EventKind.HEAL and self.when == WAITING:
            rule = "heal concerns no order that could wait; write a time or a call"
            raise problems_at({("when",): problem("a moment that does not fit heal", rule)})
        return self

    def _rules_broken(self) -> list[tuple[str, str]]:
        """The keys that do not fit the others, each with its rule."""
        wrong: dict[str, str] = {}
        if self.kind is not EventKind.CANCEL:
            wrong |= dict.fromkeys(("reason", "by"), "it belongs to a cancel")
        if self.kind is not EventKind.SUBMIT:
            wrong |= dict.fromkeys(("changes", "as"), "it belongs to a submit")
        if self.when != WAITING:
            wrong |= dict.fromkeys(("times", "after"), f"it belongs to when: {WAITING}")
        written = {
            field.alias or name
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
        }
        return [(name, rule) for name, rule in wrong.items() if name in written]


def _placed_by(data: Mapping[str, Any], info: ValidationInfo) -> Written | None:
    """The order that a submit with changes or another id places; ``None`` for one that is wrong."""
    context = declared(info)
    order = changed(context.written_orders.get(data["submit"], {}), data)
    try:
        return context.order_model.model_validate(order, context=context)
    except ValidationError as error:
        # What is wrong with the order itself is found where the order stands.
        details = [d for d in error.errors(include_url=False) if _is_about(d["loc"], data)]
        if not details:
            return None
        raise ValidationError.from_exception_data("changes", [*map(_moved, details)]) from None


def _is_about(location: tuple[str | int, ...], data: Mapping[str, Any]) -> bool:
    """Whether a problem of an order concerns what an event changes in it."""
    if location[:1] == ("id",):
        return "as" in data
    return not location or location[0] in data.get("changes", {})


def _moved(detail: ErrorDetails) -> InitErrorDetails:
    location, context = detail["loc"], detail.get("ctx", {})
    kind = detail["type"]
    return InitErrorDetails(
        type=PydanticCustomError(PROBLEM, "{what}; {rule}", context) if kind == PROBLEM else kind,
        loc=("as",) if location[:1] == ("id",) else ("changes", *location),
        input=detail["input"],
        ctx=context,
    )
