"""Makes the scenario that is played out of the file as written, with defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping

from fakes import Idempotency, Settings
from scenarios.language.events import EventEntry, WhenEntry
from scenarios.language.expect import Expect, OrderExpect
from scenarios.language.faults import FaultEntry
from scenarios.language.file import ScenarioFile
from scenarios.language.orders import Expiry, Given, ItemEntry, OrderEntry
from scenarios.scenario import (
    ANY_STATUS,
    DEFAULT_ADDRESS,
    DEFAULT_ITEM,
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Order,
    OrderExpectation,
    OrderItem,
    Place,
    Scenario,
    When,
)
from scenarios.source import Path, Source

DEFAULT_STOCK = 100
"""Pieces of every SKU, where a scenario leaves the stock alone."""
DEFAULT_REASON = "changed my mind"
"""Why a customer cancels, where a scenario does not say."""


def build(written: ScenarioFile, source: Source) -> Scenario:
    """The scenario that `written` describes; `source` knows the places."""
    return Scenario(
        name=written.scenario,
        why=written.why.strip(),
        tags=written.tags,
        covers=written.covers,
        given=_settings(written.given),
        orders=tuple(
            _order(entry, _place(source, ("orders", index)))
            for index, entry in enumerate(written.orders)
        ),
        faults=tuple(
            _fault(entry, _place(source, ("faults", index)))
            for index, entry in enumerate(written.faults)
        ),
        events=tuple(
            _event(entry, _place(source, ("events", index)))
            for index, entry in enumerate(written.events)
        ),
        expect=_expectations(written.expect, source),
        file=source.file,
        place=_place(source, ("scenario",)),
    )


def _place(source: Source, path: Path) -> Place:
    return Place(source.file, *source.key_at(path))


def _settings(given: Given) -> Settings:
    keys = given.idempotency
    return Settings(
        stock=given.stock or {},
        default_stock=DEFAULT_STOCK if given.stock is None else 0,
        ships_after=given.ships_after,
        reservation_expires_after=given.reservation_expires_after,
        refunds_refused=given.refunds == "refused",
        cards=given.cards,
        idempotency=Idempotency.REPLAY if isinstance(keys, Expiry) else Idempotency(keys),
        idempotency_expires_after=keys.expires if isinstance(keys, Expiry) else None,
    )


def _order(entry: OrderEntry, place: Place) -> Order:
    return Order(
        id=entry.id,
        items=tuple(map(_item, entry.items)) if entry.items else (DEFAULT_ITEM,),
        customer_id=entry.customer_id,
        payment_method_id=entry.payment_method_id,
        shipping_address={
            **DEFAULT_ADDRESS,
            **entry.shipping_address.model_dump(exclude_unset=True),
        },
        on_confirmation_failure=entry.on_confirmation_failure,
        place=place,
    )


def _item(entry: ItemEntry) -> OrderItem:
    return OrderItem(entry.sku, entry.quantity, entry.price)


def _fault(entry: FaultEntry, place: Place) -> FaultSpec:
    return FaultSpec(
        on=entry.on,
        operations=entry.operations,
        fault=entry.fault_meant,
        calls=entry.calls_meant,
        order=entry.order,
        place=place,
    )


def _event(entry: EventEntry, place: Place) -> Event:
    is_cancel = entry.kind is EventKind.CANCEL
    return Event(
        kind=entry.kind,
        order=None if entry.kind is EventKind.HEAL else getattr(entry, entry.kind),
        when=_when(entry.when),
        reason=(DEFAULT_REASON if entry.reason is None else entry.reason) if is_cancel else "",
        by=CancelBy(entry.by) if entry.by else None,
        place=place,
    )


def _when(entry: WhenEntry) -> When:
    if entry.at is not None:
        return When("at", at=entry.at)
    if entry.before is not None:
        return When("before", entry.before, entry.call or 1)
    return When("after", entry.after, entry.call or 1)


def _expectations(expect: Expect, source: Source) -> Expectations:
    orders = {
        order: _order_expectation(entry, _place(source, ("expect", order)))
        for order, entry in expect.orders.items()
    }
    return Expectations(
        orders=orders,
        effects=expect.effects or {},
        undone=expect.undone,
        calls=expect.calls or {},
        stock=expect.stock or {},
        statuses=expect.statuses or {},
        orphans=expect.orphans or {},
        places=_expected_at(source),
    )


def _order_expectation(entry: OrderExpect, place: Place) -> OrderExpectation:
    return OrderExpectation(
        status=None if entry.status == ANY_STATUS else entry.status, error=entry.error, place=place
    )


def _expected_at(source: Source) -> Mapping[str, Place]:
    return {
        "/".join(str(step) for step in path[1:]): _place(source, path)
        for path in source.keys
        if path[0] == "expect" and len(path) in (2, 3)
    }
