"""How the arguments of faults are written. A new kind of argument is one entry of `ARGUMENTS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

import msgspec
from pydantic import Field, Strict, Tag, model_validator

from sagacheck.language.model.constraints import ByShape, Matching
from sagacheck.language.model.problems import problem
from sagacheck.language.model.vocabulary import Duration, PositiveDuration
from sagacheck.language.model.written import Written
from sagacheck.network import Argument

ErrorStatus = Annotated[int, Strict(), Field(ge=400, le=599)]
AnyStatus = Annotated[int, Strict(), Field(ge=200, le=599)]
Copies = Annotated[int, Strict(), Field(ge=2, le=10)]


class Rejection(Written):
    """An error as answer."""

    status: ErrorStatus = Field(description="The HTTP status.", examples=[503])
    code: Annotated[str, Matching("an error code", r"^\w{1,64}$", "it is one word")] | None = Field(
        None,
        description="The `error` field of the body; by default the one that fits the operation.",
        examples=["payment_declined"],
    )
    retry_after: Duration | None = Field(
        None, description="The `Retry-After` header.", examples=["2s"]
    )


class Window(Written):
    """A span of time."""

    start: Duration = Field(alias="from", description="Its first moment.", examples=["0s"])
    end: Duration = Field(alias="to", description="The first moment after it.", examples=["2h"])

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.end <= self.start:
            what = "a span of time that ends before it begins"
            raise problem(what, "'to' must be later than 'from'", value=f"to {self.end:g}s")
        return self


class _ArgumentForm(msgspec.Struct, frozen=True):
    """How an argument is written.

    Attributes:
        type: What may stand there.
        example: What might stand there.
        fields: The fields of a `Fault` that it fills.
    """

    type: Any
    example: Any
    fields: Callable[[Any], Mapping[str, Any]]


def _rejection_fields(written: int | Rejection) -> Mapping[str, Any]:
    return {"status": written} if isinstance(written, int) else written.model_dump()


def _window_fields(written: Window) -> Mapping[str, Any]:
    return {"start": written.start, "end": written.end}


ARGUMENTS: Mapping[Argument, _ArgumentForm] = {
    Argument.STATUS: _ArgumentForm(AnyStatus, 502, lambda status: {"status": status}),
    Argument.REJECTION: _ArgumentForm(
        Annotated[
            Annotated[ErrorStatus, Tag("<number>")] | Annotated[Rejection, Tag("<mapping>")],
            ByShape("not a rejection", "write a status, or {status: 503, retry_after: 2s}"),
        ],
        {"status": 503, "retry_after": "2s"},
        _rejection_fields,
    ),
    Argument.DURATION: _ArgumentForm(PositiveDuration, "45s", lambda delay: {"delay": delay}),
    Argument.COUNT: _ArgumentForm(Copies, 3, lambda copies: {"copies": copies}),
    Argument.WINDOW: _ArgumentForm(Window, {"from": "0s", "to": "2h"}, _window_fields),
}
"""How each kind of argument is written."""
