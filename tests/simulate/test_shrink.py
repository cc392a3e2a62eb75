"""What is left of a failing scenario is what it needs to fail."""

from __future__ import annotations

import pytest

from sagacheck.language import Scenario
from sagacheck.simulate.shrink import minimal, shrink
from scenarios import SAGA
from scenarios.goods import DEFAULT_CUSTOMER, Order
from tests.shop import load_text

LONG = load_text("""\
scenario: much happens
why: most of it does not matter
given: {stock: {WIDGET: 5, GADGET: 5}, ships_after: 1h, refunds: refused}
orders:
  - {id: o1, customer_id: someone}
  - id: o2
    items:
      - {sku: GADGET, quantity: 2, price: "7.50"}
      - {sku: WIDGET, quantity: 1, price: "1.00"}
  - {id: o3}
faults:
  - {on: payments.charge, order: o1, fault: refuse}
  - {on: payments.charge, order: o2, fault: drop_response}
  - {on: shipping.create, order: o2, calls: 2, fault: 503}
  - {on: inventory, fault: {outage: {from: 10s, to: 20s}}}
events:
  - {cancel: o1, when: {at: 5s}}
  - {cancel: o2, when: {after: payments.charge}}
  - {submit: o3, when: {at: 5s}}
expect: {statuses: {completed: 3}}
""")


def has_lost_charge_and_cancel(scenario: Scenario) -> bool:
    """Fails where the reply to a charge is lost for an order that is cancelled."""
    lost = {fault.order for fault in scenario.faults if fault.fault.name == "drop_response"}
    cancelled = {event.order for event in scenario.events if event.kind == "cancel"}
    return bool(lost & cancelled)


def test_only_what_is_needed_is_left() -> None:
    """Orders, faults, events and settings that do not matter are gone, the others are as before."""
    smallest = shrink(LONG, has_lost_charge_and_cancel, SAGA.orders)
    assert [order.id for order in smallest.orders] == ["o2"]
    assert [str(fault.fault) for fault in smallest.faults] == ["drop_response"]
    assert [event.order for event in smallest.events] == ["o2"]
    assert not smallest.given.refunds_refused
    assert smallest.given.ships_after is None
    assert [order.summary for order in smallest.orders] == ["1 WIDGET for 10.00"]


def test_what_matters_is_not_simplified() -> None:
    """A customer who is needed stays, and so does a setting."""

    def fails(scenario: Scenario) -> bool:
        return scenario.given.refunds_refused and any(
            isinstance(order, Order) and order.customer_id == "someone" for order in scenario.orders
        )

    (order,) = shrink(LONG, fails, SAGA.orders).orders
    assert isinstance(order, Order)
    assert order.customer_id == "someone" != DEFAULT_CUSTOMER
    assert shrink(LONG, fails, SAGA.orders).given.refunds_refused


def test_an_order_takes_what_is_about_it_along() -> None:
    """No fault or event is left that speaks of an order that is gone."""
    smallest = shrink(
        LONG, lambda scenario: any(order.id == "o3" for order in scenario.orders), SAGA.orders
    )
    assert (smallest.faults, smallest.events) == ((), ())


@pytest.mark.parametrize("needed", [set(), {0}, {7}, {3, 4}, {0, 9}, {1, 5, 8}, set(range(10))])
def test_a_minimal_list_holds_what_is_needed_and_no_more(needed: set[int]) -> None:
    """Whatever is needed, and wherever it stands."""
    assert minimal(range(10), needed.issubset) == sorted(needed)
