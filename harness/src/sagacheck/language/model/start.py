"""How the start of an order's workflow is written: what a client gives to ``start_workflow``."""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from sagacheck.language.model.problems import problem, problems_at
from sagacheck.language.model.vocabulary import ErrorName, PositiveDuration, PositiveNumber
from sagacheck.language.model.written import Written
from sagacheck.language.scenario import Retries, StartOptions
from sagacheck.language.yaml.scalars import OtherNumber


def _coefficient(value: Any) -> float:
    number = float(str(value)) if type(value) is int or isinstance(value, OtherNumber) else 0.0
    if 1 <= number < math.inf:
        return number
    raise problem("not a coefficient", "it is a number, at least 1")


Coefficient = Annotated[
    float, PlainValidator(_coefficient), WithJsonSchema({"type": "number", "minimum": 1})
]


class RetryEntry(Written):
    """Whether Temporal runs a workflow again that has failed or timed out."""

    maximum_attempts: PositiveNumber | None = Field(
        None, description="The most runs, the first included; by default no limit.", examples=[3]
    )
    initial_interval: PositiveDuration | None = Field(
        None, description="The time before the second run; by default 1s.", examples=["10s"]
    )
    backoff_coefficient: Coefficient | None = Field(
        None,
        description="How many times longer each interval is than the one before; by default 2.",
        examples=[1, 1.5],
    )
    maximum_interval: PositiveDuration | None = Field(
        None, description="The longest; by default a hundred times the first.", examples=["1h"]
    )
    non_retryable_error_types: tuple[ErrorName, ...] = Field(
        (),
        description="After these errors there is no other run.",
        examples=[["PaymentDeclined"]],
    )

    @model_validator(mode="after")
    def _grows(self) -> Self:
        first = self.meant().initial_interval
        if self.maximum_interval is not None and self.maximum_interval < first:
            rule = f"it is at least initial_interval, {first:g}s"
            short = problem("too short", rule, value=f"{self.maximum_interval:g}s")
            raise problems_at({("maximum_interval",): short})
        return self

    def meant(self) -> Retries:
        """The policy."""
        written = {name: getattr(self, name) for name in self.model_fields_set}
        return Retries(**written)


class StartEntry(Written):
    """What a client gives to Temporal when it starts the workflow of an order."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    execution_timeout: PositiveDuration | None = Field(
        None,
        description="How long all runs of the workflow may take together; by default for ever.",
        examples=["1h"],
    )
    run_timeout: PositiveDuration | None = Field(
        None, description="How long one run may take; by default for ever.", examples=["10m"]
    )
    retry_policy: RetryEntry | None = Field(
        None,
        description="Temporal runs the workflow again after it has failed; by default it does not.",
        examples=[{"maximum_attempts": 3}],
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            rule = f"write {', '.join(type(self).model_fields)}, or leave it out"
            raise problem("empty", rule, value="{}")
        return self

    def meant(self) -> StartOptions:
        """The options."""
        return StartOptions(
            execution_timeout=self.execution_timeout,
            run_timeout=self.run_timeout,
            retry_policy=self.retry_policy.meant() if self.retry_policy else None,
        )
