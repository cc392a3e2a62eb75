from __future__ import annotations

from decimal import Decimal

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.language import (
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Message,
    OrderWords,
    Place,
    Retries,
    StartOptions,
    When,
)
from sagacheck.language.model.start import StartEntry
from sagacheck.network import ALL_CALLS, Calls, Fault
from sagacheck.world import Idempotency, Settings
from scenarios.goods import DEFAULT_ADDRESS, Order, OrderItem
from tests.shop import load_text
from tests.unit.scenario_texts import text_with


def fault_in(written: str) -> FaultSpec:
    """The fault that a scenario with these keys plans."""
    (spec,) = load_text(text_with(f"faults: [{{{written}}}]")).faults
    return spec


def event_in(written: str, orders: str = "[{id: o1}, {id: o2}]") -> Event:
    """The event that a scenario with these keys plans."""
    (event,) = load_text(text_with(f"events: [{{{written}}}]", orders=orders)).events
    return event


def order_in(written: str, *more: str) -> Order:
    """The order that a scenario with these keys places."""
    (order,) = load_text(text_with(*more, orders=f"[{{id: o1, {written}}}]")).orders
    assert isinstance(order, Order)
    return order


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("drop_response", Fault("drop_response")),
        ("evict", Fault("evict")),
        ("402", Fault("reject", status=402)),
        ("{reject: 503}", Fault("reject", status=503)),
        ("{reject: {status: 503}}", Fault("reject", status=503)),
        (
            "{reject: {status: 429, code: slow_down, retry_after: 2s}}",
            Fault("reject", status=429, code="slow_down", retry_after=2.0),
        ),
        ("{status_after_effect: 502}", Fault("status_after_effect", status=502)),
        ("{status_after_effect: 402}", Fault("status_after_effect", status=402)),
        ("{status_after_effect: 204}", Fault("status_after_effect", status=204)),
        ("{delay_request: 45s}", Fault("delay_request", delay=45.0)),
        ("{delay_response: 500ms}", Fault("delay_response", delay=0.5)),
        ("{duplicate: 3}", Fault("duplicate", copies=3)),
        ("{outage: {from: 0s, to: 1h30m}}", Fault("outage", start=0.0, end=5400.0)),
    ],
)
def test_a_fault_has_short_and_long_forms(written: str, fault: Fault) -> None:
    """A name, a status and a mapping of one key all become a fault of the fakes."""
    assert fault_in(f"on: payments.charge, fault: {written}").fault == fault


@pytest.mark.parametrize(
    ("written", "calls"),
    [
        ("fault: refuse", Calls(frozenset({1}))),
        ("fault: refuse, calls: 2", Calls(frozenset({2}))),
        ("fault: refuse, calls: [1, 3]", Calls(frozenset({1, 3}))),
        ("fault: refuse, calls: 2..", Calls(start=2)),
        ("fault: refuse, calls: all", ALL_CALLS),
        ("fault: {outage: {from: 0s, to: 1s}}", ALL_CALLS),
        ("fault: {outage: {from: 0s, to: 1s}}, calls: 2", Calls(frozenset({2}))),
    ],
)
def test_calls_are_numbers_ranges_or_all(written: str, calls: Calls) -> None:
    """A fault strikes the calls that are written: the first by default, or all of an outage."""
    assert fault_in(f"on: payments.charge, {written}").calls == calls


def test_a_service_means_its_operations() -> None:
    """A fault on a service strikes every operation of the service."""
    spec = fault_in("on: payments, fault: refuse, order: o2")

    assert spec.on == "payments"
    assert spec.operations == {"payments.charge", "payments.refund"}
    assert spec.order == "o2"


def test_a_service_means_only_operations_that_the_fault_fits() -> None:
    """A fault on the body of replies leaves the operation of a service out that sends none."""
    assert ORDER_OPERATIONS["inventory.release"].reply_fields == ()
    assert fault_in("on: inventory, fault: malformed").operations == {"inventory.reserve"}


def test_a_success_is_a_fault_only_where_it_is_another() -> None:
    """Of the operations of a service, a status after the effect strikes those that answer else."""
    assert ORDER_OPERATIONS["inventory.release"].success == 204
    spec = fault_in("on: inventory, fault: {status_after_effect: 204}")

    assert spec.operations == {"inventory.reserve"}


def test_each_rule_of_a_fault_is_fresh() -> None:
    """Playing a scenario twice does not count the faults of both together."""
    spec = fault_in("on: payments.charge, fault: refuse, order: o1")
    first, second = spec.rule(), spec.rule()
    first.fired = 1

    assert second.fired == 0
    assert (second.operations, second.fault) == (spec.operations, spec.fault)
    assert (second.calls, second.order) == (spec.calls, "o1")


