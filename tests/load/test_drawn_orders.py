"""Orders for load that the words of a saga draw."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import Field, model_validator

from sagacheck.language import AnyOrder, Dialect, OrderWords
from sagacheck.load.users import drawn_orders
from sagacheck.load.users.drawn_orders import drawn_by
from scenarios import SAGA as ORDERS
from transfer.saga import SAGA as TRANSFER
from trip.saga import SAGA as TRIP

MANY = range(60)


class Size(StrEnum):
    """An enumeration."""

    SMALL = "small"
    LARGE = "large"


class Parcel(OrderWords):
    """One key of each kind."""

    email: str = Field("ada@example.com", description="To whom.")
    note: str = Field("none", description="A text like no provider of Faker.", examples=["fragile"])
    weight: int = Field(1, ge=1, lt=4, description="In kg.")
    count: int = Field(7, description="Without limits.")
    size: Size = Field(Size.SMALL, description="How large.")
    by: Literal["road", "rail"] = Field("road", description="The way.")
    insured: bool = Field(False, description="For loss.")
    value: Decimal = Field(Decimal("9.99"), description="In EUR.", examples=["1.50"])


class Choosy(OrderWords):
    """Words that refuse most combinations of their keys."""

    left: int = Field(1, ge=1, le=1000, description="One.")
    right: int = Field(1, ge=1, le=1000, description="The other.")

    @model_validator(mode="after")
    def _same(self) -> Choosy:
        assert self.left == self.right
        return self


def drawn(dialect: Dialect, seed: int = 1) -> list[AnyOrder]:
    """Many orders."""
    draw = drawn_by(dialect)
    return [draw(f"r1-0-{number}", random.Random(f"{seed}/{number}")) for number in MANY]


def values(words: type[OrderWords]) -> Mapping[str, set[Any]]:
    """All values of each key."""
    rows = [each.as_json() for each in drawn(Dialect(TRIP.operations, words))]
    return {key: {row[key] for row in rows} for key in rows[0]}


def test_each_key_has_values_that_its_field_allows() -> None:
    """Any of few or of a range; Faker's for a name that Faker knows; else default and examples."""
    found = values(Parcel)

    assert len(found["email"]) > 50
    assert found["note"] == {"none", "fragile"}
    assert found["weight"] == {1, 2, 3}
    assert found["count"] == {7}
    assert found["size"] == {"small", "large"}
    assert found["by"] == {"road", "rail"}
    assert found["insured"] == {False, True}
    assert found["value"] == {"9.99", "1.50"}
    assert len(found["id"]) == len(MANY)


def test_faker_need_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the default stands, or an example."""
    monkeypatch.setattr(drawn_orders, "_faker", lambda: None)

    assert values(Parcel)["email"] == {"ada@example.com"}


def test_values_that_are_refused_together_are_not_drawn() -> None:
    """The order is a plain one then."""
    assert values(Choosy)["left"] == {1}


@pytest.mark.parametrize("saga", [ORDERS, TRIP, TRANSFER], ids=["orders", "trip", "transfer"])
def test_the_seed_decides_all_of_an_order_but_its_id(saga: Any) -> None:
    """Words that draw whole orders for a simulation do so here too."""
    first, again = drawn(saga.dialect), drawn(saga.dialect)

    assert [each.as_json() for each in first] == [each.as_json() for each in again]
    assert [each.id for each in first] == [f"r1-0-{number}" for number in MANY]
    if saga is not TRANSFER:
        assert drawn(saga.dialect, seed=2)[0].as_json() != first[0].as_json() or saga is TRIP
