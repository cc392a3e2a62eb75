"""Makes the scenario that is played out of the file as written, with defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sagacheck.language.model.events import EventEntry, WhenEntry
from sagacheck.language.model.expect import Expect, OrderExpect
from sagacheck.language.model.faults import FaultEntry
from sagacheck.language.model.file import ScenarioFile
from sagacheck.language.model.orders import OrderWords
from sagacheck.language.scenario import (
    ANY_STATUS,
    AnyOrder,
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Message,
    OrderExpectation,
    Place,
    Scenario,
    When,
)
from sagacheck.language.yaml.source import KeyPath, Source
from sagacheck.services import OperationTable

DEFAULT_REASON = "changed my mind"
"""Why a customer cancels, where a scenario does not say."""


def build(written: ScenarioFile, source: Source, operations: OperationTable) -> Scenario:
    """The scenario that `written` describes; `source` knows the places."""
    return Scenario(
        name=written.scenario,
        why=written.why.strip(),
        tags=written.tags,
        covers=written.covers,
        given=written.given.settings(),
        orders=tuple(
            _order(entry, _place(source, ("orders", index)))
            for index, entry in enumerate(written.orders)
        ),
        faults=tuple(
            _fault(entry, operations, _place(source, ("faults", index)))
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


def _place(source: Source, path: KeyPath) -> Place:
    return Place(source.file, *source.key_at(path))


def _order(entry: OrderWords, place: Place) -> AnyOrder:
    order = entry.placed(place)
    return replace(order, start=entry.start.meant()) if entry.start else order


def _fault(entry: FaultEntry, table: OperationTable, place: Place) -> FaultSpec:
    return FaultSpec(
        on=entry.on,
        operations=entry.operations_of(table),
        fault=entry.fault_meant,
        calls=entry.calls_meant,
        order=entry.order,
        place=place,
    )


def _event(entry: EventEntry, place: Place) -> Event:
    is_cancel = entry.kind is EventKind.CANCEL
    message = entry.signal or entry.update
    submits = entry.submits
    assert submits is None or isinstance(submits, OrderWords), "it is what is written under orders"
    return Event(
        kind=entry.kind,
        order=entry.order,
        when=_when(entry),
        reason=(DEFAULT_REASON if entry.reason is None else entry.reason) if is_cancel else "",
        by=CancelBy(entry.by) if entry.by else None,
        place=place,
        message=Message(message.name, message.args) if message else None,
        submits=_order(submits, place) if submits else None,
        changes=entry.raw_changes,
    )


def _when(event: EventEntry) -> When:
    entry = event.when
    if not isinstance(entry, WhenEntry):
        return When("waiting", times=event.times or 1, waited=event.after or 0.0)
    if entry.at is not None:
        return When("at", at=entry.at)
    if entry.before is not None:
        return When("before", entry.before, entry.call or 1)
    if entry.during is not None:
        return When("during", entry.during, entry.call or 1)
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
