"""The command line: ``orders worker | place | status | cancel``.

Exit codes: 0 the order completed, or the question was answered; 1 it ended otherwise, or the answer
is no; 2 wrong usage or wrong input; 3 unknown: no server or worker answered, or the command was
interrupted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import stat
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import click
import httpx
from pydantic import TypeAdapter, ValidationError
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from orders.cli.connection import (
    COMPLETED,
    OTHERWISE,
    WRONG_INPUT,
    Option,
    UnknownError,
    WrongInputError,
    connection_options,
    run,
    silent_runtime,
    where,
)
from orders.cli.order_file import MAX_BYTES, InvalidOrderError, read_order
from orders.cli.saying import Sayings, say
from orders.cli.watch import LONGEST_QUERY_SECONDS, NoWorkerError, watch
from orders.client import (
    TASK_QUEUE,
    OrderConflictError,
    OrderHandle,
    OrderTooOldError,
    cancel_order,
    get_order_status,
    how_it_ended,
    order_handle,
    start_order,
)
from orders.errors import describe
from orders.models import OrderInput, OrderResult, OrderStatus
from orders.settings import ServiceSettings
from orders.worker import create_worker

_COMMANDS_EXAMPLES = """
\b
Examples:
  orders worker                       runs orders until it is stopped
  orders place order.json             places an order and waits for its end
  orders status o1                    shows the status of an order
  orders cancel o1 --reason "..."     cancels it, if that is still possible
"""

_WORKER_EXAMPLES = """
\b
Examples:
  orders worker
  orders worker --address temporal.example.com:7233 --namespace shop
  ORDERS_PAYMENTS_URL=https://payments.example.com orders worker
"""

_PLACE_EXAMPLES = """
\b
Examples:
  orders place order.json
  orders place - < order.json | jq .tracking_number
  orders place order.json --no-wait && orders status o1
\b
An order:
  {"order_id": "o1", "customer_id": "c1", "payment_method_id": "pm_1",
   "items": [{"sku": "WIDGET", "quantity": 2, "price": "19.99"}],
   "shipping_address": {"street": "1 Main Street", "city": "Springfield",
                        "state": "IL", "zip_code": "62701", "country": "US"}}
\b
Exit codes:
  0  completed (with --no-wait: placed)
  1  ended otherwise, the id belongs to another order, or it is too old
  2  FILE holds no valid order; nothing was done
  3  unknown: no answer, or interrupted; the order may go on
"""

_STATUS_EXAMPLES = """
\b
Examples:
  orders status o1
  orders status o1 --profile production
"""

_CANCEL_EXAMPLES = """
\b
Examples:
  orders cancel o1 --reason "changed my mind"
  orders cancel o1 && orders status o1
"""


def main() -> NoReturn:
    """Run the command line and end the process."""
    code = _exit_code_of_commands()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the SDK may touch the interpreter while it is taken down, which aborts the process
    # and would turn an answer into a crash (temporalio/sdk-python issue 300).
    os._exit(code)


def _exit_code_of_commands() -> int:
    try:
        commands(prog_name="orders")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return COMPLETED


_task_queue_option = click.option(
    "--task-queue", default=TASK_QUEUE, show_default=True, help="The queue of the workers."
)
_patience_option = click.option(
    "--patience",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a worker to answer.",
)


@click.group(
    cls=Sayings, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_COMMANDS_EXAMPLES
)
@click.version_option(package_name="orders")
def commands() -> None:
    """Place orders that complete or are undone as a whole.

    The connection to Temporal is configured as for all its tools: by TEMPORAL_ADDRESS,
    TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and so on, or by a profile of temporal.toml.
    """


@commands.command(epilog=_WORKER_EXAMPLES)
@_task_queue_option
@click.option(
    "--sandbox/--no-sandbox",
    default=True,
    show_default=True,
    help="Stop workflow code that a replay cannot repeat; costs about a quarter of the CPU time.",
)
@connection_options
def worker(task_queue: str, sandbox: bool, **connection: Option) -> None:
    """Run orders until SIGINT or SIGTERM.

    ORDERS_INVENTORY_URL, ORDERS_PAYMENTS_URL, ORDERS_SHIPPING_URL and ORDERS_NOTIFICATIONS_URL are
    the URLs of the services, ORDERS_INVENTORY_TIMEOUT and so on the timeouts of calls in seconds.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    services = _services_or_exit()
    run(lambda client: _work(client, services, task_queue, sandbox), connection)


