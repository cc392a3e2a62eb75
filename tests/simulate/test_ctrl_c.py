"""Ctrl-C ends a swarm at once, whatever the code under test makes of it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from temporalio import activity, workflow

from sagacheck.run import ProcessPool
from sagacheck.simulate import Swarm, simulate
from scenarios import OrderSagaUnderTest
from tests.sagas.small import A_MINUTE, Order


@activity.defn
async def interrupt(order: Order) -> None:
    """Press Ctrl-C, and take it for a failure."""
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as error:
        msg = "this one was not for the activity"
        raise ValueError(msg) from error
    msg = "try again"
    raise LookupError(msg)


@workflow.defn
class NeverEnds:
    """Goes on whatever happens."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Try without an end."""
        await workflow.execute_activity("interrupt", order, start_to_close_timeout=A_MINUTE)
        return {"status": "completed"}


ENDLESS = OrderSagaUnderTest(
    workflow=NeverEnds, activities=[interrupt], completed_means=(), takes_float_prices=True
)


@pytest.mark.does_not_replay  # it was interrupted
def test_code_under_test_does_not_catch_it() -> None:
    """It is for the harness: the trial under way is given up, and the swarm ends."""
    swarm = Swarm(seed=1, runs=3, orders=1, saga_reference=f"{__file__}:ENDLESS", jobs=1)

    simulation = simulate(swarm)

    assert simulation.stopped == "interrupted"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _wait_for_ever(task: int) -> int:
    """Do the first task, and hang in each other."""
    if task:
        threading.Event().wait()
    return task


@contextmanager
def _ready() -> Iterator[Callable[[int], int]]:
    yield _wait_for_ever


def test_processes_that_are_busy_are_not_waited_for() -> None:
    """They do not hear Ctrl-C themselves, so they are killed."""
    with pytest.raises(KeyboardInterrupt):
        _interrupt_after_the_first()


def _interrupt_after_the_first() -> None:
    with ProcessPool(_ready, 2) as pool:
        for _ in pool.map_unordered(range(5)):
            raise KeyboardInterrupt