@pytest.mark.parametrize(
    ("written", "kind", "order"),
    [
        ("cancel: o1", EventKind.CANCEL, "o1"),
        ("submit: o2", EventKind.SUBMIT, "o2"),
        ("terminate: o1", EventKind.TERMINATE, "o1"),
        ("query: o1", EventKind.QUERY, "o1"),
        ("signal: {to: o2, name: cancel}", EventKind.SIGNAL, "o2"),
        ("update: {to: o1, name: request_cancel}", EventKind.UPDATE, "o1"),
        ("heal: true", EventKind.HEAL, None),
    ],
)
def test_an_event_is_named_by_its_key(written: str, kind: EventKind, order: str | None) -> None:
    """The key of an event says what happens, and its value to which order."""
    event = event_in(f"{written}, when: {{at: 1s}}")

    assert (event.kind, event.order) == (kind, order)


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("{at: 1m30s}", When("at", at=90.0)),
        ("{at: 0s}", When("at", at=0.0)),
        ("{before: shipping.create}", When("before", "shipping.create", 1)),
        ("{during: shipping.create, call: 2}", When("during", "shipping.create", 2)),
        ("{after: payments.charge, call: 2}", When("after", "payments.charge", 2)),
    ],
)
def test_an_event_has_one_moment(written: str, when: When) -> None:
    """An event happens at a time, or before or after a call: the first one by default."""
    assert event_in(f"heal: true, when: {written}").when == when


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("when: waiting", When("waiting")),
        ("when: waiting, times: 3", When("waiting", times=3)),
        ("when: waiting, after: 1h30m", When("waiting", waited=5400.0)),
    ],
)
def test_an_event_may_wait_until_its_order_does(written: str, when: When) -> None:
    """Such an event happens once and at once, unless it says how often and after how long."""
    assert event_in(f"cancel: o1, {written}").when == when


def test_a_message_carries_any_json() -> None:
    """Its arguments are what is written; a number may have a fraction there."""
    args = '[changed my mind, 1, 1.5, true, [], {a: ["1.5", 1e3]}]'
    event = event_in(f"signal: {{to: o1, name: cancel, args: {args}}}, when: waiting")

    values: tuple[object, ...] = ("changed my mind", 1, 1.5, True, [], {"a": ["1.5", 1000.0]})
    assert event.message == Message("cancel", values)


def test_an_order_is_placed_again_with_changes_or_as_another() -> None:
    """What is not changed stays; the id is another one only where the event says so."""
    where = "[{id: o1, customer_id: c9, payment_method_id: pm_1}]"
    changed = event_in("submit: o1, changes: {payment_method_id: pm_2}, when: {at: 1s}", where)
    other = event_in("submit: o1, as: o3, when: {at: 1s}", where)

    assert isinstance(changed.submits, Order)
    assert (changed.submits.id, changed.submits.customer_id) == ("o1", "c9")
    assert changed.submits.payment_method_id == "pm_2"
    assert (changed.new_order, changed.changes) == (None, {"payment_method_id": "pm_2"})
    assert isinstance(other.new_order, Order)
    assert (other.new_order.id, other.new_order.payment_method_id) == ("o3", "pm_1")
    assert event_in("submit: o1, when: {at: 1s}").submits is None


def test_a_start_says_what_the_client_gives_to_temporal() -> None:
    """Timeouts and retries of the workflow are no part of the order that goes into it."""
    start = (
        "{execution_timeout: 2h, run_timeout: 10m, retry_policy: {maximum_attempts: 3, "
        "initial_interval: 2s, backoff_coefficient: 1, maximum_interval: 1m, "
        "non_retryable_error_types: [PaymentDeclined]}}"
    )
    order = order_in(f"start: {start}")

    assert order.start == StartOptions(
        execution_timeout=7200.0,
        run_timeout=600.0,
        retry_policy=Retries(
            maximum_attempts=3,
            initial_interval=2.0,
            backoff_coefficient=1.0,
            maximum_interval=60.0,
            non_retryable_error_types=("PaymentDeclined",),
        ),
    )
    assert order_in("").start == StartOptions()
    assert "start" not in order.as_json()
    assert "start" not in OrderWords(id="o1", start=StartEntry(run_timeout="1s")).as_input()


