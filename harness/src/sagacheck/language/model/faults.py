"""The forms in which a fault, and the calls that get it, may be written.

They are made from the table of faults, so that a new fault needs no change here.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sagacheck.language.model.arguments import ARGUMENTS, ErrorStatus
from sagacheck.language.model.constraints import Among, ByShape, Filled, Matching, enumeration
from sagacheck.language.model.problems import hint, problem, problems_at
from sagacheck.language.model.references import OrderRef, Target, declared
from sagacheck.language.model.vocabulary import PositiveNumber
from sagacheck.language.model.written import Written
from sagacheck.network import FAULTS, Argument, Calls, Fault, FaultKind
from sagacheck.services import OperationTable

_PLAIN = tuple(kind.name for kind in FAULTS.values() if kind.argument is Argument.NONE)
_WITH_ARGUMENT = {kind.name: kind for kind in FAULTS.values() if kind.name not in _PLAIN}


def _meaning(kind: FaultKind) -> str:
    return f"{kind.position.capitalize()}: {kind.summary}."


def _example(name: str) -> str:
    """How the fault is written, as YAML on one line."""
    example = {name: ARGUMENTS[_WITH_ARGUMENT[name].argument].example}
    return str(example).replace("'", "")


def _plain_fault(name: str) -> str:
    if name == "timeout":
        # To the caller the two look alike; whether the effect is there is the whole question.
        rule = "a request that is lost has no effect, one whose reply is lost has; choose"
        raise problem("a fault that may mean two things", rule, "drop_request or drop_response")
    if name in _WITH_ARGUMENT:
        argument = _WITH_ARGUMENT[name].argument
        raise problem("a fault without its argument", f"it needs {argument}", _example(name))
    if name.isdecimal():
        raise problem("a status in quotes", "a status is a number", name)
    return Among("fault", tuple(FAULTS), f"the faults are {', '.join(FAULTS)}")(name)


class OneFault(Written):
    """A fault with its argument: a mapping of one key."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _is_one_fault(cls, data: dict[str, Any]) -> dict[str, Any]:
        if len(data) != 1:
            rule = "one fault has one key; write other faults as entries of their own"
            raise problem("not one fault", rule, value=", ".join(data) or "{}")
        (name,) = data
        if name in _PLAIN:
            raise problem("a fault that takes no argument", "write only its name", name, value=name)
        if name not in _WITH_ARGUMENT:
            rule = f"the faults are {', '.join(FAULTS)}"
            raise problem("unknown fault", rule, hint(name, FAULTS), value=repr(name))
        return data

    def as_fault(self) -> Fault:
        """The fault."""
        (name,) = self.model_fields_set
        form = ARGUMENTS[_WITH_ARGUMENT[name].argument]
        return Fault(name, **form.fields(getattr(self, name)))


_FIELDS: dict[str, Any] = {
    name: (
        ARGUMENTS[kind.argument].type,
        Field(
            None,
            description=_meaning(kind),
            examples=[ARGUMENTS[kind.argument].example],
        ),
    )
    for name, kind in _WITH_ARGUMENT.items()
}
FaultMapping = create_model(
    "FaultMapping", __base__=OneFault, __doc__="A fault with its argument.", **_FIELDS
)
"""Has a key for each fault that takes an argument."""

PlainFault = Annotated[
    str,
    AfterValidator(_plain_fault),
    WithJsonSchema(
        {"type": "string", **enumeration(_PLAIN, (_meaning(FAULTS[name]) for name in _PLAIN))}
    ),
]
FaultForm = Annotated[
    Annotated[PlainFault, Tag("<text>")]
    | Annotated[ErrorStatus, Tag("<number>")]
    | Annotated[FaultMapping, Tag("<mapping>")],
    ByShape("not a fault", "write a name, a status such as 503, or {delay_request: 45s}"),
]
"""A name, a status, or a fault with its argument."""

