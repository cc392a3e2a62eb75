"""Where a search begins: orders that all goes well for."""

from __future__ import annotations

from scenarios.loader import load_text
from scenarios.scenario import Scenario

_PIECES = 2
_PLENTY = 10


def plain_orders(count: int) -> Scenario:
    """`count` orders for the same article; of several, one does not get what it wants.

    A single order finds more than it needs, so that goods can be reserved twice.

    Args:
        count: How many, at least 1.
    """
    stock = _PLENTY if count == 1 else _PIECES * count - 1
    items = f'[{{sku: WIDGET, quantity: {_PIECES}, price: "19.99"}}]'
    ids = [f"o{number}" for number in range(1, count + 1)]
    orders = "\n".join(f"  - {{id: {order}, items: {items}}}" for order in ids)
    ends = ", ".join(f"{order}: {{status: any}}" for order in ids)
    name = "an order" if count == 1 else f"{count} orders for goods that are scarce"
    return load_text(
        f"scenario: {name}\nwhy: a search begins with it\ngiven: {{stock: {{WIDGET: {stock}}}}}\n"
        f"orders:\n{orders}\nexpect: {{{ends}}}\n"
    )