def test_a_cancel_has_a_reason_and_a_means() -> None:
    """A cancel may say why and how; it has a reason by default, and other events have none."""
    default = event_in("cancel: o1, when: {at: 1s}")
    chosen = event_in("cancel: o1, when: {at: 1s}, reason: too late, by: workflow")
    query = event_in("query: o1, when: {at: 1s}")

    assert (default.reason, default.by) == ("changed my mind", None)
    assert (chosen.reason, chosen.by) == ("too late", CancelBy.WORKFLOW)
    assert (query.reason, query.by) == ("", None)


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        ("tags: []", Settings(default_stock=100)),
        ("given: {stock: {WIDGET: 0}}", Settings(stock={"WIDGET": 0})),
        ("given: {ships_after: 0s}", Settings(default_stock=100, ships_after=0.0)),
        (
            "given: {reservation_expires_after: 15m}",
            Settings(default_stock=100, reservation_expires_after=900.0),
        ),
        ("given: {refunds: refused}", Settings(default_stock=100, refunds_refused=True)),
        ("given: {refunds: accepted}", Settings(default_stock=100)),
        (
            "given: {cards: {pm_x: declined}}",
            Settings(default_stock=100, cards={"pm_x": "declined"}),
        ),
        ("given: {idempotency: replay}", Settings(default_stock=100)),
        (
            "given: {idempotency: stores_errors}",
            Settings(default_stock=100, idempotency=Idempotency.STORES_ERRORS),
        ),
        (
            "given: {idempotency: {expires: 24h}}",
            Settings(default_stock=100, idempotency_expires_after=86_400.0),
        ),
    ],
)
def test_what_is_given_becomes_settings_of_the_world(written: str, settings: Settings) -> None:
    """Each key of `given` sets the world, where there is plenty of everything by default."""
    assert load_text(text_with(written)).given == settings


def test_an_order_needs_only_an_id() -> None:
    """An order that says nothing else is for one widget, complete and valid."""
    order = order_in("")

    assert order == Order(
        id="o1",
        items=(OrderItem("WIDGET", 1, Decimal("10.00")),),
        customer_id="customer-1",
        payment_method_id="pm_card",
        shipping_address=DEFAULT_ADDRESS,
        on_confirmation_failure=None,
        place=Place("<text>", 3, 10),
    )
    assert all(DEFAULT_ADDRESS.values())


def test_an_order_may_replace_a_part_of_its_address() -> None:
    """What a scenario says of an address replaces the default, even by nothing."""
    order = order_in('shipping_address: {zip_code: "", country: NO}')

    assert order.shipping_address == {**DEFAULT_ADDRESS, "zip_code": "", "country": "NO"}


def test_an_order_goes_into_a_saga_as_json() -> None:
    """An order has the fields of the first saga, its prices are texts, and it knows its total."""
    order = order_in(
        'items: [{sku: A, quantity: 3, price: "0.10"}, {sku: B, quantity: 1, price: "5"}],'
        "customer_id: c, payment_method_id: p, on_confirmation_failure: complete"
    )

    assert order.total == Decimal("5.30")
    assert order.as_json() == {
        "order_id": "o1",
        "customer_id": "c",
        "items": [
            {"sku": "A", "quantity": 3, "price": "0.10"},
            {"sku": "B", "quantity": 1, "price": "5"},
        ],
        "shipping_address": dict(DEFAULT_ADDRESS),
        "payment_method_id": "p",
        "on_confirmation_failure": "complete",
    }


def test_an_order_can_have_float_prices() -> None:
    """For a saga that asks for floats prices are numbers; a choice that is not made is left out."""
    json = order_in("").as_json(float_prices=True)

    assert json["items"] == [{"sku": "WIDGET", "quantity": 1, "price": 10.0}]
    assert isinstance(json["items"][0]["price"], float)
    assert "on_confirmation_failure" not in json


def test_expectations_are_read_in_full() -> None:
    """Every kind of expectation is kept as written; what is not mentioned is left open."""
    scenario = load_text(
        text_with(
            "events: [{terminate: o1, when: {at: 1s}}]",
            expect=(
                "{calls: {payments.charge: 0}, stock: {WIDGET: 98}, undone: [],"
                " statuses: {completed: 1, terminated: 1}, orphans: {inventory.reserve: 1}}"
            ),
        )
    )

    assert scenario.expect == Expectations(
        calls={"payments.charge": 0},
        stock={"WIDGET": 98},
        undone=(),
        statuses={"completed": 1, "terminated": 1},
        orphans={"inventory.reserve": 1},
        places=scenario.expect.places,
    )


def test_places_can_be_clicked() -> None:
    """A place prints as editors and terminals link it."""
    assert str(Place("a.yaml", 3, 10)) == "a.yaml:3:10"
