"""Plain orders: orders without faults. A search begins with them."""

from __future__ import annotations

import json

from sagacheck.language.dialect import Dialect
from sagacheck.language.loader import load_text
from sagacheck.language.scenario import Scenario


def plain_orders(count: int, dialect: Dialect) -> Scenario:
    """The scenario of `count` orders that the words of `dialect` call plain.

    Args:
        count: How many, at least 1.
        dialect: What is ordered.
    """
    plain = dialect.orders.plain(count)
    scenario = {
        **plain,
        "why": "a search begins with it",
        "expect": {order["id"]: {"status": "any"} for order in plain["orders"]},
    }
    return load_text(json.dumps(scenario), dialect=dialect)
