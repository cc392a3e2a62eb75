"""A scenario file as a whole, but for what its dialect makes of `given` and `orders`.

The JSON Schema is made from this model and those it uses, so every key says there what it means.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from sagacheck.language.model.events import EventEntry
from sagacheck.language.model.expect import Expect
from sagacheck.language.model.faults import FaultEntry
from sagacheck.language.model.given import GivenWords
from sagacheck.language.model.orders import OrderWords
from sagacheck.language.model.rules import Written, refusal, refused_at
from sagacheck.language.model.vocabulary import AnomalyId, Line, Prose, TagWord


class ScenarioFile(Written):
    """A story of failures, and how it should end."""

    scenario: Line = Field(
        description="What happens, in one line.",
        examples=["the charge commits, its reply is lost, then shipping is down"],
    )
    why: Prose = Field(
        description="What it shows.",
        examples=["an unknown outcome must be undone by key and never charged twice"],
    )
    tags: tuple[TagWord, ...] = Field(
        (), description="Words to select it by.", examples=[["payments", "ambiguous"]]
    )
    covers: tuple[AnomalyId, ...] = Field(
        (),
        description="The anomalies that it is about; docs/anomalies.md tells what they are.",
        examples=[["A2", "B2"]],
    )
    given: GivenWords
    orders: tuple[OrderWords, ...]
    faults: tuple[FaultEntry, ...] = Field(
        (),
        description="What fails.",
        examples=[[{"on": "payments.charge", "fault": "drop_response"}]],
    )
    events: tuple[EventEntry, ...] = Field(
        (),
        description="What somebody outside does meanwhile.",
        examples=[[{"cancel": "o1", "when": {"after": "payments.charge"}}]],
    )
    expect: Expect = Field(
        description="How it should end.", examples=[{"o1": {"status": "completed"}}]
    )

    @field_validator("orders")
    @classmethod
    def _ids_are_unique(cls, orders: tuple[OrderWords, ...]) -> tuple[OrderWords, ...]:
        ids = [order.id for order in orders]
        again = [index for index, name in enumerate(ids) if name in ids[:index]]
        rule = "each order has an id of its own"
        if again:
            raise refused_at(
                {(i, "id"): refusal("duplicate order", rule, value=repr(ids[i])) for i in again}
            )
        return orders
