"""Short words for scenarios that tests play."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from sagacheck.language import (
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    OrderExpectation,
    Place,
    Scenario,
    When,
)
from sagacheck.network import ALL_CALLS, Calls, Fault
from sagacheck.world import Settings
from scenarios.goods import DEFAULT_ADDRESS, DEFAULT_SKU, Order, OrderItem

HERE = Place("a test", 1, 1)
PLENTY = Settings(default_stock=1000)

ORDER = Order(
    id="o1",
    items=(OrderItem(DEFAULT_SKU, 2, Decimal("19.99")),),
    customer_id="c1",
    payment_method_id="pm_1",
    shipping_address=DEFAULT_ADDRESS,
    on_confirmation_failure=None,
    place=HERE,
)


def story(
    name: str,
    *,
    faults: Iterable[FaultSpec] = (),
    events: Iterable[Event] = (),
    given: Settings = PLENTY,
    order: Order = ORDER,
    expect: Expectations | None = None,
) -> Scenario:
    """A scenario about one order."""
    return Scenario(
        name=name,
        why="",
        tags=(),
        covers=(),
        given=given,
        orders=(order,),
        faults=tuple(faults),
        events=tuple(events),
        expect=expect or Expectations(),
        file=HERE.file,
        place=HERE,
    )


def ends(
    status: str,
    error: str | None = None,
    *,
    effects: Mapping[str, int] | None = None,
    calls: Mapping[str, int] | None = None,
) -> Expectations:
    """How the order should end, and how often operations should take effect or be called."""
    wanted = {ORDER.id: OrderExpectation(status, error, HERE)}
    return Expectations(orders=wanted, effects=effects or {}, calls=calls or {})


def fails(on: str, fault: Fault, *calls: int) -> FaultSpec:
    """A fault on these calls of an operation, or on all."""
    meant = Calls(frozenset(calls)) if calls else ALL_CALLS
    return FaultSpec(on, frozenset({on}), fault, meant, None, HERE)


def rejects(
    on: str, status: int, *calls: int, code: str | None = None, retry_after: float | None = None
) -> FaultSpec:
    """An error that is answered to these calls of an operation, or to all."""
    return fails(on, Fault("reject", status=status, code=code, retry_after=retry_after), *calls)


def loses_reply(on: str, *calls: int) -> FaultSpec:
    """The reply to these calls of an operation, or to all, is lost."""
    return fails(on, Fault("drop_response"), *calls)


def cancels(
    by: CancelBy, moment: Literal["before", "during", "after"], operation: str, *, call: int = 1
) -> Event:
    """A customer cancels the order around a call of an operation."""
    return _event(EventKind.CANCEL, When(moment, operation, call), by)


def cancels_at(by: CancelBy, seconds: float) -> Event:
    """A customer cancels the order at a time."""
    return _event(EventKind.CANCEL, When("at", at=seconds), by)


def submits_at(seconds: float) -> Event:
    """A customer places the order again."""
    return _event(EventKind.SUBMIT, When("at", at=seconds), None)


def _event(kind: EventKind, when: When, by: CancelBy | None) -> Event:
    reason = "changed my mind" if kind is EventKind.CANCEL else ""
    return Event(kind=kind, order=ORDER.id, when=when, reason=reason, by=by, place=HERE)
