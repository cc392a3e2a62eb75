"""Histories where the money goes wrong: I1 to I4, I18 and I22."""

from __future__ import annotations

from sagacheck.checks import Evidence, OrderStatus
from sagacheck.services import CUSTOMER, MERCHANT
from sagacheck.world import Idempotency
from tests.checks._bad import bad
from tests.checks._evidence import Story

NO_KEYS = Idempotency.NONE


@bad(
    "I1",
    "o1 at 2 s by entry 3: payments.refund of pay_1 does not balance: +19.98 USD",
)
def money_from_nothing() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    story.write("payments.refund", "pay_1", (CUSTOMER, "USD", 1998))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I1",
    "o1 at 1 s by entry 2: payments.refund of pay_1 does not balance: -0.01 USD",
)
def cents_lost_on_the_way() -> Evidence:
    story = Story()
    story.charge()
    story.write("payments.refund", "pay_1", (CUSTOMER, "USD", 1997), (MERCHANT, "USD", -1998))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I1",
    "o1 at 0 s by entry 1: payments.charge of pay_9 does not balance: -19.98 USD",
    "o1 at 0 s by entry 1: payments.charge of pay_9 does not balance: +19.98 EUR",
)
def two_currencies_in_one_move() -> Evidence:
    story = Story()
    story.write("payments.charge", "pay_9", (CUSTOMER, "USD", -1998), (MERCHANT, "EUR", 1998))
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I2",
    "o1 at 5 s: o1 completed and costs 19.98 USD, but nothing was charged",
)
def completed_and_refunded() -> Evidence:
    story = Story().all_steps()
    story.refund()
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I2",
    "o1 at 2 s: o1 completed and costs 19.98 USD, but 19.97 USD was charged",
)
def completed_at_another_price() -> Evidence:
    story = Story()
    story.reserve()
    story.charge(amount="19.97")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I2",
    "o1 at 3 s: o1 ended as failed, but 19.98 USD was not refunded",
)
def failed_and_charged() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    story.release()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I2",
    "o1 at 101 s: o1 ended as failed, but 19.98 USD was not refunded",
)
def charged_after_it_failed() -> Evidence:
    story = Story(idempotency=NO_KEYS)
    story.charge(fault="delay_request", delay=100.0)
    story.refund()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I3",
    "o1 at 6 s by entry 7: pay_1 captured 19.98 USD, "
    "payments.refund brings its refunds to 39.96 USD",
)
def refunded_twice() -> Evidence:
    story = Story().all_undone()
    story.write("payments.refund", "pay_1", (CUSTOMER, "USD", 1998), (MERCHANT, "USD", -1998))
    story.write("payments.refund", "pay_1", (CUSTOMER, "USD", 1998), (MERCHANT, "USD", -1998))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I3",
    "o1 at 1 s by entry 2: pay_1 captured 19.98 USD, payments.refund moves EUR and USD on it",
)
def refunded_in_another_currency() -> Evidence:
    story = Story()
    story.charge()
    story.write("payments.refund", "pay_1", (CUSTOMER, "EUR", 1998), (MERCHANT, "EUR", -1998))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I3",
    "o1 at 1 s by entry 2: pay_1 captured 19.98 USD, payments.charge makes that 20.00 USD",
)
def taken_more_than_captured() -> Evidence:
    story = Story()
    story.charge()
    story.write("payments.charge", "pay_1", (CUSTOMER, "USD", -2), (MERCHANT, "USD", 2))
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I3",
    "o1 at 0 s by entry 1: pay_9 captured 0.00 USD, payments.charge makes that 5.00 USD",
)
def money_moved_for_no_charge() -> Evidence:
    story = Story()
    story.write("payments.charge", "pay_9", (CUSTOMER, "USD", -500), (MERCHANT, "USD", 500))
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I4",
    "o1 at 12 s by entry 2: o1 is charged 2 times: pay_1 (19.98 USD), pay_2 (19.98 USD)",
)
def charged_twice() -> Evidence:
    story = Story()
    story.charge(key="try-1", fault="drop_response")
    story.charge(key="try-2")
    story.refund(key="try-1")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I18",
    "o1 at 1 s by entry 1: pay_1 (19.99 USD) was charged, the lines add up to 19.98 USD",
)
def charged_by_a_cent_too_much() -> Evidence:
    story = Story()
    story.charge(amount="19.99")
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I18",
    "o1 at 1 s by entry 1: pay_1 (0.01 USD) was charged, the lines add up to 0.00 USD",
)
def free_and_charged() -> Evidence:
    story = Story(price=0)
    story.charge(amount="0.01")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad("I2", "o1 at 2 s: o1 ended as failed, but 2.00 USD was not refunded")
def a_tenth_is_not_given_back() -> Evidence:
    story = Story()
    story.charge()
    story.refund(amount="17.98")
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I4",
    "o1 at 3 s by entry 3: o1 is charged 2 times: pay_1 (19.98 USD), pay_2 (19.98 USD)",
)
def charged_again_while_a_part_is_not_refunded() -> Evidence:
    story = Story()
    story.charge(key="first")
    story.refund(key="first", amount="17.98")
    story.charge(key="second")
    return story.evidence()


@bad("I2", "o1 at 1 s: o1 completed and costs 19.98 USD, but 1998 JPY was charged")
def paid_in_another_currency() -> Evidence:
    story = Story()
    story.charge(amount="1998", currency="JPY")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I2",
    "o1 at 2 s: o1 completed and costs 19.98 USD, but 19.98 USD and 1.998 KWD was charged",
)
def paid_in_two_currencies() -> Evidence:
    story = Story()
    story.charge(key="dollars")
    story.charge(key="dinars", amount="1.998", currency="KWD")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad("I18", "o1 at 1 s by entry 1: pay_1 (1998 JPY) was charged, the lines add up to 19.98 USD")
def charged_in_another_currency() -> Evidence:
    story = Story()
    story.charge(amount="1998", currency="JPY")
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I22",
    "o1 at 1 s by entry 2: payments.refund of pay_1 refunds 19.98 EUR, but USD was charged",
)
def given_back_in_another_currency() -> Evidence:
    story = Story()
    story.charge()
    story.write("payments.refund", "pay_1", (CUSTOMER, "EUR", 1998), (MERCHANT, "EUR", -1998))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I22",
    "o1 at 1 s by entry 2: payments.refund of out_1 refunds 1998 JPY, but USD was charged",
)
def paid_out_in_another_currency() -> Evidence:
    story = Story()
    story.charge()
    story.write("payments.refund", "out_1", (CUSTOMER, "JPY", 1998), (MERCHANT, "JPY", -1998))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I22",
    "o1 at 0 s by entry 1: payments.refund of pay_1 refunds 0.01 USD, but nothing was charged",
)
def given_back_before_it_was_taken() -> Evidence:
    story = Story()
    story.write("payments.refund", "pay_1", (CUSTOMER, "USD", 1), (MERCHANT, "USD", -1))
    return story.end(OrderStatus.FAILED).evidence()