_CALLS_RULE = "calls are written 1, [1, 3], 2.. or all"
CallsText = Annotated[str, Matching("calls", r"^(all|[1-9][0-9]{0,5}\.\.)$", _CALLS_RULE)]
CallsForm = Annotated[
    Annotated[PositiveNumber, Tag("<number>")]
    | Annotated[tuple[PositiveNumber, ...], Filled(_CALLS_RULE), Tag("<list>")]
    | Annotated[CallsText, Tag("<text>")],
    ByShape("not calls", _CALLS_RULE),
]
"""``1``, ``[1, 3]``, ``2..`` or ``all``."""


def as_fault(written: str | int | OneFault) -> Fault:
    """The fault that the file describes."""
    match written:
        case int():
            return Fault("reject", status=written)
        case str():
            return Fault(written)
        case _:
            return written.as_fault()


def as_calls(written: int | tuple[int, ...] | str | None, fault: Fault) -> Calls:
    """The calls that the file names; by default the first, and all during an outage."""
    match written:
        case int():
            return Calls(frozenset({written}))
        case tuple():
            return Calls(frozenset(written))
        case str() if written != "all":
            return Calls(start=int(written.removesuffix("..")))
        case None if fault.kind.argument is not Argument.WINDOW:
            return Calls(frozenset({1}))
        case _:
            return Calls()


class FaultEntry(Written):
    """Something that fails. A call gets the first fault of the list that matches it."""

    on: Target = Field(
        description="An operation, or a service: all of its operations.",
        examples=["payments.charge"],
    )
    calls: CallsForm | None = Field(
        None,
        description=(
            "Which calls, counted for each order: 1, [1, 3], 2.. or all; by default the first, "
            "and all during an outage."
        ),
        examples=[1, [1, 3], "2..", "all"],
    )
    order: OrderRef | None = Field(None, description="Only for this order.", examples=["o1"])
    fault: FaultForm = Field(
        description="What happens. A status such as 503 is short for {reject: 503}.",
        examples=["drop_response", 503, {"delay_request": "45s"}],
    )

    @property
    def fault_meant(self) -> Fault:
        """The fault."""
        return as_fault(self.fault)

    @property
    def calls_meant(self) -> Calls:
        """The calls."""
        return as_calls(self.calls, self.fault_meant)

    def operations_of(self, table: OperationTable) -> frozenset[str]:
        """The operations of `table` that are meant by `on` and that the fault fits."""
        fits = self.fault_meant.fits
        meant = (op for op in table.operations if self.on in (op.name, op.service))
        return frozenset(op.name for op in meant if fits(op))

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> Self:
        table = declared(info).operations
        if self.operations_of(table):
            return self
        raise problems_at({("fault",): _does_not_fit(self.fault_meant, self.on, table)})


def _does_not_fit(fault: Fault, on: str, table: OperationTable) -> PydanticCustomError:
    meant = [op for op in table.operations if on in (op.name, op.service)]
    if not fault.kind.reads_only and all(operation.by_activity for operation in meant):
        return _does_not_fit_an_activity(fault, on)
    if fault.kind.argument is Argument.STATUS:
        what = "a fault that changes nothing"
        rule = f"{on} answers {fault.status} when it succeeds; write another status"
        return problem(what, rule, value=f"{{{fault.name}: {fault.status}}}")
    fitting = [op.name for op in table.operations if fault.fits(op)]
    what = f"a fault that does not fit {on}"
    rule = f"{fault.name} ({fault.kind.summary}) fits {', '.join(fitting)}"
    return problem(what, rule, value=repr(fault.name))


def _does_not_fit_an_activity(fault: Fault, on: str) -> PydanticCustomError:
    """Why a fault cannot happen to what an activity does by itself, and which one can."""
    if fault.kind.argument is Argument.STATUS:
        rule = f"an activity does {on} by itself: it succeeds or raises; write 400 or more"
        return problem("no error", rule, value=f"{{{fault.name}: {fault.status}}}")
    rule = f"an activity does {on} by itself and reads no HTTP reply; write drop_response"
    return problem(f"a fault that does not fit {on}", rule, value=repr(fault.name))
