"""What a file may say about the world at the beginning, and about the orders."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import (
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from fakes import Idempotency
from scenarios.language.expect import Expect
from scenarios.language.references import StockedSku, declared
from scenarios.language.rules import Among, ByShape, Filled, Written, refusal
from scenarios.language.vocabulary import (
    Duration,
    Identifier,
    Number,
    PositiveDuration,
    PositiveNumber,
    Price,
)
from scenarios.scenario import DEFAULT_CUSTOMER, DEFAULT_PAYMENT_METHOD, DEFAULT_SKU


class Expiry(Written):
    """Idempotency keys that are forgotten."""

    expires: PositiveDuration = Field(description="How long keys are remembered.", examples=["24h"])


RefundsWord = Annotated[str, Among("word for refunds", ("accepted", "refused"))]
CardWord = Annotated[
    str, Among("word for a card", ("declined",), "write declined, or leave it out")
]
IdempotencyWord = Annotated[
    str, Among("idempotency", tuple(profile.value for profile in Idempotency))
]
IdempotencyForm = Annotated[
    Annotated[IdempotencyWord, Tag("<text>")] | Annotated[Expiry, Tag("<mapping>")],
    ByShape("not an idempotency", "write replay, stores_errors, none or {expires: 24h}"),
]


class Given(Written):
    """The world at the beginning, and what it does by itself."""

    stock: dict[Identifier, Number] | None = Field(
        None,
        description="Pieces per SKU, and no others; by default 100 of every SKU that is ordered.",
        examples=[{"WIDGET": 5}],
    )
    ships_after: Duration | None = Field(
        None,
        description="How long after its creation a parcel leaves; by default when all is over.",
        examples=["0s", "2h"],
    )
    reservation_expires_after: PositiveDuration | None = Field(
        None, description="How long a reservation holds; by default for ever.", examples=["15m"]
    )
    refunds: RefundsWord = Field(
        "accepted", description="What the payment provider does with refunds.", examples=["refused"]
    )
    cards: dict[str, CardWord] = Field(
        default_factory=dict,
        description="Payment methods that are declined.",
        examples=[{"pm_declined": "declined"}],
    )
    idempotency: IdempotencyForm = Field(
        "replay",
        description=(
            "How services treat idempotency keys: the first success is sent again (replay), or any "
            "first answer (stores_errors); keys are ignored (none), or forgotten ({expires: 24h})."
        ),
        examples=["stores_errors", {"expires": "24h"}],
    )


class ItemEntry(Written):
    """Some pieces of one article."""

    sku: StockedSku = Field(description="The article.", examples=["WIDGET"])
    quantity: PositiveNumber = Field(description="How many pieces.", examples=[2])
    price: Price = Field(description="The price of one piece, in quotes.", examples=["19.99"])


class AddressEntry(Written):
    """The parts of an address that matter to the scenario; the others have defaults."""

    street: str | None = Field(None, description="Street and number.", examples=["1 Main Street"])
    city: str | None = Field(None, description="The city.", examples=["Springfield"])
    state: str | None = Field(None, description="State or province.", examples=["IL"])
    zip_code: str | None = Field(None, description="The postal code.", examples=["62701"])
    country: str | None = Field(None, description="The country.", examples=["US"])


Items = Annotated[tuple[ItemEntry, ...], Filled("an order has at least one item")]


Choice = Annotated[str, Among("choice", ("undo", "complete"))]


class OrderEntry(Written):
    """An order that a customer places."""

    id: Identifier = Field(description="Its id, for the rest of the file.", examples=["o1"])
    items: Items | None = Field(
        None,
        description=f'What is ordered; by default one {DEFAULT_SKU} at "10.00".',
        examples=[[{"sku": DEFAULT_SKU, "quantity": 2, "price": "19.99"}]],
    )
    customer_id: str = Field(DEFAULT_CUSTOMER, description="Who orders.", examples=["customer-2"])
    payment_method_id: str = Field(
        DEFAULT_PAYMENT_METHOD,
        description="Which card pays; see given.cards.",
        examples=["pm_declined"],
    )
    shipping_address: AddressEntry = Field(
        default_factory=AddressEntry, description="Where it goes.", examples=[{"zip_code": ""}]
    )
    on_confirmation_failure: Choice | None = Field(
        None,
        description="Whether an order whose confirmation is refused is undone or completes.",
        examples=["complete"],
    )

    @field_validator("id")
    @classmethod
    def _is_not_reserved(cls, order: str) -> str:
        if order in Expect.model_fields:
            rule = "below expect this word has a meaning of its own"
            raise refusal("a reserved word as the id of an order", rule)
        return order

    @model_validator(mode="after")
    def _default_is_in_stock(self, info: ValidationInfo) -> Self:
        stock = declared(info).stock
        if self.items is None and stock is not None and DEFAULT_SKU not in stock:
            rule = f"the default, one {DEFAULT_SKU}, is not in given.stock"
            raise refusal("missing key", rule, value="'items'")
        return self
