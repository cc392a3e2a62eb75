"""Histories in which nothing is wrong, however odd they look."""

from __future__ import annotations

from collections.abc import Callable

from sagacheck.checks import Evidence, OrderStatus, OrderTerms
from tests.checks._evidence import Story, with_a_step_that_stays

Tell = Callable[[], Evidence]

GOOD: list[Tell] = []
"""All of them, in the order in which they stand here."""


def good(evidence: Tell) -> Tell:
    """Add the decorated history to `GOOD`."""
    GOOD.append(evidence)
    return evidence


@good
def completed() -> Evidence:
    statuses = ["pending", "processing", "completed"]
    return Story().all_steps().end(OrderStatus.COMPLETED, statuses=statuses).evidence()


@good
def rebuilt_by_replays() -> Evidence:
    return Story().all_steps().end(OrderStatus.COMPLETED, replays=4).evidence()


@good
def undone_step_by_step() -> Evidence:
    return Story().all_undone().end(OrderStatus.FAILED, statuses=["compensating"]).evidence()


@good
def goods_released_before_the_money_goes_back() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    for undo in (story.call_back, story.release, story.refund):
        undo()
    return story.end(OrderStatus.FAILED).evidence()


@good
def charged_before_reserved() -> Evidence:
    story = Story()
    for step in (story.charge, story.reserve, story.ship, story.mail):
        step()
    return story.end(OrderStatus.COMPLETED).evidence()


@good
def every_reply_lost_once() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship, story.mail):
        step(fault="drop_response")
        step()
    return story.end(OrderStatus.COMPLETED).evidence()


@good
def every_reply_of_the_rollback_lost_once() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step(fault="drop_response")
    for undo in (story.call_back, story.refund, story.release):
        undo(fault="drop_response")
        undo()
    return story.end(OrderStatus.FAILED).evidence()


@good
def undone_though_it_never_arrived() -> Evidence:
    story = Story()
    story.reserve(fault="drop_request")
    story.release()
    return story.end(OrderStatus.FAILED).evidence()


@good
def late_request_meets_the_tombstone() -> Evidence:
    story = Story()
    story.charge(fault="delay_request", delay=100.0)
    story.refund()
    return story.end(OrderStatus.FAILED).evidence()


@good
def cancelled_with_the_mail_on_its_way() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="delay_request", delay=11.5)
    for undo in (story.call_back, story.refund, story.release):
        undo()
    return story.end(OrderStatus.CANCELLED).evidence(cancelled=frozenset({"o1"}))


@good
def cancelled_and_the_mail_arrives_after_the_end() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="delay_request", delay=100.0)
    for undo in (story.call_back, story.refund, story.release):
        undo()
    return story.end(OrderStatus.CANCELLED).evidence(cancelled=frozenset({"o1"}))


