"""Whatever an operation can answer stands in its row, and whatever stands there can be answered."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from fakes import order_services
from sagacheck.network import Call, Network, TransportError
from sagacheck.services import COMMON_REFUSALS, Operation, ServiceFactory, Services
from sagacheck.world import ManualClock, Settings, World
from tests.order_calls import call as call_in_the_shop
from tests.services.test_base_classes import club
from trip.services import trip_services

WORLDS = (
    Settings(default_stock=2),
    Settings(default_stock=2, ships_after=0.0),
    Settings(cards={"pm_1": "declined"}),
    Settings(default_stock=2, refunds_refused=True),
)
"""Worlds in which everything is refused that a world can refuse; in the third no goods are left."""

WRONG: Sequence[Any] = (None, "", 7, [], {}, True, "x", "0.001", "99.99", "1" * 9)
"""What no field takes, and what some do not."""

BODIES: Mapping[str, Mapping[str, Any]] = {
    "hotel.book": {"traveller": "ada", "room": "ROOM"},
    "flight.book": {"traveller": "ada", "seat": "SEAT"},
    "car.book": {"traveller": "ada", "car": "CAR"},
    "kits.book": {"size": "M"},
    "fees.collect": {"fee": "19.99", "card": "pm_1"},
    "letters.write": {"text": "welcome"},
}

Answers = Mapping[str, set[tuple[int, str]]]


def fields_of(network: Network, operation: Operation) -> dict[str, Any]:
    """What a right request for `operation` has, with a key."""
    if operation.name in network.operations and operation.service in SHOP:
        return dict(call_in_the_shop(network, operation.name).fields)
    key_at = next(iter(operation.key_places), operation.target_key_at) or ""
    return {key_at: "order-o1", **BODIES.get(operation.name, {})}


SHOP = ("inventory", "payments", "shipping", "notifications")


def requests_for(network: Network, operation: Operation) -> Iterator[dict[str, Any]]:
    """The right request, and every way to spoil it by one field; then one by the effect's id."""
    right = fields_of(network, operation)
    yield right
    yield {**right, "no_such_field": "x"}
    own = operation.key_places[0] if operation.is_create else ""
    for name in sorted(operation.known_fields or right):
        for number, wrong in enumerate(WRONG):
            other_key = {own: f"{name}-{number}"} if own else {}
            yield {**right, name: wrong}
            yield {**right, **other_key, name: wrong}
        yield {other: value for other, value in right.items() if other != name}
    if operation.target_id_at:
        made = [
            e.id for e in network.world.ledger.effects.values() if e.operation == operation.undoes
        ]
        for effect in (*made, "nobody_1"):
            yield {operation.target_id_at: effect}
            yield {operation.target_id_at: effect, "amount": "99.99"}


async def answers_of(services: ServiceFactory) -> Answers:
    """Every refusal that each operation has answered, in every world, in several orders."""
    answers: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
    for settings in WORLDS:
        for turned in (False, True):
            world = World(settings)
            network = Network(Services(world, services))
            creates, undos = network.operations.creates, network.operations.operations
            await _ask(
                network, [*creates, *undos, *creates] if turned else [*undos, *creates, *undos]
            )
            for attempt in world.journal:
                codes = {(each.status, each.code) for each in attempt.arrivals if each.code}
                answers[attempt.operation] |= codes
    return answers


async def _ask(network: Network, operations: Sequence[Operation]) -> None:
    for operation in operations:
        for fields in requests_for(network, operation):
            with suppress(TransportError):
                await network.send(Call(operation, fields, order="o1", timeout=5.0))
            clock = network.world.clock
            assert isinstance(clock, ManualClock)
            clock.advance_to(clock.now() + 1)


@pytest.mark.parametrize("services", [order_services, trip_services, club])
def test_an_operation_answers_what_its_row_says(services: ServiceFactory) -> None:
    """In any world, to right requests and to wrong ones: what the row says, or what any may."""
    answers = asyncio.run(answers_of(services))
    table = Services(World(), services).operations

    for operation in table.operations:
        known = {(each.status, each.code) for each in (*operation.refusals, *COMMON_REFUSALS)}
        assert answers[operation.name] <= known, operation.name


@pytest.mark.parametrize("services", [order_services, trip_services, club])
def test_a_row_says_what_its_operation_answers(services: ServiceFactory) -> None:
    """No row names a refusal that was never seen: it would be one that no saga has to handle."""
    answers = asyncio.run(answers_of(services))
    table = Services(World(), services).operations

    for operation in table.operations:
        rows = {(each.status, each.code) for each in operation.refusals}
        assert rows <= answers[operation.name], operation.name
