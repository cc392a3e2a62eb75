"""``saga_world``: activities in a plain test, answered by the fakes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from temporalio.exceptions import ApplicationError

from sagacheck.errors import InvalidScenarioError
from sagacheck.testing import SagaWorld
from tests.sagas import small
from transfer.activities import Transfer
from transfer.saga import SAGA as TRANSFER
from transfer.saga import bank
from trip.activities import Booking
from trip.saga import SAGA

BOOKING = Booking("Ann", "Rome", "k1")
book_hotel = SAGA.activity_functions[0]


@pytest.fixture(name="world")
def _world() -> Iterator[SagaWorld]:
    with SagaWorld(SAGA) as world:
        yield world


@pytest.mark.asyncio
async def test_an_activity_has_its_effect(world: SagaWorld) -> None:
    """The unmodified activity calls the fakes, and journal and ledger have it."""
    booked = await world.run(book_hotel, BOOKING)

    assert booked
    assert [(each.operation, each.order) for each in world.journal] == [("hotel.book", "o1")]
    assert [entry.operation for entry in world.ledger.entries] == ["world.stock", "hotel.book"]


@pytest.mark.asyncio
async def test_a_fault_is_that_of_a_scenario(world: SagaWorld) -> None:
    """A lost reply is the client's own timeout, and the effect is there; the retry makes none."""
    world.fault("drop_response", "hotel.book")

    with pytest.raises(httpx.ReadTimeout):
        await world.run(book_hotel, BOOKING)
    await world.run(book_hotel, BOOKING, attempt=2)

    assert len(world.journal) == 2
    assert [entry.operation for entry in world.ledger.entries] == ["world.stock", "hotel.book"]


@pytest.mark.asyncio
async def test_an_activity_in_a_thread() -> None:
    """Functions for threads run in one, beside the event loop."""
    order = small.Order("o1", [small.Item("WIDGET", 1, 2.0)])

    with SagaWorld(small.THREADED) as world:
        price = await world.run(small.reserve_goods_in_a_thread, order)

    assert price == 2.0
    assert [each.operation for each in world.journal] == ["inventory.reserve"]


@pytest.mark.asyncio
async def test_an_activity_with_a_declared_effect() -> None:
    """The effect is recorded beside what the activity does; a refusal has none."""
    bank.open(alice=100, bob=0)

    with SagaWorld(TRANSFER) as world:
        await world.run(bank.withdraw, Transfer("t1", "alice", "bob", 60))
        with pytest.raises(ApplicationError):
            await world.run(bank.withdraw, Transfer("t2", "alice", "bob", 60))

    assert [entry.operation for entry in world.ledger.entries] == ["bank.withdraw"]


def test_an_unknown_fault_is_refused(world: SagaWorld) -> None:
    """As in a scenario, with a suggestion."""
    with pytest.raises(InvalidScenarioError, match=r"did you mean 'drop_response'\?"):
        world.fault("drop_respons", "hotel.book")
