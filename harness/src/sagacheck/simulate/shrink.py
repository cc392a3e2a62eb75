"""Shrinks a scenario that fails, as long as it fails in the same way.

What can be left out is a list of parts, and the list is shortened by delta debugging: large pieces
first, then smaller ones (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
Input", TSE 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any, TypeVar

from sagacheck.language import AnyOrder, Event, FaultSpec, OrderWords, Scenario
from sagacheck.world import Settings

Fails = Callable[[Scenario], bool]
"""Plays a scenario; whether it fails in the way in question."""

_T = TypeVar("_T")


def shrink(scenario: Scenario, fails: Fails, orders: type[OrderWords] = OrderWords) -> Scenario:
    """A scenario with no order, fault, event or setting that it could do without.

    Args:
        scenario: It fails.
        fails: Whether another one does; the same scenario must give the same answer each time.
        orders: How its orders are written; says how one may be simpler.
    """
    smaller = _without_parts(scenario, fails)
    for simplify in _simplifications(smaller, orders):
        simpler = simplify(smaller)
        if simpler != smaller and fails(simpler):
            smaller = simpler
    return smaller


def minimal(parts: Sequence[_T], fails: Callable[[list[_T]], bool]) -> list[_T]:
    """Some of `parts` that fail, from which no piece could be left out when it was tried.

    Args:
        parts: They fail together.
        fails: Whether some of them do; they keep their order.
    """
    left = list(parts)
    size = len(left)
    while size:
        start = 0
        while start < len(left):
            fewer = left[:start] + left[start + size :]
            if fails(fewer):
                left = fewer
            else:
                start += size
        size //= 2
    return left


Part = AnyOrder | FaultSpec | Event


def _without_parts(scenario: Scenario, fails: Fails) -> Scenario:
    parts: list[Part] = [*scenario.orders, *scenario.faults, *scenario.events]
    known: dict[tuple[int, ...], bool] = {}

    def still_fails(some: list[Part]) -> bool:
        smaller = _of_parts(scenario, some)
        key = tuple(map(id, (*smaller.orders, *smaller.faults, *smaller.events)))
        if not smaller.orders:
            return False
        if key not in known:
            known[key] = fails(smaller)
        return known[key]

    while True:
        fewer = minimal(parts, still_fails)
        if len(fewer) == len(parts):
            return _of_parts(scenario, parts)
        parts = fewer


def _of_parts(scenario: Scenario, parts: Sequence[Part]) -> Scenario:
    """The scenario with these parts; what is about an order that is gone goes with it."""
    orders = tuple(part for part in parts if isinstance(part, AnyOrder))
    known = {None, *(order.id for order in orders)}
    return replace(
        scenario,
        orders=orders,
        faults=tuple(p for p in parts if isinstance(p, FaultSpec) and p.order in known),
        events=tuple(p for p in parts if isinstance(p, Event) and p.order in known),
    )


Simplify = Callable[[Scenario], Scenario]


def _simplifications(scenario: Scenario, orders: type[OrderWords]) -> Iterator[Simplify]:
    """Settings and orders as they are when a file says nothing about them, one by one."""
    plain = Settings()
    for name in (setting.name for setting in fields(Settings)):
        if "stock" not in name:  # without any, nothing would happen
            yield partial(_with_setting, name=name, value=getattr(plain, name))
    for number, order in enumerate(scenario.orders):
        for change in orders.simpler(order):
            yield partial(_with_order, number=number, **change)


def _with_setting(scenario: Scenario, name: str, value: Any) -> Scenario:
    given: Any = {name: value}
    return replace(scenario, given=replace(scenario.given, **given))


def _with_order(scenario: Scenario, number: int, **change: Any) -> Scenario:
    orders = list(scenario.orders)
    orders[number] = replace(orders[number], **change)
    return replace(scenario, orders=tuple(orders))