@commands.command(epilog=_PLACE_EXAMPLES)
@click.argument("file", metavar="FILE|-")
@click.option("--no-wait", is_flag=True, help="Return once the order is placed.")
@click.option(
    "--placed-at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]),
    metavar="TIME",
    help="When the customer placed it, such as 2026-11-28T12:00Z. One that is older than a day is "
    "refused, unless Temporal knows it.",
)
@_patience_option
@_task_queue_option
@connection_options
def place(
    file: str,
    no_wait: bool,
    placed_at: datetime | None,
    patience: float,
    task_queue: str,
    **connection: Option,
) -> None:
    """Place the order in FILE, or on standard input, and print its result as JSON.

    Its progress goes to standard error. You may place an order again while Temporal knows it: the
    same id is the same order, and gives the same result. It knows an order for the retention of its
    namespace after the order's end; after that the same id is a new order, which is charged and
    shipped again. Pass --placed-at where an order may be older. Money is a string, such as "19.99".
    """
    order = _order_or_exit(file)
    place_it = partial(
        _place,
        order=order,
        no_wait=no_wait,
        placed_at=placed_at,
        patience=patience,
        task_queue=task_queue,
    )
    run(place_it, connection, runtime=silent_runtime())


@commands.command(epilog=_STATUS_EXAMPLES)
@click.argument("order_id")
@_patience_option
@connection_options
def status(order_id: str, patience: float, **connection: Option) -> None:
    """Show the status of an order.

    Prints pending, processing or compensating while it is under way, and at its end completed,
    failed, needs_attention, cancelled, or invalid for an order that was refused. An order whose
    workflow an operator or Temporal has ended is terminated or timed_out: no step was undone.
    """
    run(lambda client: _status(client, order_id, patience), connection, runtime=silent_runtime())


@commands.command(epilog=_CANCEL_EXAMPLES)
@click.argument("order_id")
@click.option(
    "--reason",
    default="cancelled by the customer",
    show_default=True,
    help="The error in the order's result.",
)
@_patience_option
@connection_options
def cancel(order_id: str, reason: str, patience: float, **connection: Option) -> None:
    """Cancel an order, if that is still possible.

    Prints whether the request was accepted, or why not. Accepted means that the order will be
    undone, unless its parcel has left. Exit code 1 means that the request was refused.
    """
    run(
        lambda client: _cancel(client, order_id, reason, patience),
        connection,
        runtime=silent_runtime(),
    )


# -- what the commands do -------------------------------------------------------------------------


async def _work(client: Client, services: ServiceSettings, task_queue: str, sandbox: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        httpx.AsyncClient() as http,
        create_worker(client, http, services=services, task_queue=task_queue, sandbox=sandbox),
    ):
        say(f"polling {task_queue} at {where(client)}; Ctrl-C stops")
        await stop.wait()
        say("stopping; calls in flight may finish", err=True)
    return COMPLETED


async def _place(  # noqa: PLR0913 - as many as there are options
    client: Client,
    order: OrderInput,
    *,
    no_wait: bool,
    placed_at: datetime | None,
    patience: float,
    task_queue: str,
) -> int:
    try:
        handle = await start_order(order, client=client, task_queue=task_queue, placed_at=placed_at)
    except (OrderConflictError, OrderTooOldError) as refused:
        say(f"Error: {refused}", err=True)
        return OTHERWISE
    if no_wait:
        click.echo(json.dumps({"order_id": order.order_id, "workflow_id": handle.id}))
        return COMPLETED
    return await _wait(handle, order.order_id, patience)


