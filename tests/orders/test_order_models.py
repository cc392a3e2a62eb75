"""What may be an order, and what an order comes to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from temporalio.exceptions import ApplicationError

from orders.models import OrderInput, OrderItem, OrderStatus, PlacedOrder
from orders.texts import LONGEST_TEXT_BYTES
from tests.orders._messages import ADDRESS, ITEMS, ORDER_JSON, order

ADAPTER = TypeAdapter(OrderInput)


def _with_item(**changes: Any) -> dict[str, Any]:
    return ORDER_JSON | {"items": [ORDER_JSON["items"][0] | changes]}


def test_valid_order_as_json() -> None:
    """The seed's JSON, with prices as decimal strings, is an order."""
    assert ADAPTER.validate_python(ORDER_JSON) == order()


def test_order_survives_json() -> None:
    """An order is the same after it was written as JSON and read again, its prices as strings."""
    written = ADAPTER.dump_json(order())
    assert b'"price":"19.99"' in written
    assert ADAPTER.validate_json(written) == order()


@pytest.mark.parametrize("price", ["0", "0.01", "19.9", "9999999999.99", 20, Decimal("5.50")])
def test_exact_prices(price: Any) -> None:
    """A price is a decimal string or a whole number."""
    (item,) = ADAPTER.validate_python(_with_item(price=price)).items
    assert item.price == Decimal(price)


@pytest.mark.parametrize(
    "price",
    [
        19.99,
        20.0,
        "19.999",
        "-0.01",
        "NaN",
        "Infinity",
        "1e11",
        "1e2",
        "1E+2",
        "1_0.00",
        " 5 ",
        "\u0665",
        "",
        "a lot",
        True,
        None,
    ],
)
def test_wrong_prices(price: Any) -> None:
    """A price is no float, not negative, finite, not too long, and has at most two places."""
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(_with_item(price=price))


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 1.5, 2.0, "2", True, None])
def test_wrong_quantities(quantity: Any) -> None:
    """A quantity is a whole number from one to a million, and nothing that looks like one."""
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(_with_item(quantity=quantity))


@pytest.mark.parametrize("order_id", ["", "a/b", "a b", "-a", "a\n", "ä", "x" * 101, None, 7])
def test_wrong_order_ids(order_id: Any) -> None:
    """An order id holds only what is safe in a workflow id, a key and a URL."""
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(ORDER_JSON | {"order_id": order_id})


@pytest.mark.parametrize("key", ORDER_JSON)
def test_missing_keys(key: str) -> None:
    """Every key of an order is needed."""
    rest = {name: value for name, value in ORDER_JSON.items() if name != key}
    with pytest.raises(ValidationError, match=key):
        ADAPTER.validate_python(rest)


def test_no_items() -> None:
    """An order has at least one line."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        OrderInput("o1", "c1", [], ADDRESS, "pm_1")


def test_order_checks_itself_in_python() -> None:
    """A wrong order cannot be made in Python either."""
    with pytest.raises(ValidationError, match="decimal string"):
        OrderItem("WIDGET", 1, 19.99)  # type: ignore[arg-type]


def test_total_is_exact() -> None:
    """A total has no rounding error: three times ten cents are thirty cents."""
    dimes = [OrderItem("A", 1, Decimal("0.10"))] * 3
    assert replace(order(), items=dimes).total == Decimal("0.30")
    assert order().total == Decimal("39.98")


def test_equal_orders() -> None:
    """Orders with the same content are equal, however their prices are written."""
    rewritten = [replace(item, price=Decimal("19.990")) for item in ITEMS]
    assert replace(order(), items=rewritten) == order()


def test_final_statuses() -> None:
    """An order that was begun goes on until its status is one of four."""
    final = {status for status in OrderStatus if status.is_final}
    assert final == {"completed", "failed", "needs_attention", "cancelled"}


def test_price_with_an_exponent_is_written_out() -> None:
    """A Decimal may have an exponent; what is stored of it is read back."""
    item = OrderItem("WIDGET", 1, Decimal("1E+2"))
    written = ADAPTER.dump_json(replace(order(), items=[item]))
    assert b'"price":"100"' in written
    assert ADAPTER.validate_json(written).items == [item]


def test_stored_prices_with_exponents_are_still_read() -> None:
    """Orders under way from a version that took "1e2" go on, and are no invalid orders now."""
    stored = TypeAdapter(PlacedOrder).validate_python(_with_item(price="1E+2"))
    assert stored.items[0].price == 100


def test_problems_of_a_placed_order_are_cut() -> None:
    """What is wrong with an order goes into a failure, which may not grow with the order."""
    with pytest.raises(ApplicationError) as caught:
        TypeAdapter(PlacedOrder).validate_python(ORDER_JSON | {"items": [{}] * 500})
    assert len(caught.value.message.encode()) <= LONGEST_TEXT_BYTES
