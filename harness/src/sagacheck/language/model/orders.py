"""The keys of an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, ClassVar

from pydantic import Field, field_validator

from sagacheck.language.model.expect import Expect
from sagacheck.language.model.problems import problem
from sagacheck.language.model.start import StartEntry
from sagacheck.language.model.vocabulary import Identifier
from sagacheck.language.model.written import Written
from sagacheck.language.scenario import AnyOrder, Place
from sagacheck.world import Settings


class OrderWords(Written):
    """Something that is placed with a saga, as a scenario writes it.

    A saga that takes no order of goods has a class of its own, made from this one: its keys are
    what stands below ``orders`` in a scenario. Each has a default, a description and an example, so
    that `id` alone is an order, and editors know the rest.

    Attributes:
        skeleton: What `sagacheck new` writes into a new scenario, where its own texts do not fit:
            ``stock``, ``orders``, ``step``, ``operation`` and ``effects``.
    """

    skeleton: ClassVar[Mapping[str, str]] = {}

    id: Identifier = Field(description="Its id, for the rest of the file.", examples=["o1"])
    # No part of the order: `model_dump` has it not, and neither has the saga's input.
    start: StartEntry | None = Field(
        None,
        exclude=True,
        description="What a client gives to Temporal when it starts the workflow.",
        examples=[{"execution_timeout": "1h"}],
    )

    def as_input(self) -> dict[str, Any]:
        """What goes into the saga, as JSON; all keys by default."""
        return self.model_dump(mode="json")

    def lines(self) -> Mapping[str, int]:
        """The pieces of stock that it is for, by SKU; nothing by default."""
        return {}

    def price(self) -> Decimal:
        """What the customer owes; nothing by default."""
        return Decimal(0)

    def currency(self) -> str:
        """The currency of the price, by its ISO 4217 code; empty, by default, for any."""
        return ""

    def data(self) -> Mapping[str, Any]:
        """What requests may carry, by the names in `Operation.carries`; all keys by default."""
        return self.model_dump(mode="json", exclude={"id"})

    @classmethod
    def skus_in(cls, data: Mapping[str, Any]) -> Iterator[Any]:
        """The SKUs that an order names, read from its plain data before anything is checked."""
        return iter(())

    @classmethod
    def words_for(cls, order: AnyOrder) -> dict[str, Any]:
        """The inverse: the keys of a file for an order; ``None`` where it need not say anything."""
        assert isinstance(order, WrittenOrder), "it was made by `placed`"
        return order.entry.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def plain(cls, count: int) -> dict[str, Any]:
        """The scenario that a search begins with: `count` orders, and nothing fails.

        Returns:
            What a file says under ``scenario``, ``given`` and ``orders``; by default each order is
            what it is when only its `id` is written.
        """
        ids = [f"o{number}" for number in range(1, count + 1)]
        name = "an order" if count == 1 else f"{count} orders"
        return {"scenario": name, "orders": [{"id": order} for order in ids]}

    @classmethod
    def drawn(cls, random: Random, seed: int, count: int) -> tuple[list[AnyOrder], Settings] | None:
        """`count` orders at random and a world for them; ``None``, by default, for plain ones.

        Args:
            random: The source of random numbers.
            seed: Its seed, for other sources of random values.
            count: How many orders.
        """
        return None

    @classmethod
    def simpler(cls, order: AnyOrder) -> Iterator[Mapping[str, Any]]:
        """Changes that make `order` simpler, each as fields and their new values; none by default.

        Shrinking applies them: a counterexample that still fails after a change is a smaller one.
        """
        return iter(())

    def placed(self, place: Place) -> AnyOrder:
        """The order that is meant; `place` is where it stands."""
        return WrittenOrder(id=self.id, place=place, entry=self)

    @field_validator("id")
    @classmethod
    def _is_not_reserved(cls, order: str) -> str:
        if order in Expect.model_fields:
            rule = "below expect this word has a meaning of its own"
            raise problem("a reserved word as the id of an order", rule)
        return order


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOrder(AnyOrder):
    """An order that is what its file says.

    Attributes:
        entry: What its file says.
    """

    entry: OrderWords

    @property
    def total(self) -> Decimal:
        """What the customer owes."""
        return self.entry.price()

    @property
    def currency(self) -> str:
        """The currency of what the customer owes; empty for any."""
        return self.entry.currency()

    @property
    def data(self) -> Mapping[str, Any]:
        """What requests for it may carry."""
        return self.entry.data()

    @property
    def lines(self) -> Mapping[str, int]:
        """The pieces of stock that it is for, by SKU."""
        return self.entry.lines()

    @property
    def summary(self) -> str:
        """The pieces of stock, and the price if there is one."""
        pieces = ", ".join(f"{quantity} {sku}" for sku, quantity in self.lines.items())
        return " for ".join(filter(None, [pieces, f"{self.total:.2f}" if self.total else ""]))

    def as_json(self) -> dict[str, Any]:
        """The order as it goes into its saga."""
        return self.entry.as_input()
