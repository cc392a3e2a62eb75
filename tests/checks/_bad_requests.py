"""Histories in which I13 and I14 are broken."""

from __future__ import annotations

from sagacheck.checks import Evidence, OrderStatus
from sagacheck.world import Idempotency
from tests.checks._bad import bad
from tests.checks._evidence import Story

NO_KEYS = Idempotency.NONE


@bad(
    "I13",
    "o1 at 2 s by entry 2: inventory.reserve was done 2 times with key k: res_1, res_2",
)
def same_key_twice() -> Evidence:
    story = Story(idempotency=NO_KEYS)
    story.reserve()
    story.reserve()
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 12 s by entry 2: shipping.create was done 2 times with no key at all: shp_1, shp_2",
)
def no_key_twice() -> Evidence:
    story = Story()
    story.ship(key=None, fault="drop_response")
    story.ship(key=None)
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 12 s by entry 2: notifications.send was done 2 times with keys try-1 and "
    "try-2: mail_1, mail_2",
)
def a_new_key_for_each_try() -> Evidence:
    story = Story()
    story.mail(key="try-1", fault="drop_response")
    story.mail(key="try-2")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 12 s: call 2 of payments.charge sends key k again with amount '20.98' instead "
    "of '19.98'",
)
def same_key_other_body() -> Evidence:
    story = Story()
    story.charge(amount="19.98", fault="drop_request")
    story.charge(amount="20.98")
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o2 at 2 s: call 1 of notifications.send sends key k again with order_id 'o2' instead of 'o1'",
)
def one_key_for_two_orders() -> Evidence:
    story = Story("o1", "o2")
    story.mail("o1", "k")
    story.mail("o2", "k")
    return story.evidence()


@bad(
    "I14",
    "o1 at 1 s: call 1 of shipping.create succeeded without any effect",
)
def success_without_effect() -> Evidence:
    story = Story()
    attempt = story.ship(fault="reject")
    attempt.outcome = type(attempt.outcome).OK
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 12 s by entry 2: shipping.create was done 2 times with no key at all: shp_1, shp_2; "
    "the header X-Idempotency-Key was sent and not read: "
    'the operation needs key_at="header:X-Idempotency-Key"',
)
def a_key_in_a_header_that_is_not_read() -> Evidence:
    story = Story()
    for fault in ("drop_response", ""):
        attempt = story.ship(key=None, fault=fault)
        attempt.unread_key = "X-Idempotency-Key"
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 2 s by entry 2: notifications.send was done 2 times with keys a and b: mail_1, mail_2",
)
def a_new_key_for_the_retry_of_an_activity() -> Evidence:
    """The reply came, but the activity failed after it."""
    story = Story()
    for retry, key in enumerate("ab", 1):
        attempt = story.mail(key=key)
        attempt.execution, attempt.retry = "order-o1#1/4", retry
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 2 s by entry 2: notifications.send was done 2 times with keys run-1 and run-2: "
    "mail_1, mail_2",
)
def a_new_key_for_another_run() -> Evidence:
    story = Story()
    for run in (1, 2):
        attempt = story.mail(key=f"run-{run}")
        attempt.execution, attempt.retry = f"order-o1#{run}/4", 1
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I13",
    "o1 at 12 s by entry 2: notifications.send was done 2 times with keys a and b: mail_1, mail_2",
)
def a_new_key_after_an_attempt_without_an_answer() -> Evidence:
    """Another activity, of the same run, makes sure with a key of its own."""
    story = Story()
    for number, key in enumerate("ab"):
        attempt = story.mail(key=key, fault="" if number else "drop_response")
        attempt.execution, attempt.retry = f"order-o1#1/{number}", 1
    return story.end(OrderStatus.COMPLETED).evidence()
