"""Where a search begins: orders that all goes well for."""

from __future__ import annotations

from sagacheck.language import ORDERS_OF_GOODS, Dialect, Scenario, load_text

_PIECES = 2
_PLENTY = 10
_WHY = "why: a search begins with it\n"


def plain_orders(count: int, dialect: Dialect = ORDERS_OF_GOODS) -> Scenario:
    """`count` orders for the same article; of several, one does not get what it wants.

    A single order finds more than it needs, so that goods can be reserved twice. Where something
    else than goods is ordered, an order has what its kind has by default.

    Args:
        count: How many, at least 1.
        dialect: What is ordered.
    """
    ids = [f"o{number}" for number in range(1, count + 1)]
    ends = ", ".join(f"{order}: {{status: any}}" for order in ids)
    if dialect.orders is not ORDERS_OF_GOODS.orders:
        orders = ", ".join(f"{{id: {order}}}" for order in ids)
        name = "an order" if count == 1 else f"{count} orders"
        text = f"scenario: {name}\n{_WHY}orders: [{orders}]\nexpect: {{{ends}}}\n"
        return load_text(text, dialect=dialect)
    stock = _PLENTY if count == 1 else _PIECES * count - 1
    items = f'[{{sku: WIDGET, quantity: {_PIECES}, price: "19.99"}}]'
    orders = "\n".join(f"  - {{id: {order}, items: {items}}}" for order in ids)
    name = "an order" if count == 1 else f"{count} orders for goods that are scarce"
    return load_text(
        f"scenario: {name}\n{_WHY}given: {{stock: {{WIDGET: {stock}}}}}\n"
        f"orders:\n{orders}\nexpect: {{{ends}}}\n"
    )
