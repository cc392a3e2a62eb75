"""Histories in which I7 and I11 are broken."""

from __future__ import annotations

from sagacheck.checks import Evidence, OrderStatus
from sagacheck.world import Idempotency
from tests.checks._bad import bad
from tests.checks._evidence import Story, with_a_step_that_stays

NO_KEYS = Idempotency.NONE
LEFT = {"activity": "payments.refund", "idempotency_key": "k", "error": "RefundRefused: no"}


@bad(
    "I7",
    "o1 at 13 s: payments.charge (pay_1 over 19.98 USD) is left behind: o1 ended as failed",
)
def orphaned_charge() -> Evidence:
    story = Story()
    story.reserve()
    story.charge(fault="drop_response")
    story.release()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I7",
    "o1 at 101 s: inventory.reserve (res_1 of 2 WIDGET) is left behind: o1 ended as cancelled",
)
def zombie_reservation() -> Evidence:
    story = Story(idempotency=NO_KEYS)
    story.reserve(fault="delay_request", delay=100.0)
    story.release()
    return story.end(OrderStatus.CANCELLED).evidence()


@bad(
    "I7",
    "o1 at 2 s: payments.charge (pay_1 over 19.98 USD) is left behind: o1 ended as terminated",
)
def orphan_of_a_terminated_order() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    return story.end(OrderStatus.TERMINATED).evidence(orphans={"inventory.reserve": 1})


@bad(
    "I7",
    "o7 at 1 s: shipping.create (shp_1) is left behind: o7 is not known",
)
def effect_for_an_unknown_order() -> Evidence:
    story = Story()
    story.ship("o7")
    return story.evidence(settled=False)


@bad(
    "I11",
    "o1 at 13 s: call 1 of payments.charge may have had its effect, but o1 ended as failed "
    "without a confirmed undo",
)
def lost_reply_forgotten() -> Evidence:
    story = Story()
    story.reserve()
    story.charge(fault="drop_request")
    story.release()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I11",
    "o1 at 1 s: call 1 of inventory.reserve succeeded, but o1 ended as timed_out without "
    "a confirmed undo",
)
def done_and_never_undone() -> Evidence:
    story = Story()
    story.reserve()
    return story.end(OrderStatus.TIMED_OUT).evidence()


@bad(
    "I11",
    "o1 at 3 s: call 1 of inventory.reserve succeeded, but o1 ended as needs_attention "
    "without a confirmed undo",
)
def one_listed_two_left() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    story.refund(fault="reject")
    return story.end(OrderStatus.NEEDS_ATTENTION, left=[LEFT]).evidence()


@bad(
    "I11",
    "o1 at 13 s: call 1 of notifications.send may have had its effect, but o1 ended as failed "
    "without a confirmed undo",
)
def a_deposit_that_may_have_been_made() -> Evidence:
    story = Story()
    story.reserve()
    story.mail(fault="drop_request")
    story.release()
    return with_a_step_that_stays(story.end(OrderStatus.FAILED).evidence())
