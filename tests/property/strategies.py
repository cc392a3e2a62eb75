"""Stories of orders and failures, as Hypothesis makes them up.

Everything is data of the scenario language, so whatever is found can be written down as a file. The
simplest choice comes first everywhere: that is what a failure shrinks to.

Left out is only what no saga could cope with. It says why wherever that is: services without
idempotency keys or that forget them too early, reservations that expire too early, keys poisoned
for ever, services that answer what is not so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

from fakes import ORDER_OPERATIONS
from sagacheck.language import (
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Message,
    Place,
    Scenario,
    When,
)
from sagacheck.language.build import DEFAULT_REASON
from sagacheck.language.model.given import DEFAULT_STOCK
from sagacheck.network import FAULTS, Argument, Calls, Fault, FaultKind
from sagacheck.services import Operation
from sagacheck.world import Idempotency, Settings
from scenarios.goods import DEFAULT_ADDRESS, DEFAULT_ITEM, Order, OrderItem

HOUR = 3600.0
NOWHERE = Place("made up by Hypothesis", 1, 1)

CREATES = [operation.name for operation in ORDER_OPERATIONS.creates]
SERVICES = ORDER_OPERATIONS.services
ARTICLES = ["WIDGET", "GADGET", "SAMPLE", "a.b-c_1"]
SKUS = st.sampled_from(ARTICLES)
CENTS = st.one_of(st.sampled_from([1000, 0, 1, 1999, 3333]), st.integers(0, 10**6))
MANY_CENTS = st.integers(0, 10**14 - 1)
TEXTS = st.text(max_size=20)

MOMENTS = st.sampled_from([0, 1, 5, 10, 30, 45, 90, 300, 600, 1800, 3600, 7200]).map(float)
"""Seconds. Few and round: what matters is before and after which timeout they are."""
DELAYS = st.sampled_from([1, 10, 31, 45, 90, 200, 300, 600, 1800, 3600, 7200]).map(float)
"""Seconds."""

EXPIRIES = st.sampled_from([None, 6 * HOUR, 12 * HOUR])
"""Of reservations. After six hours every order has its parcel or is being undone: a step has three
attempts, of minutes, with an hour between them at the most. A shop that holds goods for less may
lose them between the last look at them and the parcel's departure, whatever its saga does."""
LIFETIMES = st.sampled_from([None, 48 * HOUR])
"""Of idempotency keys. Faults end after a day, so no request is sent later than that and minutes. A
service that forgets keys while a request is still being repeated cannot but do it twice."""

STATUSES = st.sampled_from([503, 500, 400, 401, 402, 404, 408, 409, 410, 422, 429, 502, 504, 520])
CODES = st.sampled_from([None, "request_in_flight", "service_unavailable", "no_such_code"])


_T = TypeVar("_T")


def rarely(odd: st.SearchStrategy[_T], usual: _T) -> st.SearchStrategy[_T]:
    """`usual`, but once in a while something odd: too much of that and no order gets anywhere."""
    return st.integers(0, 9).flatmap(lambda dice: odd if dice == 9 else st.just(usual))


def items() -> st.SearchStrategy[OrderItem]:
    """A line of an order."""
    cents = st.integers(0, 9).flatmap(lambda dice: CENTS if dice < 9 else MANY_CENTS)
    quantity = st.integers(0, 9).flatmap(lambda dice: st.integers(1, 4 if dice < 9 else 2_000_000))
    price = cents.map(lambda cents: Decimal(cents).scaleb(-2))
    return st.builds(OrderItem, SKUS, quantity, price)


def orders(order_id: str) -> st.SearchStrategy[Order]:
    """An order with this id."""
    address = st.fixed_dictionaries(
        {part: st.one_of(st.just(text), TEXTS) for part, text in DEFAULT_ADDRESS.items()}
    )
    return st.builds(
        Order,
        id=st.just(order_id),
        items=st.one_of(
            st.just((DEFAULT_ITEM,)), st.lists(items(), min_size=1, max_size=12).map(tuple)
        ),
        customer_id=rarely(TEXTS, "customer-1"),
        payment_method_id=rarely(st.just("pm_declined"), "pm_card"),
        shipping_address=rarely(address, dict(DEFAULT_ADDRESS)),
        on_confirmation_failure=st.sampled_from([None, "undo", "complete"]),
        place=st.just(NOWHERE),
    )


_RETRIED_WITHOUT_LIMIT = {"payments.refund", "notifications.send"}
"""Calls with a key of their own that the saga repeats until they are answered."""


def _poisons(spec: FaultSpec) -> bool:
    """Whether a service that stores errors would answer a call with an error for ever after.

    The saga is asked to repeat such a call without limit, and always with the same key: another one
    would risk a second mail. So an order at such a service cannot end.
    """
    is_error = spec.fault.name == "status_after_effect"
    return is_error and not _RETRIED_WITHOUT_LIMIT.isdisjoint(spec.operations)


@st.composite
def worlds(draw: st.DrawFn, skus: Sequence[str], *, may_store_errors: bool) -> Settings:
    """A world at its beginning, in which these articles are sold."""
    profiles = [Idempotency.REPLAY, *([Idempotency.STORES_ERRORS] if may_store_errors else [])]
    profile = draw(st.sampled_from(profiles))
    ships_after = draw(st.one_of(st.none(), MOMENTS))
    few = st.fixed_dictionaries({sku: st.integers(0, 20) for sku in skus})
    stock = draw(rarely(few, None))
    return Settings(
        stock=stock or {},
        default_stock=DEFAULT_STOCK if stock is None else 0,
        ships_after=ships_after,
        reservation_expires_after=None if ships_after is None else draw(EXPIRIES),
        refunds_refused=draw(rarely(st.just(True), usual=False)),
        cards=draw(st.sampled_from([{}, {"pm_declined": "declined"}])),
        idempotency=profile,
        idempotency_expires_after=(draw(LIFETIMES) if profile is Idempotency.REPLAY else None),
    )


