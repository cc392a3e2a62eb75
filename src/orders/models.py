"""What goes into an order and what comes out of it.

Money is `Decimal` everywhere and crosses the wire as a decimal string; a float is refused, because
a sum of floats is not the price that the customer saw. Every model checks itself when it is made,
so an invalid order of any client is refused before its first step.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.dataclasses import dataclass
from temporalio.exceptions import ApplicationError
from typing_extensions import TypeAliasType

from orders.texts import shortened

INVALID_ORDER = "InvalidOrder"


_MONEY = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_STORED_WITH_EXPONENT = re.compile(r"[0-9]{1,12}E\+[0-9]")


def _written_as_money(value: Any) -> Any:
    """`value`, unless it is a float, or a text that only `Decimal` takes for a number."""
    if isinstance(value, float):
        msg = f'money is a decimal string such as "19.99", not the float {value!r}'
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns a ValueError into its own error
    if isinstance(value, str) and not _MONEY.fullmatch(value):
        msg = 'money is digits with at most 2 places, such as "19.99"'
        raise ValueError(msg)
    return value


def _plain(value: Decimal) -> str:
    return f"{value:f}"


Money = Annotated[
    Decimal,
    BeforeValidator(_written_as_money),
    PlainSerializer(_plain, when_used="json"),
    Field(ge=0, max_digits=14, decimal_places=2, allow_inf_nan=False),
]
"""An amount in US dollars: not negative, at most two decimal places, exact."""

OrderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$")]
"""Letters, digits, dot, underscore, tilde, hyphen: it is part of a workflow id and of keys."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=200)]


class OrderStatus(StrEnum):
    """The status of an order. The last four are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    """Paid, reserved, shipped and confirmed, unless the result says that the mail was refused."""
    FAILED = "failed"
    """Everything was undone."""
    NEEDS_ATTENTION = "needs_attention"
    """A service refused an undo; the result lists what is left for an operator to do."""
    CANCELLED = "cancelled"
    """The workflow itself was cancelled, and everything was undone; there is no result."""

    @property
    def is_final(self) -> bool:
        """Whether the order has ended."""
        return self not in (self.PENDING, self.PROCESSING, self.COMPENSATING)


class OnConfirmationFailure(StrEnum):
    """What becomes of an order whose confirmation is refused for good."""

    UNDO = "undo"
    COMPLETE = "complete"


@dataclass(frozen=True)
class OrderItem:
    """One line of an order; `price` is for one piece."""

    sku: Name
    quantity: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    price: Money


@dataclass(frozen=True)
class Address:
    """Where a parcel goes. The carrier decides whether it delivers there."""

    street: Text
    city: Text
    state: Text
    zip_code: Text
    country: Text


@dataclass(frozen=True)
class OrderInput:
    """An order as the customer places it.

    Raises:
        pydantic.ValidationError: A value is out of its range; nothing has started then.
    """

    order_id: OrderId
    customer_id: Name
    items: Annotated[list[OrderItem], Field(min_length=1, max_length=500)]
    shipping_address: Address
    payment_method_id: Name
    on_confirmation_failure: OnConfirmationFailure = OnConfirmationFailure.UNDO

    @property
    def total(self) -> Decimal:
        """What the customer pays, in US dollars."""
        return sum((item.price * item.quantity for item in self.items), Decimal(0))

    @property
    def idempotency_key(self) -> str:
        """The key that names this order's one effect at each service."""
        return f"order-{self.order_id}"


def _fail_the_workflow(value: Any, decode: ValidatorFunctionWrapHandler) -> OrderInput:
    """Decode an order that a client sent.

    Any other error would fail the workflow's task, which Temporal retries for ever. To declare
    ValidationError a failure of the workflow would be too much: an unreadable result of an activity
    would then end an order in the middle, with no step undone.
    """
    try:
        order: OrderInput = decode(_with_plain_prices(value))
    except ValidationError as error:
        problems = "; ".join(_problem(each["loc"], each["msg"]) for each in error.errors())
        raise ApplicationError(shortened(problems), type=INVALID_ORDER) from None
    return order


def _with_plain_prices(order: Any) -> Any:
    """`order` with prices such as ``1E+2`` written out: so earlier versions stored "1e2"."""
    if not isinstance(order, dict) or not isinstance(order.get("items"), list):
        return order
    return {**order, "items": [*map(_with_plain_price, order["items"])]}


def _with_plain_price(item: Any) -> Any:
    price = item.get("price") if isinstance(item, dict) else None
    if not isinstance(price, str) or not _STORED_WITH_EXPONENT.fullmatch(price):
        return item
    return {**item, "price": _plain(Decimal(price))}


def _problem(loc: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, loc))}: {message}" if loc else message


PlacedOrder = TypeAliasType("PlacedOrder", Annotated[OrderInput, WrapValidator(_fail_the_workflow)])
"""An order as a workflow takes it from its client: where it is invalid, the workflow fails."""


@dataclass(frozen=True)
class Leftover:
    """An effect that could not be undone and waits for an operator.

    Attributes:
        activity: The activity that was refused.
        idempotency_key: The key under which the service knows the effect.
        amount: The money involved, in US dollars, where there is any.
        error: Why, as ``Type: message``.
    """

    activity: str
    idempotency_key: str
    error: str
    amount: Decimal | None = None


@dataclass(frozen=True)
class OrderResult:
    """How an order ended.

    Attributes:
        order_id: The order.
        status: A final status.
        reservation_id: The inventory's id, where the reservation stands.
        payment_id: The payment provider's id, where the charge stands.
        shipment_id: The carrier's id, where the shipment stands.
        tracking_number: The carrier's tracking number, of a completed order.
        error: Why the order did not complete, as ``Type: message``.
        too_late: Why the order would have been undone, if the parcel had not left.
        confirmation_refused: Why the confirmation was refused.
        left: What is left for an operator, of an order that needs attention.
    """

    order_id: str
    status: OrderStatus
    reservation_id: str | None = None
    payment_id: str | None = None
    shipment_id: str | None = None
    tracking_number: str | None = None
    error: str | None = None
    too_late: str | None = None
    confirmation_refused: str | None = None
    left: list[Leftover] = Field(default_factory=list)


@dataclass(frozen=True)
class CancelAnswer:
    """The answer to a customer who cancels: accepted, or why not."""

    accepted: bool
    why_not: str | None = None
