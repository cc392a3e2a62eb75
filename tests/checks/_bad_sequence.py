"""Histories in which I8, I10 and I12 are broken."""

from __future__ import annotations

from sagacheck.checks import Evidence, OrderStatus
from sagacheck.services import AVAILABLE, RESERVED
from sagacheck.world import Idempotency
from tests.checks._bad import bad
from tests.checks._evidence import Story, with_a_step_that_stays

NO_KEYS = Idempotency.NONE
LEFT = {"activity": "payments.refund", "idempotency_key": "k", "error": "RefundRefused: no"}


@bad(
    "I8",
    "o1 at 2 s by entry 2: shipping.create (shp_1) without a live payments.charge",
)
def shipped_before_paid() -> Evidence:
    story = Story()
    story.reserve()
    story.ship()
    story.charge()
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I8",
    "o1 at 3 s by entry 4: shipping.create (shp_1) without a live inventory.reserve",
)
def shipped_after_goods_expired() -> Evidence:
    story = Story(reservation_expires_after=1.5)
    story.reserve()
    story.charge()
    story.ship()
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I8",
    "o1 at 103 s by entry 4: shipping.create (shp_1) without a live inventory.reserve",
)
def left_to_a_person_but_asked_for_after_goods_expired() -> Evidence:
    story = Story(reservation_expires_after=1.5)
    story.reserve()
    story.charge()
    story.ship(fault="delay_request", delay=100.0)
    story.call_back(fault="reject")
    names = ("shipping.cancel", "payments.refund", "inventory.release")
    left = [{"activity": name, "idempotency_key": "k"} for name in names]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@bad(
    "I8",
    "o1 at 3 s by entry 3: notifications.send (mail_1) without a live shipping.create",
)
def told_before_shipped() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    story.mail()
    story.ship()
    return story.end(OrderStatus.COMPLETED).evidence()


@bad(
    "I8",
    "o1 at 0 s by entry 1: inventory.release of res_9, which was not live",
)
@bad(
    "I14",
    "o1 at 0 s by entry 1: inventory.release (res_9) happened without a request",
)
def nobody_asked() -> Evidence:
    story = Story()
    story.write("inventory.release", "res_9", (RESERVED, "WIDGET", -1), (AVAILABLE, "WIDGET", 1))
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I10",
    "o1 at 14 s by entry 3: payments.charge (pay_1) after inventory.release had begun to undo o1",
)
def step_after_an_undo() -> Evidence:
    story = Story(idempotency=NO_KEYS)
    story.reserve()
    story.charge(fault="drop_request")
    story.release()
    story.charge()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I10",
    "o1 at 7 s by entry 7: notifications.send (mail_1) after shipping.cancel had begun to undo o1",
)
def mail_sent_after_an_undo() -> Evidence:
    story = Story().all_undone()
    story.mail()
    return story.end(OrderStatus.CANCELLED).evidence(cancelled=frozenset({"o1"}))


@bad(
    "I10",
    "o1 at 4 s by entry 4: inventory.release (res_1) while shipping.create (shp_1) was still live",
)
def released_while_the_parcel_lives() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    for undo in (story.release, story.call_back, story.refund):
        undo()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I10",
    "o1 at 5 s by entry 6: payments.refund (pay_1) while shipping.create (shp_1) was still live",
)
def refunded_though_the_parcel_left() -> Evidence:
    story = Story(ships_after=0.5)
    for step in (story.reserve, story.charge, story.ship):
        step()
    for undo in (story.call_back, story.refund):
        undo()
    return story.end(OrderStatus.FAILED).evidence()


@bad(
    "I12",
    "o1 at 2 s by entry 2: inventory.release (res_1) at 2.0 s, though o1 had ended as "
    "failed at 1.0 s",
)
def undone_after_the_end() -> Evidence:
    story = Story()
    story.reserve()
    story.end(OrderStatus.FAILED)
    story.release()
    return story.evidence()


@bad(
    "I12",
    "o1 at 3 s by entry 2: payments.refund (pay_1) at 3.0 s, though o1 had ended as "
    "needs_attention at 2.0 s",
)
def undone_after_it_was_left_to_a_person() -> Evidence:
    story = Story()
    story.charge()
    story.refund(fault="reject")
    story.end(OrderStatus.NEEDS_ATTENTION, left=[LEFT])
    story.refund()
    return story.evidence()


@bad(
    "I12",
    "o1 at 61 s by entry 1: shipping.create (shp_1) at 61.0 s, though o1 had ended as "
    "cancelled at 12.0 s",
)
def zombie_after_the_end() -> Evidence:
    story = Story(idempotency=NO_KEYS)
    story.ship(fault="delay_request", delay=60.0)
    story.call_back()
    return story.end(OrderStatus.CANCELLED).evidence()


@bad(
    "I10",
    "o1 at 15.5 s by entry 5: notifications.send (mail_1) after shipping.cancel had begun to "
    "undo o1",
)
def a_deposit_on_its_way_when_it_was_cancelled() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="delay_request", delay=11.5)
    for undo in (story.call_back, story.refund, story.release):
        undo()
    cancelled = story.end(OrderStatus.CANCELLED).evidence(cancelled=frozenset({"o1"}))
    return with_a_step_that_stays(cancelled)


@bad(
    "I12",
    "o1 at 104 s by entry 7: notifications.send (mail_1) at 104.0 s, though o1 had ended as "
    "cancelled at 17.0 s",
)
def a_deposit_that_arrives_after_the_end() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="delay_request", delay=100)
    for undo in (story.call_back, story.refund, story.release):
        undo()
    cancelled = story.end(OrderStatus.CANCELLED).evidence(cancelled=frozenset({"o1"}))
    return with_a_step_that_stays(cancelled)
