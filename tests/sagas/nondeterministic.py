"""Sagas whose workflows decide by what is not in their history: each replay goes another way.

The sandbox would stop some of them at once, so they run without it: many a worker does, and a
sandbox knows neither sets nor counters. What differs is the id or the name of an activity, which
Temporal compares; on arguments alone only the simulation is as strict.
"""

from __future__ import annotations

import random
import time
from datetime import timedelta
from itertools import count
from typing import Any

from temporalio import activity, workflow

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import A_MINUTE, Order, reserve_goods

COMPLETED = {"status": "completed"}


@activity.defn
async def note(text: str) -> str:
    """Give back what came."""
    return text


@activity.defn
async def note_otherwise(text: str) -> str:
    """Give back what came, under another name."""
    return text


async def _reserve_as(activity_id: str, order: Order) -> None:
    await workflow.execute_activity(
        reserve_goods, order, activity_id=activity_id, start_to_close_timeout=A_MINUTE
    )


async def _note(*activities: Any) -> None:
    for each in activities:
        await workflow.execute_activity(each, "x", start_to_close_timeout=timedelta(seconds=5))


@workflow.defn(sandboxed=False)
class ByClock:
    """Names its activity by the time on the wall."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve."""
        await _reserve_as(f"reserve-{time.time_ns()}", order)
        return COMPLETED


@workflow.defn(sandboxed=False)
class ByChance:
    """Names its activity by a random number that is not the workflow's own."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve."""
        await _reserve_as(f"reserve-{random.getrandbits(64)}", order)
        return COMPLETED


class _Step:
    """Hashed by where it is in memory, say, so that a pair of them changes places each time."""

    addresses = count()

    def __init__(self, does: Any) -> None:
        self.does = does
        self._address = next(self.addresses)

    def __hash__(self) -> int:
        return (self._address ^ self._address >> 1) & 1


@workflow.defn(sandboxed=False)
class BySet:
    """Takes its steps in the order of a set."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Note, and reserve."""
        await _note(*(step.does for step in {_Step(note), _Step(note_otherwise)}))
        await _reserve_as("reserve", order)
        return COMPLETED


@workflow.defn(sandboxed=False)
class ByCounter:
    """Counts in the process what it has done."""

    runs = count()

    @workflow.query
    def get_status(self) -> str:
        """Nothing much."""
        return "processing"

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, and every other time note it first."""
        if next(type(self).runs) % 2:
            await _note(note)
        await _reserve_as("reserve", order)
        return COMPLETED


def _saga(workflow_class: type) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[reserve_goods, note, note_otherwise],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
    )


BY_CLOCK = _saga(ByClock)
BY_CHANCE = _saga(ByChance)
BY_SET = _saga(BySet)
BY_COUNTER = _saga(ByCounter)
