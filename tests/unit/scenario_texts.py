"""Texts of scenarios for tests, and what the loader says about them."""

from __future__ import annotations

import pytest

from sagacheck.errors import InvalidScenarioError
from tests.shop import load_text

EXAMPLE = """\
# yaml-language-server: $schema=../../schema.json
scenario: the charge commits, its reply is lost, then shipping is down
why: an unknown outcome must be undone by key and never charged twice
tags: [payments, ambiguous]
covers: [A2, A16, B2]                 # ids of ANOMALIES.md
given:
  stock: {WIDGET: 5}                  # all of `given` is optional
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]   # the rest has defaults
faults:
  - on: payments.charge               # service.operation
    calls: 1                          # 1 | [1, 3] | 2.. | all; counted per order
    fault: drop_response
  - on: shipping.create
    calls: all
    fault: 503
events:
  - cancel: o1                        # also: submit (again), terminate, query, heal
    when: {after: payments.charge, call: 1}   # or before: …, or at: 30s
    reason: changed my mind
expect:
  o1: {status: failed, error: ServiceUnavailable}
  effects: {payments.charge: 1, payments.refund: 1, inventory.release: 1}
  undone: [payments.refund, inventory.release]            # in this order
"""
"""The example that the language is designed by."""


def text_with(
    *more: str,
    head: str = "scenario: s\nwhy: w",
    orders: str = "[{id: o1}, {id: o2}]",
    expect: str = "{o1: {status: failed}}",
) -> str:
    """A small valid scenario, but for the lines that a test replaces or adds."""
    return "\n".join([head, f"orders: {orders}", f"expect: {expect}", *more, ""])


def problems_in(text: str | bytes) -> list[str]:
    """Every problem that the loader finds in `text`, each in its one line."""
    with pytest.raises(InvalidScenarioError) as caught:
        load_text(text, "a.yaml")
    return [str(problem) for problem in caught.value.problems]
