"""A scenario file as a whole. Its dialect replaces the models of `given` and `orders`.

The JSON Schema is made from this model and those it uses, so every key is described in them.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sagacheck.language.model.events import EventEntry
from sagacheck.language.model.expect import Expect
from sagacheck.language.model.faults import FaultEntry
from sagacheck.language.model.given import GivenWords
from sagacheck.language.model.orders import OrderWords
from sagacheck.language.model.problems import Location, problem, problems_at
from sagacheck.language.model.vocabulary import AnomalyId, Line, Prose, TagWord
from sagacheck.language.model.written import Written


class ScenarioFile(Written):
    """The failures of one run, and how its orders should end."""

    scenario: Line = Field(
        description="What happens, in one line.",
        examples=["the charge commits, its reply is lost, then shipping is down"],
    )
    why: Prose = Field(
        description="Why it matters.",
        examples=["an unknown outcome must be undone by key and never charged twice"],
    )
    tags: tuple[TagWord, ...] = Field(
        (), description="Words to select scenarios by.", examples=[["payments", "ambiguous"]]
    )
    covers: tuple[AnomalyId, ...] = Field(
        (),
        description="The anomalies that it covers, by their ids in docs/anomalies.md.",
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
        description="What clients and operators do while the orders run.",
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
            raise problems_at(
                {(i, "id"): problem("duplicate order", rule, value=repr(ids[i])) for i in again}
            )
        return orders

    @model_validator(mode="after")
    def _later_ids_are_new(self) -> Self:
        taken = {order.id for order in self.orders}
        again: dict[Location, PydanticCustomError] = {}
        for index, event in enumerate(self.events):
            if event.new_id is not None and event.new_id in taken:
                rule = "it is the id of an order already; without as, an order is placed again"
                again["events", index, "as"] = problem(
                    "duplicate order", rule, value=repr(event.new_id)
                )
            taken |= {event.new_id or ""}
        if again:
            raise problems_at(again)
        return self