def faults_of(kind: FaultKind) -> st.SearchStrategy[Fault]:
    """The faults of a kind, with all sorts of arguments."""
    name = st.just(kind.name)
    match kind.argument:
        case Argument.NONE:
            return st.builds(Fault, name)
        case Argument.STATUS:
            return st.builds(Fault, name, status=st.sampled_from([500, 502, 503, 504]))
        case Argument.REJECTION:
            after = st.one_of(st.none(), DELAYS)
            return st.builds(Fault, name, status=STATUSES, code=CODES, retry_after=after)
        case Argument.DURATION:
            return st.builds(Fault, name, delay=DELAYS)
        case Argument.COUNT:
            return st.builds(Fault, name, copies=st.integers(2, 4))
        case Argument.WINDOW:
            return st.builds(
                lambda start, length: Fault(kind.name, start=start, end=start + length),
                MOMENTS,
                DELAYS,
            )


def calls() -> st.SearchStrategy[Calls]:
    """Some calls of an operation."""
    number = st.sampled_from([1, 1, 1, 2, 3, 4])
    return st.one_of(
        number.map(lambda call: Calls(frozenset({call}))),
        st.frozensets(number, min_size=2, max_size=3).map(Calls),
        number.map(lambda call: Calls(start=call)),
    )


def told_truly(fault: Fault, operations: Iterable[Operation]) -> Fault:
    """A fault with which no service says that money was given back, though it was not.

    A 400 means just that at a refund, unless its body says something else; and a caller that gets
    it has to believe it.
    """
    codes = [fault.code or op.code_for(fault.status) for op in operations if fault.status]
    return replace(fault, code="invalid_request") if "already_refunded" in codes else fault


@st.composite
def fault_plans(draw: st.DrawFn, order_ids: Sequence[str]) -> FaultSpec:
    """One planned fault."""
    on = draw(st.sampled_from([*CREATES, *ORDER_OPERATIONS.names, *SERVICES]))
    meant = [op for op in ORDER_OPERATIONS.operations if on in (op.name, op.service)]
    kinds = [kind for kind in FAULTS.values() if any(map(kind.fits, meant))]
    fault = told_truly(draw(st.sampled_from(kinds).flatmap(faults_of)), meant)
    return FaultSpec(
        on=on,
        operations=frozenset(op.name for op in meant if fault.kind.fits(op)),
        fault=fault,
        calls=draw(calls()),
        order=draw(st.sampled_from([None, *order_ids])),
        place=NOWHERE,
    )


def late_refusals() -> st.SearchStrategy[FaultSpec]:
    """A refusal after which an order has to be undone: without one, no undo is ever called."""
    return st.sampled_from([("shipping.create", 422), ("notifications.send", 400)]).map(
        lambda where: FaultSpec(
            on=where[0],
            operations=frozenset({where[0]}),
            fault=Fault("reject", status=where[1]),
            calls=Calls(),
            order=None,
            place=NOWHERE,
        )
    )


def moments() -> st.SearchStrategy[When]:
    """When something happens."""
    call = st.builds(
        When,
        st.sampled_from(["before", "during", "after"]),
        st.sampled_from(ORDER_OPERATIONS.names),
        st.sampled_from([1, 1, 1, 2, 3]),
    )
    return st.one_of(call, MOMENTS.map(lambda at: When("at", at=at)))


_MESSAGES = {EventKind.SIGNAL: "cancel", EventKind.UPDATE: "request_cancel"}


@st.composite
def events(draw: st.DrawFn, order_ids: Sequence[str]) -> Event:
    """What a client or an operator does."""
    kind = draw(st.one_of(st.just(EventKind.CANCEL), st.sampled_from(EventKind)))
    is_cancel = kind is EventKind.CANCEL
    return Event(
        kind=kind,
        order=None if kind is EventKind.HEAL else draw(st.sampled_from(order_ids)),
        when=draw(moments()),
        reason=draw(st.one_of(st.just(DEFAULT_REASON), TEXTS)) if is_cancel else "",
        by=draw(st.sampled_from([None, *CancelBy])) if is_cancel else None,
        place=NOWHERE,
        message=Message(_MESSAGES[kind], (draw(TEXTS),)) if kind in _MESSAGES else None,
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A whole story; it expects nothing but that the invariants hold."""
    order_ids = [f"o{number}" for number in range(1, draw(st.integers(1, 3)) + 1)]
    placed = tuple(draw(orders(order_id)) for order_id in order_ids)
    skus = sorted({item.sku for order in placed for item in order.items})
    faults = draw(st.lists(fault_plans(order_ids), max_size=5))
    faults += draw(st.lists(late_refusals(), max_size=1))  # last, where it is not in others' way
    return Scenario(
        name="a story",
        why="made up by Hypothesis",
        tags=(),
        covers=(),
        given=draw(worlds(skus, may_store_errors=not any(map(_poisons, faults)))),
        orders=placed,
        faults=tuple(faults),
        events=tuple(draw(st.lists(events(order_ids), max_size=4))),
        expect=Expectations(),
        file=NOWHERE.file,
        place=NOWHERE,
    )
