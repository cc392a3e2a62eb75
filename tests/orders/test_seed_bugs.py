"""The thirteen bugs of the seed (S1 to S13): ours does not have them, a naive saga does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

import httpx
import pytest
import pytest_asyncio
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from fakes import order_network
from orders import OrderActivities, OrderResult, OrderStatus
from sagacheck.checks import UnmetKind
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.inprocess import AttemptContext, httpx_patch, in_context
from sagacheck.language import CancelBy, Scenario
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from scenarios.goods import DEFAULT_SKU, OrderItem
from tests.orders._messages import CANCEL_SHIPMENT, RELEASE, SHIP
from tests.orders._stories import (
    ORDER,
    PLENTY,
    cancels,
    ends,
    loses_reply,
    rejects,
    story,
    submits_at,
)
from tests.sagas import naive

UNMET = "unmet"
"""Stands beside the invariants for an expectation of the story itself."""

DIMES = replace(ORDER, items=(OrderItem(DEFAULT_SKU, 3, Decimal("0.10")),))


@dataclass(frozen=True)
class Bug:
    """A story that brings a bug to light.

    Attributes:
        story: What happens, and how it should end.
        naive_breaks: What a saga with the bug breaks, or some of it.
    """

    story: Scenario
    naive_breaks: frozenset[str]


def _bug(story: Scenario, *naive_breaks: str) -> Bug:
    return Bug(story, frozenset(naive_breaks))


BUGS: dict[str, Bug] = {
    "S2 a sum of floats is no price": _bug(
        story("S2", order=DIMES, expect=ends("completed")),
        UNMET,
    ),
    "S3 a charge whose replies are lost is refunded": _bug(
        story("S3", faults=[loses_reply("payments.charge")], expect=ends("failed")),
        "I7",
    ),
    "S4 a step that is tried again is done once": _bug(
        story("S4", faults=[loses_reply("inventory.reserve", 1)], expect=ends("completed")),
        "I13",
    ),
    "S5 a cancelled order is undone": _bug(
        story(
            "S5",
            events=[cancels(CancelBy.SIGNAL, "before", "shipping.create")],
            expect=ends("failed", "OrderCancelled"),
        ),
        "I7",
    ),
    "S6 a cancelled workflow is undone": _bug(
        story(
            "S6",
            events=[cancels(CancelBy.WORKFLOW, "after", "payments.charge")],
            expect=ends("cancelled"),
        ),
        "I7",
    ),
    "S6 a rollback is not cut short": _bug(
        story(
            "S6 twice",
            faults=[rejects("shipping.create", 422), rejects("payments.refund", 503, 1)],
            events=[cancels(CancelBy.WORKFLOW, "after", "payments.refund")],
            expect=ends("cancelled"),
        ),
        "I7",
    ),
    "S7 an undo is tried until it succeeds": _bug(
        story(
            "S7",
            faults=[
                rejects("shipping.create", 422),
                rejects("payments.refund", 503, *range(1, 8)),
            ],
            expect=ends("failed"),
        ),
        "I7",
    ),
    "S7 a refusal to undo is left to a person": _bug(
        story(
            "S7 refused",
            given=replace(PLENTY, refunds_refused=True),
            faults=[rejects("shipping.create", 422)],
            expect=ends("needs_attention", effects={"inventory.release": 1}),
        ),
        "I17",
    ),
    "S8 an order whose parcel has left stands": _bug(
        story(
            "S8",
            given=replace(PLENTY, ships_after=1.0),
            faults=[loses_reply("shipping.create", 1, 2, 3)],
            expect=ends("completed", effects={"payments.refund": 0, "inventory.release": 0}),
        ),
        "I7",
    ),
    "S9 the result names the cause": _bug(
        story(
            "S9",
            given=replace(PLENTY, cards={ORDER.payment_method_id: "declined"}),
            expect=ends("failed", "PaymentDeclined"),
        ),
        UNMET,
    ),
    "S10 to place an order again does not run it again": _bug(
        story(
            "S10",
            faults=[rejects("shipping.create", 422, 1)],
            events=[submits_at(3600.0)],
            expect=ends("failed", calls={"payments.charge": 1}),
        ),
        UNMET,
    ),
    "S12 a 409 that is no shortage is tried again": _bug(
        story(
            "S12",
            faults=[rejects("inventory.reserve", 409, 1, code="request_in_flight")],
            expect=ends("completed"),
        ),
        UNMET,
    ),
    "S13 the customer gets a confirmation": _bug(
        story("S13", expect=ends("completed", effects={"notifications.send": 1})),
        UNMET,
    ),
    "S13 a refused confirmation undoes the order": _bug(
        story("S13 refused", faults=[rejects("notifications.send", 400)], expect=ends("failed")),
        UNMET,
    ),
    "S13 a cancel is too late once the confirmation is being sent": _bug(
        story(
            "S13 too late",
            events=[cancels(CancelBy.SIGNAL, "before", "notifications.send")],
            expect=ends("completed", effects={"notifications.send": 1}),
        ),
        UNMET,
    ),
}


def _broken(result: ScenarioResult) -> set[str]:
    """The invariants that a run broke, and whether it ended other than expected."""
    broken = {violation.invariant for violation in result.violations}
    missed = any(unmet.kind is UnmetKind.EXPECTATION for unmet in result.unmet)
    return broken | {UNMET} if missed else broken


async def _play_all(engine: ServerEngine, saga: SagaUnderTest) -> Mapping[str, ScenarioResult]:
    stories = [bug.story for bug in BUGS.values()]
    return dict(zip(BUGS, await run_all(stories, engine, saga, at_once=12), strict=True))


@pytest_asyncio.fixture(scope="module")
async def ours(server_engine: ServerEngine) -> Mapping[str, ScenarioResult]:
    """What became of every story with our saga."""
    return await _play_all(server_engine, SAGA)


@pytest_asyncio.fixture(scope="module")
async def naives() -> Mapping[str, ScenarioResult]:
    """What became of every story with the naive saga."""
    async with ServerEngine(naive.SAGA) as engine:
        return await _play_all(engine, naive.SAGA)


@pytest.mark.parametrize("name", BUGS)
def test_our_saga_keeps_every_invariant(name: str, ours: Mapping[str, ScenarioResult]) -> None:
    """Our saga breaks no invariant and ends as it should in the story of every bug."""
    assert (ours[name].violations, ours[name].unmet) == ((), ())


@pytest.mark.parametrize("name", BUGS)
def test_a_naive_saga_is_found_out(name: str, naives: Mapping[str, ScenarioResult]) -> None:
    """The story of every bug is able to fail: a saga that has the bug does."""
    result = naives[name]
    assert BUGS[name].naive_breaks & _broken(result), (result.violations, result.unmet)


class _SeedStatus(Enum):
    COMPLETED = "completed"


@pytest.mark.asyncio
async def test_s1_a_result_survives_the_way_to_its_client() -> None:
    """S1: a result is the same after it was encoded and decoded; a plain Enum cannot be encoded."""
    result = OrderResult("o1", OrderStatus.COMPLETED, tracking_number="TRACK-1")
    payloads = await pydantic_data_converter.encode([result])
    assert await pydantic_data_converter.decode(payloads, [OrderResult]) == [result]
    with pytest.raises(TypeError, match="not JSON serializable"):
        await DataConverter.default.encode([_SeedStatus.COMPLETED])


@pytest.mark.asyncio
async def test_s8_a_parcel_that_has_left_is_an_error() -> None:
    """S8: to cancel a parcel that has left is refused; the naive activity takes it for done."""
    network = order_network(PLENTY)
    with httpx_patch(), in_context(AttemptContext(network, order="o1")):
        async with httpx.AsyncClient() as http:
            ours = OrderActivities(http)
            shipment = await ours.create_shipment(SHIP)
            network.services.settle()
            await naive.cancel_shipment(shipment.shipment_id)
            with pytest.raises(ApplicationError) as told:
                await ours.cancel_shipment(CANCEL_SHIPMENT)
    assert told.value.type == "AlreadyShipped"


@pytest.mark.asyncio
async def test_s11_all_calls_of_a_worker_go_through_its_one_client() -> None:
    """S11: without the worker's client no call is made; naive activities make one for each call."""
    with httpx_patch(), in_context(AttemptContext(order_network(PLENTY), order="o1")):
        async with httpx.AsyncClient() as http:
            ours = OrderActivities(http)
        await naive.release_inventory("res_1")
        with pytest.raises(RuntimeError, match="client has been closed"):
            await ours.release_inventory(RELEASE)
