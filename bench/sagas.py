"""Measures simulated sagas against the SDK's own floor: ``nox -s bench``.

Prints how many plain orders a second go through on one core, four ways, each with all that the one
before has: the SDK's floor (`floor.py`); the simulated service, with its client, its histories and
activities that have their results ready; the whole trial, with the real activities and the world
that they act on; and the trial with all its checks. The rounds of the four take turns, so whatever
else the machine does meets all of them, and the quickest round of each counts, for what disturbs a
round can only slow it down. The ratio that counts is that of the whole trial.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.table import Table
from temporalio import activity

from bench.floor import RESULTS, plain_order
from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.inprocess import httpx_patch
from sagacheck.run.judging.judge import judge
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import SimulatedTemporal, SimulatedWorker, VirtualTimeLoop, simulated_client
from scenarios import SAGA
from tests.shop import load_text

HAPPY = """
scenario: nothing fails
why: the plainest order there is
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""
STEPS = ("reserve_inventory", "charge_payment", "create_shipment", "send_confirmation")
AT_LEAST = 0.3
Play = Callable[[int], None]
"""Plays so many plain orders, one after another."""


@click.command()
@click.option("--rounds", default=100, show_default=True, type=click.IntRange(min=5))
@click.option("--orders", default=10, show_default=True, help="Orders in each round.")
def main(rounds: int, orders: int) -> None:
    """Count plain orders per second, and compare with the floor."""
    ways = _ways(SAGA)
    with httpx_patch(), quiet_sdk():
        seconds = _take_turns(ways, rounds, orders)
    table = Table("what", "orders/s", "of the floor", title="plain orders on one core")
    floor, *_ = rates = {name: orders / min(each) for name, each in seconds.items()}
    for name, rate in rates.items():
        table.add_row(name, f"{rate:.0f}", f"{rate / rates[floor]:.2f}")
    console = Console()
    console.print(table)
    console.print(f"the whole trial is to reach {AT_LEAST} of the floor")


def _take_turns(ways: dict[str, Play], rounds: int, orders: int) -> dict[str, list[float]]:
    """Processor seconds of each round of each way."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for play in ways.values():
        play(orders)
    for _ in range(rounds):
        for name, play in ways.items():
            started = time.process_time()
            play(orders)
            seconds[name].append(time.process_time() - started)
    return seconds


def _ways(saga: SagaUnderTest) -> dict[str, Play]:
    scenario = load_text(HAPPY)
    engine = SimulatedEngine(saga)

    def floor(orders: int) -> None:
        async def activate() -> None:
            play = plain_order(saga, scenario.orders[0])
            for _ in range(orders):
                play()

        asyncio.run(activate())

    def service(orders: int) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            for _ in range(orders):
                runner.run(_without_world(saga, scenario.orders[0].as_json()))

    def trial(orders: int) -> None:
        for _ in range(orders):
            engine.play_now(Trial(scenario, saga, engine.new_clock()))

    def judged(orders: int) -> None:
        for _ in range(orders):
            played = Trial(scenario, saga, engine.new_clock())
            engine.play_now(played)
            judge(played)

    return {
        "floor: the SDK's activations alone": floor,
        "simulated service, ready results, no world": service,
        "whole trial: real activities, world, journal": trial,
        "whole trial, and all checks": judged,
    }


async def _without_world(saga: SagaUnderTest, order: object) -> None:
    """One order on the simulated service, whose activities have their results ready."""
    temporal = SimulatedTemporal()
    client = simulated_client(temporal, saga.data_converter)
    worker = SimulatedWorker(
        workflows=[saga.workflow],
        activities=READY,
        data_converter=saga.data_converter,
        client=lambda: client,
    )
    temporal.register("orders", worker)
    worker.start()
    try:
        await client.execute_workflow(saga.workflow_name, order, id="order-o1", task_queue="orders")
    finally:
        temporal.close()


def _ready(name: str, result: object) -> Callable[..., object]:
    @activity.defn(name=name)
    async def step(_: object) -> object:
        return result

    return step


READY = [_ready(name, result) for name, result in zip(STEPS, RESULTS, strict=True)]


if __name__ == "__main__":
    main()