@good
def refused_refund_left_to_a_person() -> Evidence:
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release()
    left = [{"activity": "payments.refund", "idempotency_key": "k"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def refused_refund_left_to_a_person_by_its_key() -> Evidence:
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release()
    left = [{"idempotency_key": "k", "because": "the provider rejects this refund"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def late_charge_whose_refund_was_refused_is_left_to_a_person() -> Evidence:
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge(fault="delay_request", delay=100.0)
    story.refund(fault="reject")
    story.release()
    left = [{"activity": "payments.refund", "idempotency_key": "k"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def late_effect_after_the_last_attempt_was_refused_is_left_to_a_person() -> Evidence:
    story = Story(refunds_refused=True)
    story.charge(fault="delay_request", delay=100.0)
    story.charge(fault="reject")
    story.refund(fault="reject")
    left = [{"activity": "payments.refund", "idempotency_key": "k"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def late_refund_after_the_last_attempt_was_refused_is_left_to_a_person() -> Evidence:
    story = Story()
    story.charge()
    story.refund(fault="delay_request", delay=100.0)
    story.refund(fault="reject")
    left = [{"activity": "payments.refund", "idempotency_key": "k"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def reservation_that_expires_after_it_was_left_to_a_person() -> Evidence:
    story = Story(reservation_expires_after=60.0)
    story.reserve()
    story.ship(fault="refuse")
    story.call_back(fault="reject")
    names = ("shipping.cancel", "inventory.release")
    left = [{"activity": name, "idempotency_key": "k"} for name in names]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence(completed_means=())


@good
def late_parcel_whose_goods_expired_is_left_to_a_person() -> Evidence:
    story = Story(reservation_expires_after=60.0)
    story.reserve()
    story.charge()
    story.ship(fault="delay_request", delay=100.0)
    story.call_back(fault="reject")
    names = ("shipping.cancel", "payments.refund", "inventory.release")
    left = [{"activity": name, "idempotency_key": "k"} for name in names]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def undo_confirmed_by_its_status_though_its_body_is_unreadable() -> Evidence:
    story = Story()
    story.charge(fault="drop_request")
    story.refund(fault="malformed")
    return story.end(OrderStatus.FAILED).evidence()


@good
def unanswered_refund_left_to_a_person_by_its_id() -> Evidence:
    story = Story()
    story.charge()
    story.refund(fault="drop_request")
    left = [{"what": "refund", "payment": "pay_1"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def two_undos_left_to_a_person_under_one_key() -> Evidence:
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release(fault="reject")
    names = ("payments.refund", "inventory.release")
    left = [{"activity": name, "idempotency_key": "k"} for name in names]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def two_undos_left_to_a_person_by_key_and_sum() -> Evidence:
    """The entry without a sum is the release, though it stands first."""
    story = Story(refunds_refused=True)
    story.reserve()
    story.charge()
    story.refund()
    story.release(fault="reject")
    left = [{"idempotency_key": "k"}, {"idempotency_key": "k", "amount": 19.98}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def refund_refused_at_first() -> Evidence:
    story = Story()
    story.charge()
    story.refund(fault="reject")
    story.refund()
    return story.end(OrderStatus.FAILED).evidence()


@good
def paid_in_yen() -> Evidence:
    story = Story(price=1998, currency="JPY")
    story.charge(amount="1998", currency="JPY")
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=("payments.charge",))


@good
def paid_in_a_currency_that_the_order_leaves_open() -> Evidence:
    story = Story(currency="")
    story.charge(amount="19.980", currency="KWD")
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=("payments.charge",))


@good
def refunded_in_two_parts() -> Evidence:
    story = Story()
    story.charge()
    for part, amount in enumerate(("17.98", "2.00")):
        story.refund(amount=amount, idempotency_key=f"part-{part}")
    return story.end(OrderStatus.FAILED).evidence()


@good
def two_parts_refunded_by_the_charge_alone() -> Evidence:
    story = Story()
    story.charge()
    for amount in ("17.98", "2.00"):
        story.refund(amount=amount, idempotency_key=None)
    return story.end(OrderStatus.FAILED).evidence()


@good
def two_equal_lines_each_with_its_key() -> Evidence:
    """The reply to the first is lost, and asked for again by its own key."""
    story = Story()
    story.mail(key="line-1", fault="drop_response")
    story.mail(key="line-1")
    story.mail(key="line-2")
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=())


@good
def two_equal_lines_in_one_activity() -> Evidence:
    story = Story()
    for key in ("line-1", "line-2"):
        attempt = story.mail(key=key)
        attempt.execution, attempt.retry = "order-o1#1/4", 1
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=())


@good
def two_equal_lines_in_two_activities_at_once() -> Evidence:
    """The first is still under way when the second is sent, and its worker dies then."""
    story = Story()
    for number in (1, 2):
        attempt = story.mail(key=f"line-{number}", fault="crash_after" if number == 1 else "")
        attempt.execution, attempt.retry = f"order-o1#1/{number}", 1
        attempt.ended_at = 30.0
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=())


@good
def order_stands_because_the_parcel_left() -> Evidence:
    story = Story(ships_after=0.5)
    for step in (story.reserve, story.charge, story.ship, story.call_back, story.mail):
        step()
    return story.end(OrderStatus.COMPLETED, statuses=["compensating"]).evidence()


@good
def parcel_left_and_its_number_is_lost() -> Evidence:
    story = Story(ships_after=0.5)
    story.reserve()
    story.charge()
    story.ship(fault="drop_response")
    story.call_back()
    left = [{"activity": "shipping.create", "idempotency_key": "k"}]
    return story.end(OrderStatus.NEEDS_ATTENTION, left=left).evidence()


@good
def free_order() -> Evidence:
    story = Story(price=0)
    for step in (story.reserve, story.ship, story.mail):
        step()
    return story.end(OrderStatus.COMPLETED).evidence()


@good
def completed_and_says_that_the_mail_was_refused() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="reject")
    return story.end(OrderStatus.COMPLETED, confirmation_refused="BadRequest: no").evidence()


@good
def completed_and_the_mail_arrives_after_the_end() -> Evidence:
    story = Story()
    for step in (story.reserve, story.charge, story.ship):
        step()
    story.mail(fault="delay_request", delay=100.0)
    return story.end(OrderStatus.COMPLETED).evidence()


@good
def terminated_with_orphans_that_were_expected() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    story.end(OrderStatus.TERMINATED, statuses=["processing"])
    return story.evidence(orphans={"inventory.reserve": 1, "payments.charge": 1})


@good
def timed_out_before_anything_happened() -> Evidence:
    return Story().end(OrderStatus.TIMED_OUT, statuses=["processing"]).evidence()


@good
def three_orders_for_the_goods_of_two() -> Evidence:
    story = Story("o1", "o2", "o3")
    story.all_steps("o1", "k1").end(OrderStatus.COMPLETED, "o1")
    story.all_steps("o2", "k2").end(OrderStatus.COMPLETED, "o2")
    story.reserve("o3", "k3")
    story.release("o3", "k3")
    return story.end(OrderStatus.FAILED, "o3", error="InsufficientInventory: none").evidence()


@good
def saga_that_ships_nothing() -> Evidence:
    story = Story()
    story.reserve()
    story.charge()
    means = ("inventory.reserve", "payments.charge")
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=means)


@good
def saga_that_charges_nothing() -> Evidence:
    story = Story()
    for step in (story.reserve, story.ship, story.mail):
        step()
    means = ("inventory.reserve", "shipping.create", "notifications.send")
    return story.end(OrderStatus.COMPLETED).evidence(completed_means=means)


@good
def one_reservation_for_each_line_and_no_keys() -> Evidence:
    story = Story(default_stock=5)
    story.orders["o1"] = OrderTerms(1998, {"WIDGET": 1, "GADGET": 1})
    for sku in ("WIDGET", "GADGET"):
        body = {"order_id": "o1", "items": [{"sku": sku, "qty": 1}]}
        story.call("inventory.reserve", "o1", body)
    for step in (story.charge, story.ship, story.mail):
        step()
    return story.end(OrderStatus.COMPLETED).evidence()


@good
def saga_with_words_of_its_own() -> Evidence:
    statuses = ["Processing", "PACKING", "refused: no such query"]
    return Story().all_steps().end(OrderStatus.COMPLETED, statuses=statuses).evidence()


@good
def a_deposit_that_was_lost_and_then_refused() -> Evidence:
    story = Story()
    story.reserve()
    story.mail(fault="drop_request")
    story.mail(fault="reject")
    story.release()
    return with_a_step_that_stays(story.end(OrderStatus.FAILED).evidence())


@good
def a_deposit_that_may_have_been_made_is_left_to_a_person() -> Evidence:
    story = Story()
    story.reserve(key="r")
    story.mail(key="m", fault="drop_request")
    story.release(key="r")
    left = [{"activity": "notifications.send", "idempotency_key": "m"}]
    ended = story.end(OrderStatus.NEEDS_ATTENTION, left=left)
    return with_a_step_that_stays(ended.evidence())


@good
def completed_with_a_deposit() -> Evidence:
    story = Story().all_steps()
    return with_a_step_that_stays(story.end(OrderStatus.COMPLETED).evidence())