async def _wait(handle: OrderHandle, order_id: str, patience: float) -> int:
    def show(status: str) -> None:
        say(f"{order_id}: {status}", err=True)

    show("placed")
    try:
        result = await watch(handle, show, patience=patience)
    except NoWorkerError:
        await _check_server_answers(handle, order_id)
        msg = (
            f"order {order_id} is placed, but no worker has answered for {patience:g} s; start "
            f"`orders worker`, and `orders status {order_id}` shows its status"
        )
        raise UnknownError(msg) from None
    except WorkflowFailureError as failure:
        ended = await how_it_ended(handle)
        show(str(ended))
        click.echo(_as_json(order_id, str(ended), describe(failure.cause)))
        return OTHERWISE
    click.echo(TypeAdapter(OrderResult).dump_json(result, indent=2, ensure_ascii=True))
    return COMPLETED if result.status is OrderStatus.COMPLETED else OTHERWISE


async def _check_server_answers(handle: OrderHandle, order_id: str) -> None:
    """Where the server itself is away, no worker is to blame."""
    try:
        await handle.describe(rpc_timeout=timedelta(seconds=LONGEST_QUERY_SECONDS))
    except RPCError as error:
        msg = (
            f"order {order_id} is placed, but Temporal does not answer any more ({error.message}); "
            f"once it does, `orders status {order_id}` shows its status"
        )
        raise UnknownError(msg) from None


async def _status(client: Client, order_id: str, patience: float) -> int:
    limit = timedelta(seconds=patience)
    try:
        ended = await how_it_ended(order_handle(order_id, client))
    except RPCError as error:
        raise _no_order(error, order_id, client) from None
    try:
        say(ended or await get_order_status(order_id, client=client, timeout=limit))
    except RPCError:
        msg = f"order {order_id} is under way, but no worker is answering; start `orders worker`"
        raise UnknownError(msg) from None
    return COMPLETED


async def _cancel(client: Client, order_id: str, reason: str, patience: float) -> int:
    limit = timedelta(seconds=patience)
    try:
        answer = await cancel_order(order_id, reason, client=client, timeout=limit)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        msg = (
            f"no worker has answered for {patience:g} s, so order {order_id} may be cancelled or "
            "not; start `orders worker` and ask again"
        )
        raise UnknownError(msg) from None
    except RPCError as error:
        raise _no_order(error, order_id, client) from None
    if answer.accepted:
        say(f"accepted: order {order_id} will be undone, unless its parcel has left")
        return COMPLETED
    say(f"refused: {answer.why_not}")
    return OTHERWISE


# -- input, and what can be wrong with it ---------------------------------------------------------


def _order_or_exit(file: str) -> OrderInput:
    name = "<stdin>" if file == "-" else file
    try:
        # A FIFO would be waited for, and a device may have no end.
        if file != "-" and not _is_regular(file):
            problems: tuple[str, ...] = (f"{name}: it is no regular file; `-` is standard input",)
        else:
            with click.open_file(file, "rb") as stream:
                return read_order(stream.read(MAX_BYTES + 1), name)
    except InvalidOrderError as invalid:
        problems = invalid.problems
    except (OSError, ValueError) as error:
        problems = (f"{name}: {getattr(error, 'strerror', None) or error}",)
    for problem in problems:
        say(problem, err=True)
    sys.exit(WRONG_INPUT)


def _is_regular(file: str) -> bool:
    mode = Path(file).stat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)  # to open a directory says what it is


def _services_or_exit() -> ServiceSettings:
    try:
        return ServiceSettings()
    except ValidationError as invalid:
        for error in invalid.errors():
            name = f"ORDERS_{error['loc'][0]}".upper()
            rule = error["msg"].removeprefix("Value error, ")
            say(f"{name}: {error['input']!r}: {rule}", err=True)
        sys.exit(WRONG_INPUT)


def _no_order(error: RPCError, order_id: str, client: Client) -> Exception:
    if error.status is not RPCStatusCode.NOT_FOUND:
        return error
    return WrongInputError(f"there is no order {order_id} at {where(client)}")


def _as_json(order_id: str, status: str, error: str) -> str:
    return json.dumps({"order_id": order_id, "status": status, "error": error}, indent=2)
