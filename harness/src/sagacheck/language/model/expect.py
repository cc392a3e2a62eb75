"""The keys of ``expect``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sagacheck.language.model.constraints import Filled
from sagacheck.language.model.problems import KEY, hint, listed, problem, problems_at
from sagacheck.language.model.references import (
    CreateName,
    KnownSku,
    OperationName,
    UndoName,
    declared,
)
from sagacheck.language.model.vocabulary import EndName, ErrorName, Number, StatusName
from sagacheck.language.model.written import Written
from sagacheck.language.yaml.source import shortened

# An empty mapping might mean that nothing happens, or that anything may; so it is refused.
_RULE = "write 0 for none"
OperationCounts = Annotated[dict[OperationName, Number], Filled(_RULE, "{payments.charge: 0}")]
CreateCounts = Annotated[dict[CreateName, Number], Filled(_RULE, "{payments.charge: 0}")]
StatusCounts = Annotated[dict[StatusName, Number], Filled(_RULE, "{failed: 0}")]
Pieces = Annotated[dict[KnownSku, Number], Filled(_RULE, "{WIDGET: 0}")]


class OrderExpect(Written):
    """How an order should end."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    status: EndName | None = Field(
        None, description="Its status; any: it only has to end.", examples=["completed", "failed"]
    )
    error: ErrorName | None = Field(
        None, description="The type of the error in its result.", examples=["PaymentDeclined"]
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise problem("no expectation", "write a status, an error or both", value="{}")
        return self


def _expect_key(key: str, info: ValidationInfo) -> str:
    orders = declared(info).orders
    if key in orders or not orders:
        return key
    words = (*orders, *Expect.model_fields)
    rule = f"the keys here are {listed(words)}"
    raise problems_at(
        {(KEY,): problem("unknown key", rule, hint(key, words), value=shortened(repr(key)))}
    )


class Expect(Written):
    """The state at the end: by order id, how the order ends; and totals over all orders.

    All invariants are checked in any case.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"minProperties": 1})
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_expect_key)], OrderExpect]

    effects: OperationCounts | None = Field(
        None,
        description="The number of effects of each operation.",
        examples=[{"payments.charge": 1, "payments.refund": 1}],
    )
    undone: tuple[UndoName, ...] | None = Field(
        None,
        description="The undo operations that take effect, in this order; [] for none.",
        examples=[["payments.refund", "inventory.release"]],
    )
    calls: OperationCounts | None = Field(
        None,
        description="The number of calls of each operation.",
        examples=[{"payments.charge": 2}],
    )
    stock: Pieces | None = Field(
        None, description="Pieces available at the end.", examples=[{"WIDGET": 5}]
    )
    statuses: StatusCounts | None = Field(
        None,
        description="The number of orders with each status; the sum is all orders.",
        examples=[{"completed": 1, "failed": 1}],
    )
    orphans: CreateCounts | None = Field(
        None,
        description="Effects that remain because an order was terminated.",
        examples=[{"inventory.reserve": 1}],
    )

    @field_validator("statuses")
    @classmethod
    def _counts_every_order(cls, statuses: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        counted, orders = sum(statuses.values()), declared(info).order_count
        if counted != orders:
            rule = f"the scenario has {orders}; each of them ends somehow"
            raise problem("a wrong number of orders", rule, value=str(counted))
        return statuses

    @field_validator("orphans")
    @classmethod
    def _need_a_termination(cls, orphans: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        if not declared(info).terminates:
            rule = "only an order that is terminated may leave effects behind; add the event"
            missing = problem("a key without its event", rule, value="'orphans'")
            raise problems_at({(KEY,): missing})
        return orphans

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            rule = "say how an order ends, or what takes effect"
            raise problem("no expectation", rule, value="{}")
        return self

    @property
    def orders(self) -> dict[str, OrderExpect]:
        """How orders should end, by their ids."""
        return self.__pydantic_extra__
