"""Histories where the goods go wrong: I5 and I6."""

from __future__ import annotations

from sagacheck.checks import Evidence, OrderStatus
from sagacheck.services import AVAILABLE, RESERVED
from tests.checks._bad import bad
from tests.checks._evidence import Story, with_a_step_that_stays


@bad(
    "I5",
    "o2 at 1 s by entry 3: inventory.reserve of res_9 leaves -1 of WIDGET available",
)
def oversold() -> Evidence:
    story = Story("o1", "o2")
    story.reserve("o1", "k1")
    for number in range(2):
        lines = (AVAILABLE, "WIDGET", -2), (RESERVED, "WIDGET", 2)
        story.write("inventory.reserve", f"res_{number + 8}", *lines, order="o2")
    story.write("inventory.reserve", "res_10", *lines, order="o2")
    return story.evidence()


@bad(
    "I5",
    "o1 at 1 s by entry 2: inventory.release of res_1 does not balance: +2 of WIDGET",
)
def stock_from_nothing() -> Evidence:
    story = Story()
    story.reserve()
    story.write("inventory.release", "res_1", (AVAILABLE, "WIDGET", 2))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I5",
    "o1 at 2 s by entry 3: inventory.release of res_1 leaves -2 of WIDGET reserved",
)
def released_twice() -> Evidence:
    story = Story()
    story.reserve()
    story.release()
    story.write("inventory.release", "res_1", (RESERVED, "WIDGET", -2), (AVAILABLE, "WIDGET", 2))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I6",
    "o1 at 3 s: o1 completed without a live payments.charge",
)
def completed_without_charge() -> Evidence:
    story = Story()
    story.reserve()
    story.ship()
    story.mail()
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I6",
    "o1 at 4 s: o1 completed without a live inventory.reserve",
)
def completed_and_goods_expired() -> Evidence:
    return Story(reservation_expires_after=2.5).all_steps().end(OrderStatus.COMPLETED).evidence()


@bad(
    "I6",
    "o1 at 3 s: o1 completed without a live shipping.create",
    "o1 at 3 s: o1 ended as completed: due 2 WIDGET, shipped nothing, reserved 2 WIDGET",
)
def completed_without_goods() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    story.mail()
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=("shipping.create",))


@bad(
    "I6",
    "o1 at 3 s: o1 completed without a live notifications.send",
)
def completed_without_mail() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    refused = "BadRequest: no customer has asked for one"
    return story.end(OrderStatus.COMPLETED, confirmation_refused=refused).evidence()


@bad(
    "I6",
    "o1 at 1 s: o1 ended as failed: due nothing, shipped nothing, reserved 2 WIDGET",
)
def failed_with_goods_reserved() -> Evidence:
    story = Story()
    story.reserve()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I6",
    "o1 at 4 s: o1 completed without a live notifications.send",
)
def completed_without_the_deposit() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="reject")
    done = story.end(OrderStatus.COMPLETED, confirmation_refused="BadRequest: no").evidence()
    return with_a_step_that_stays(done)
