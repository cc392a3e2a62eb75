"""Histories whose ends go wrong: I9, I15, I16, I17 and I19."""

from __future__ import annotations

from sagacheck.checks import Ending, Evidence, OrderStatus
from tests.checks._bad import bad
from tests.checks._evidence import Story

LEFT = {"activity": "payments.refund", "idempotency_key": "k", "error": "RefundRefused: no"}


@bad(
    "I9",
    "o1 at 6 s: client 1 saw that o1 ended as completed, but it ended as failed "
    "(PaymentDeclined: no money)",
)
def told_another_end() -> Evidence:
    endings = [
        Ending(OrderStatus.COMPLETED),
        Ending(OrderStatus.FAILED, "PaymentDeclined: no money"),
    ]
    story = Story().all_undone()
    return story.end(
        OrderStatus.FAILED, endings=endings, error="PaymentDeclined: no money"
    ).evidence()


@bad(
    "I9",
    "o1 at 6 s: client 1 saw that o1 ended as failed (PaymentDeclined: no money), "
    "but it ended as failed (OutOfStock: x)",
)
def told_another_error() -> Evidence:
    endings = [Ending(OrderStatus.FAILED, "PaymentDeclined: no money")]
    return (
        Story()
        .all_undone()
        .end(OrderStatus.FAILED, endings=endings, error="OutOfStock: x")
        .evidence()
    )


@bad(
    "I9",
    "o1 at 7 s: notifications.send (mail_1) was sent, yet o1 ended as failed",
)
def mail_for_a_failed_order() -> Evidence:
    story = Story().all_steps()
    for undo in (story.call_back, story.refund, story.release):
        undo()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I15",
    "o1: o1 does something else when it is replayed: event 9 says charge was, now refund is",
)
def replayed_otherwise() -> Evidence:
    broken = "event 9 says charge was, now refund is"
    story = Story().all_undone()
    return story.end(OrderStatus.FAILED, replays=3, broken_replay=broken).evidence()


@bad(
    "I16",
    "o1: o1 does not end: nothing is under way: it waits for a message that no client sends",
)
def stuck() -> Evidence:
    waits_for = "nothing is under way: it waits for a message that no client sends"
    return Story().end(OrderStatus.RUNNING, waits_for=waits_for).evidence()


@bad(
    "I16",
    "o1: o1 does not end: its outcome is unknown",
)
def lost_track_of() -> Evidence:
    return Story("o1", "o2").end(OrderStatus.FAILED, "o2").evidence()


@bad(
    "I17",
    "o1 at 2 s: o1 needs attention, but its result lists nothing that is left to do",
)
def attention_without_a_list() -> Evidence:
    story = Story(refunds_refused=True)
    story.charge()
    story.refund()
    return story.end(OrderStatus.NEEDS_ATTENTION, left=[]).evidence()


@bad(
    "I17",
    "o1 at 4 s: inventory.release of res_1 was given up, but o1 does not list it as left to do",
)
def two_given_up_one_listed() -> Evidence:
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release(fault="reject")
    return story.end(OrderStatus.NEEDS_ATTENTION, left=[LEFT]).evidence()


@bad(
    "I17",
    "o1 at 4 s: payments.refund of pay_1 was given up, but o1 does not list it as left to do",
)
def one_given_up_and_another_listed() -> Evidence:
    """The two undos have the same key, and the one that is listed is done."""
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release()
    left = [{"activity": "inventory.release", "idempotency_key": "k"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@bad(
    "I17",
    "o1 at 4 s: o1 names res_1 in its result, which inventory.release had undone",
)
def names_what_is_undone() -> Evidence:
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release()
    return story.end(
        OrderStatus.NEEDS_ATTENTION, left=[LEFT], reservation_id="res_1", payment_id="pay_1"
    ).evidence()


@bad(
    "I17",
    "o1 at 6 s: o1 lists 1 open matter, but there are 0",
)
def attention_for_nothing() -> Evidence:
    return Story().all_undone().end(OrderStatus.NEEDS_ATTENTION, left=[LEFT]).evidence()


@bad(
    "I17",
    "o1 at 2 s: payments.refund of pay_1 was given up, yet o1 ended as failed",
)
def given_up_and_failed() -> Evidence:
    story = Story(refunds_refused=True)
    story.charge()
    story.refund()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I19",
    "o1: o1 was compensating, then processing",
)
def back_from_the_end() -> Evidence:
    statuses = ["processing", "compensating", "processing"]
    return Story().all_undone().end(OrderStatus.FAILED, statuses=statuses).evidence()


@bad(
    "I19",
    "o1: o1 was failed, then completed",
)
def failed_then_completed() -> Evidence:
    return Story().all_steps().end(OrderStatus.COMPLETED, statuses=["FAILED"]).evidence()


@bad(
    "I17",
    "o1 at 4 s: inventory.release of res_1 was given up, but o1 does not list it as left to do",
)
def two_given_up_and_one_listed_by_its_sum() -> Evidence:
    """The entry names only the common key and the sum, which is that of the refund."""
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release(fault="reject")
    left = [{"idempotency_key": "k", "amount": "19.98"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@bad(
    "I17",
    "o1 at 4 s: inventory.release of res_1 or payments.refund of pay_1 was given up, "
    "but o1 does not list it as left to do",
)
def two_given_up_and_one_listed_by_its_key() -> Evidence:
    """Nobody can tell which of them the entry means."""
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release(fault="reject")
    return story.end(OrderStatus.NEEDS_ATTENTION, left=[{"idempotency_key": "k"}]).evidence()
