"""A bare asyncio client in a process of its own: users who place one order after another.

Prints one JSON object: when each order ended (seconds of Unix time), and the CPU-seconds of it all.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from itertools import count

import click

from load._orders import OrdersClient, draw_order
from orders.client import TASK_QUEUE, connect
from sagacheck.load import Planner, Shares
from sagacheck.process_exit import exit_process
from scenarios import SAGA

Place = Callable[[int], Awaitable[object]]
"""Places the order with a number, and waits for its end."""


@click.command()
@click.option("--address", required=True)
@click.option("--name", required=True, help="Begins the ids of all orders.")
@click.option("--orders", type=int, required=True)
@click.option("--users", type=int, required=True)
@click.option("--steps", type=int, help="Steps that do nothing, in place of the saga.")
def main(address: str, name: str, orders: int, users: int, steps: int | None) -> None:
    """Place so many orders."""
    click.echo(json.dumps(asyncio.run(_place_all(address, name, orders, users, steps))))
    exit_process()


async def _place_all(
    address: str, name: str, orders: int, users: int, steps: int | None
) -> dict[str, object]:
    client = await connect(address=address)
    planner = Planner(name, 1, Shares(), draw_order)
    customer = OrdersClient(client, SAGA, TASK_QUEUE)

    async def saga(number: int) -> object:
        order = planner.plan(0, number).order
        await customer.place(order)
        return await customer.wait(order.id)

    async def plain_steps(number: int) -> object:
        workflow_id = f"{name}-{number}"
        return await client.execute_workflow("Steps", steps, id=workflow_id, task_queue=TASK_QUEUE)

    place = saga if steps is None else plain_steps
    cpu_seconds = time.process_time()
    ended = await _users(place, orders, users)
    return {"ended": ended, "cpu_seconds": time.process_time() - cpu_seconds}


async def _users(place: Place, orders: int, users: int) -> list[float]:
    numbers = count(1)
    ended: list[float] = []

    async def user() -> None:
        while (number := next(numbers)) <= orders:
            await place(number)
            ended.append(time.time())

    await asyncio.gather(*(user() for _ in range(users)))
    return ended


if __name__ == "__main__":
    main()
