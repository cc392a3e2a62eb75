"""Scenarios without the places at which they were written, to compare what they mean."""

from __future__ import annotations

from dataclasses import replace

from sagacheck.language import AnyOrder, Place, Scenario

_NOWHERE = Place("", 1, 1)


def without_places(scenario: Scenario) -> Scenario:
    """`scenario` as if written nowhere."""
    expect = scenario.expect
    return replace(
        scenario,
        orders=tuple(map(_nowhere, scenario.orders)),
        faults=tuple(replace(fault, place=_NOWHERE) for fault in scenario.faults),
        events=tuple(
            replace(event, place=_NOWHERE, submits=event.submits and _nowhere(event.submits))
            for event in scenario.events
        ),
        expect=replace(
            expect,
            orders={name: replace(end, place=_NOWHERE) for name, end in expect.orders.items()},
            places={},
        ),
        file="",
        place=_NOWHERE,
    )


def _nowhere(order: AnyOrder) -> AnyOrder:
    return replace(order, place=_NOWHERE)
