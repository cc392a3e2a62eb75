from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest

from fakes import ORDER_OPERATIONS, order_network
from sagacheck.network import (
    FAULTS,
    ConnectionLostError,
    Fault,
    FaultRule,
    IncompleteReplyError,
    NoConnectionError,
    NoReplyError,
    WorkerCrash,
)
from sagacheck.network.fault_injection import INJECTORS
from sagacheck.services import Operation
from sagacheck.world import AttemptOutcome, Settings
from tests.order_calls import TIMEOUT, ask, clock_of

SUCCESS = 0


@dataclass(frozen=True)
class Expected:
    """What a fault does, whatever the operation.

    Attributes:
        fault: The fault.
        shown: What the caller gets: a status, `SUCCESS`, or what is raised.
        seen: What the journal says that the caller knows.
        arrivals: How often the request has arrived when the caller knows.
        late: How often it arrives afterwards.
    """

    fault: Fault
    shown: int | type[BaseException]
    seen: AttemptOutcome
    arrivals: int
    late: int = 0


TABLE = (
    Expected(Fault("refuse"), NoConnectionError, AttemptOutcome.REFUSED, 0),
    Expected(Fault("outage", start=0, end=60), NoConnectionError, AttemptOutcome.REFUSED, 0),
    Expected(Fault("drop_request"), NoReplyError, AttemptOutcome.UNKNOWN, 0),
    Expected(Fault("reject", status=400), 400, AttemptOutcome.REFUSED, 0),
    Expected(Fault("reject", status=429), 429, AttemptOutcome.REFUSED, 0),
    Expected(Fault("reject", status=503), 503, AttemptOutcome.UNKNOWN, 0),
    Expected(Fault("reject", status=409, code="request_in_flight"), 409, AttemptOutcome.UNKNOWN, 0),
    Expected(Fault("expire"), SUCCESS, AttemptOutcome.OK, 1),  # it has a test of its own
    Expected(Fault("drop_response"), NoReplyError, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("reset_after_effect"), ConnectionLostError, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("status_after_effect", status=500), 500, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("status_after_effect", status=404), 404, AttemptOutcome.REFUSED, 1),
    Expected(Fault("status_after_effect", status=302), 302, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("status_after_effect", status=203), 203, AttemptOutcome.OK, 1),
    Expected(Fault("malformed"), SUCCESS, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("truncated"), IncompleteReplyError, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("empty"), SUCCESS, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("delay_request", delay=TIMEOUT - 1), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("delay_request", delay=60), NoReplyError, AttemptOutcome.UNKNOWN, 0, late=1),
    Expected(Fault("delay_response", delay=0), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("delay_response", delay=60), NoReplyError, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("duplicate", copies=3), SUCCESS, AttemptOutcome.OK, 3),
    Expected(Fault("stale_read", delay=60), SUCCESS, AttemptOutcome.OK, 1),
    # They have a test of their own: the services of an order call nobody back.
    Expected(Fault("callback_early"), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("callback_late", delay=60), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("callback_twice"), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("callback_out_of_order"), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("callback_lost"), SUCCESS, AttemptOutcome.OK, 1),
    Expected(Fault("crash_before"), WorkerCrash, AttemptOutcome.UNKNOWN, 0),
    Expected(Fault("crash_after"), WorkerCrash, AttemptOutcome.UNKNOWN, 1),
    Expected(Fault("evict"), SUCCESS, AttemptOutcome.OK, 1),
)

FITTING = [
    pytest.param(expected, operation, id=f"{expected.fault}-{operation.name}")
    for expected in TABLE
    for operation in ORDER_OPERATIONS.operations
    if expected.fault.fits(operation) and not operation.reads
]


def test_every_fault_is_in_the_table() -> None:
    """No fault can be added without an injector and a row in the table of this test."""
    assert {expected.fault.name for expected in TABLE} == set(FAULTS) == set(INJECTORS)


@pytest.mark.parametrize(("expected", "operation"), FITTING)
@pytest.mark.asyncio
async def test_a_fault_does_what_its_table_says(expected: Expected, operation: Operation) -> None:
    """What the caller gets, what the journal says, and how often the request arrived."""
    network = order_network(Settings(default_stock=10))
    if operation.undoes is not None:
        await ask(network, operation.undoes)
    network.rules.append(FaultRule(frozenset({operation.name}), expected.fault))

    shown: int | type[BaseException]
    try:
        shown = (await ask(network, operation.name)).status
    except BaseException as error:  # noqa: BLE001 - a crash of the worker is a BaseException
        shown = type(error)

    attempt = network.world.journal.attempts[-1]
    assert shown == (expected.shown or operation.success)
    assert attempt.fault == str(expected.fault)
    assert attempt.outcome is expected.seen
    assert attempt.status == (shown if isinstance(shown, int) else None)
    assert bool(attempt.error) == (not isinstance(shown, int) or shown >= 400)
    assert len(attempt.arrivals) == expected.arrivals
    clock_of(network).run_all()
    assert len(attempt.arrivals) == expected.arrivals + expected.late
    assert len(attempt.entries) == min(1, expected.arrivals + expected.late)


@pytest.mark.parametrize("expected", TABLE, ids=lambda expected: str(expected.fault))
@pytest.mark.asyncio
async def test_a_caller_never_waits_longer_than_its_timeout(expected: Expected) -> None:
    """Whatever happens to a call, its caller knows by the time it is willing to wait."""
    network = order_network()
    network.rules.append(FaultRule(frozenset({"payments.charge"}), expected.fault))

    with suppress(Exception, WorkerCrash):
        await ask(network, "payments.charge")

    assert network.world.journal.attempts[-1].ended_at is not None
    assert network.world.clock.now() <= TIMEOUT
