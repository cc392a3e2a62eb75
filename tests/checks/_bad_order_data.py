"""Histories in which I21 is broken: requests with the data of another order."""

from __future__ import annotations

from decimal import Decimal

from sagacheck.checks import Evidence, OrderTerms
from tests.checks._bad import bad
from tests.checks._evidence import ADDRESS, Story


@bad(
    "I21",
    "o1 at 1 s: call 1 of payments.charge carries payment_method_id 'other', the order has 'pm'",
)
def charged_to_another_card() -> Evidence:
    """The retry carries it again, which is no news."""
    story = Story()
    story.charge(payment_method_id="other")
    story.charge(payment_method_id="other")
    return story.evidence()


@bad("I21", "o1 at 1 s: call 1 of payments.charge carries customer_id 'x', the order has 'c'")
def charged_to_another_customer() -> Evidence:
    story = Story()
    story.charge(customer_id="x")
    return story.evidence()


@bad(
    "I21",
    "o1 at 1 s: call 1 of payments.charge carries amount '5.00', the order has 19.98",
    "o1 at 1 s: call 1 of payments.charge carries currency 'EUR', the order has 'USD'",
)
def charged_another_sum() -> Evidence:
    story = Story()
    data = {"price": Decimal("19.98"), "currency": "USD"}
    story.orders["o1"] = OrderTerms(1998, {"WIDGET": 2}, "USD", data)
    story.charge(amount="5.00", currency="EUR")
    return story.evidence()


@bad(
    "I21",
    "o1 at 1 s: call 1 of shipping.create carries address.city 'Shelbyville', "
    "the order has 'Springfield'",
)
def sent_to_another_address() -> Evidence:
    story = Story()
    story.ship(address={**ADDRESS, "city": "Shelbyville"})
    return story.evidence()


@bad(
    "I21",
    "o2 at 3 s: call 1 of notifications.send carries tracking_number 'TRACK-1', "
    "the order has 'TRACK-2'",
)
def told_the_number_of_another_parcel() -> Evidence:
    story = Story("o1", "o2")
    story.ship("o1", "k1")
    story.ship("o2", "k2")
    story.mail("o2", tracking_number="TRACK-1")
    return story.evidence()


@bad(
    "I21",
    "o1 at 1 s: call 1 of notifications.send carries tracking_number 'TRACK-9', the order has none",
)
def told_the_number_of_no_parcel() -> Evidence:
    story = Story()
    story.mail(tracking_number="TRACK-9")
    return story.evidence()


@bad("I21", "o1 at 1 s: call 1 of inventory.reserve carries order_id 'o2', the order has 'o1'")
def reserved_in_the_name_of_another_order() -> Evidence:
    story = Story("o1", "o2")
    story.reserve("o1", order_id="o2")
    return story.evidence()


@bad(
    "I21",
    "o1 at 1 s: inventory.reserve (res_1) holds 3 WIDGET, the order is for 2",
    "o1 at 1 s: inventory.reserve (res_1) holds 1 GADGET, the order is for 0",
)
def other_goods_than_were_ordered() -> Evidence:
    story = Story(stock={"WIDGET": 5, "GADGET": 1})
    story.reserve(items=[{"sku": "WIDGET", "qty": 3}, {"sku": "GADGET", "qty": 1}])
    return story.evidence()
