"""Callbacks of services: when each arrives, what a fault makes of it, and what the saga is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from payments.provider import services
from payments.saga import SAGA
from sagacheck.engines import PlannedEvent, Trial
from sagacheck.engines.events.callbacks import Callbacks
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.errors import UnplayableError
from sagacheck.language import EventKind, Scenario
from sagacheck.network import Call, Callback, Fault, FaultRule, Network
from sagacheck.run import LocalPlayer
from sagacheck.services import Services
from sagacheck.world import ManualClock, Settings, World
from tests.shop import plain_orders

EARLY = 0.01
AUTHORISE = "payments.authorise"
FIELDS = {"order_id": "o1", "idempotency_key": "k", "card": "c", "amount": "1", "currency": "USD"}


def callback(event: str = "authorised", order: str = "o1") -> Callback:
    """What the provider says."""
    return Callback(event, order, AUTHORISE, {"idempotency_key": "k", "authorisation_id": "a"})


def arrivals(*sent: tuple[str, Fault | None]) -> list[tuple[str, float]]:
    """Which event arrives when, of callbacks that are sent at once."""
    clock = ManualClock()
    came: list[tuple[str, float]] = []

    def happen(planned: PlannedEvent) -> None:
        planned.times += 1
        assert planned.event.message is not None
        came.append((planned.event.message.args[0].event, clock.now()))

    callbacks = Callbacks(SAGA, clock, EARLY, happen)
    for event, fault in sent:
        callbacks.send(callback(event), fault)
    clock.run_all()
    return came


@pytest.mark.parametrize(
    ("fault", "at"),
    [
        (None, [1.0]),
        (Fault("callback_early"), [EARLY]),
        (Fault("callback_late", delay=60.0), [61.0]),
        (Fault("callback_twice"), [1.0, 1.0]),
        (Fault("callback_lost"), []),
        (Fault("callback_out_of_order"), [3600.0]),
        (Fault("drop_response"), [1.0]),
    ],
    ids=str,
)
def test_a_callback_arrives_as_its_fault_says(fault: Fault | None, at: list[float]) -> None:
    """In seconds after what it is about; another fault leaves it alone."""
    assert arrivals(("authorised", fault)) == [("authorised", when) for when in at]


def test_out_of_order_it_follows_the_next_one() -> None:
    """And comes once."""
    sent = ("authorised", Fault("callback_out_of_order")), ("captured", None)

    assert arrivals(*sent) == [("captured", 1.0), ("authorised", 1.0)]


@pytest.mark.asyncio
async def test_a_request_that_is_repeated_or_refused_is_not_called_back() -> None:
    """A callback is about an effect: the idempotent answer makes none."""
    network = Network(Services(World(Settings(cards={"bad": "declined"})), services))
    told: list[tuple[str, Any, Fault | None]] = []
    network.callbacks = lambda each, fault: told.append((each.event, each.body, fault))
    early = Fault("callback_early")
    network.rules.append(FaultRule(frozenset({AUTHORISE}), early))

    for changes in ({}, {}, {"idempotency_key": "k2", "card": "bad"}):
        call = Call(network.operations[AUTHORISE], FIELDS | changes, order="o1", timeout=5.0)
        await network.send(call)

    body = {"authorisation_id": "payments_1", "status": "pending", "idempotency_key": "k"}
    assert told == [("authorised", body, early)]


def test_without_a_webhook_a_signal_has_the_name_of_the_event() -> None:
    """Its argument is the body, and the workflow has to handle it."""
    plain = replace(SAGA, webhook=None)
    event = plain.event_of_callback(callback(), 2.0)

    assert event is not None
    assert event.message is not None
    assert (event.kind, event.order, event.when.at) == (EventKind.SIGNAL, "o1", 2.0)
    assert (event.message.name, event.message.args) == ("authorised", (callback().body,))
    with pytest.raises(ValueError, match="webhook: 'authorised'; the workflow handles"):
        plain.check_messages()
    SAGA.check_messages()


def _fails(told: Callback) -> str:
    raise KeyError(told.event)


@pytest.mark.parametrize(
    ("webhook", "says"),
    [
        (_fails, "SagaUnderTest.webhook makes no message of callback authorised: KeyError"),
        (lambda _: 3, "SagaUnderTest.webhook makes no message of callback authorised: TypeError"),
    ],
)
def test_a_webhook_that_fails_makes_the_trial_unknown(
    webhook: Callable[[Callback], Any], says: str
) -> None:
    """It is the team's own handler, and no failure of the call."""
    player = LocalPlayer(replace(SAGA, webhook=webhook))
    with player.ready():
        played = player.play(plain_orders(1, SAGA.dialect))

    assert played.violations == []
    assert any(says in each.detail for each in played.unmet)


def test_a_webhook_may_tell_the_saga_nothing() -> None:
    """Then the right saga asks the provider, and ends all the same."""
    player = LocalPlayer(replace(SAGA, webhook=lambda _: None))
    with player.ready():
        played = player.play(plain_orders(1, SAGA.dialect))

    assert (played.orders.completed, played.violations, played.unmet) == (1, [], [])


@pytest.mark.asyncio
async def test_a_server_that_cannot_skip_time_does_not_play_it() -> None:
    """It says why, and what plays it."""
    scenario: Scenario = plain_orders(1, SAGA.dialect)
    engine = ServerEngine(SAGA, address="127.0.0.1:1", skips_time=False)

    with pytest.raises(UnplayableError, match=r"call back in virtual time.*--engine simulated"):
        await engine.play(Trial(scenario, SAGA))
