"""The command that serves fakes over HTTP on this computer."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import uvloop

from sagacheck.http.app import create_app
from sagacheck.http.server import Server, bound_socket, url_of
from sagacheck.http.write_ahead_log import WriteAheadLog, WriteAheadLogError
from sagacheck.services import ServiceFactory, operations_of
from sagacheck.world import ParsingError, Settings, read_settings

_HELP = """Serve {services}, with faults on demand.

All services answer below one URL. They remember what they did until the process ends or
POST /__fakes__/reset begins a new world; with --journal FILE the next process that is given
FILE goes on where this one was stopped or killed, and the other options count for a new FILE
only. A TIME is a number and its unit: 500ms, 30s, 1h30m.
"""

_EPILOG = """
\b
Control routes below /__fakes__ (docs/fakes-http.md says more):
  GET health, POST reset         is it there; a new world, with other settings
  GET, POST, DELETE faults       what fails, such as {{"on": "shipping", "fault": 503}}
  GET journal, GET books         all of it; ?after=N streams lines with higher numbers
  POST finished                  {{"orders": {{"o1": ["order-o1"]}}}}: out of memory with them
  GET totals, POST settle        sums; let all happen that is still to come

\b
Examples:
  {name} --port 0 --stock WIDGET=5 --default-stock 0
  {name} --ships-after 1h --idempotency expires:24h
  {name} --journal fakes.ndjson
  curl -X POST localhost:8080/__fakes__/faults \\
       -d '{{"on": "payments.charge", "fault": "drop_response", "calls": 1}}'
  curl localhost:8080/charges?order_id=o1
  curl localhost:8080/__fakes__/journal
"""


def serve_command(services: ServiceFactory, *, name: str) -> click.Command:
    """The command that serves these services over HTTP.

    Args:
        services: Makes them.
        name: How people call the command.
    """
    offered = operations_of(services).services

    @click.command(epilog=_EPILOG.format(name=name), help=_HELP.format(services=", ".join(offered)))
    @click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
    @click.option(
        "--port",
        default=8080,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="0 takes any.",
    )
    @click.option("--stock", multiple=True, metavar="SKU=N", help="Pieces of one SKU. Repeatable.")
    @click.option(
        "--default-stock", default=1000, show_default=True, help="Pieces of every other SKU."
    )
    @click.option(
        "--ships-after", metavar="TIME", help="Parcels leave so long after their creation."
    )
    @click.option(
        "--reservation-expires-after", metavar="TIME", help="Reservations are given back."
    )
    @click.option(
        "--refuse-refunds", is_flag=True, help="The payment provider rejects all refunds."
    )
    @click.option(
        "--declined-card", multiple=True, metavar="PM", help="A card to decline. Repeatable."
    )
    @click.option(
        "--idempotency",
        default="replay",
        show_default=True,
        metavar="PROFILE",
        help="replay, stores_errors, none, or expires:TIME.",
    )
    @click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write every change to FILE before anybody is told of it, and go on with what it holds.",
    )
    def command(host: str, port: int, journal: Path | None, **options: Any) -> None:
        settings = _settings(**options)
        try:
            sock = bound_socket(host, port)
        except OSError as error:
            msg = f"cannot listen on {host}:{port}: {error.strerror}; --port 0 takes any free port"
            raise click.UsageError(msg) from None
        with sock, suppress(KeyboardInterrupt):
            uvloop.run(_serve(services, settings, sock, journal))

    return command


def _settings(  # noqa: PLR0913 - as many as there are options
    *,
    stock: tuple[str, ...],
    default_stock: int,
    ships_after: str | None,
    reservation_expires_after: str | None,
    refuse_refunds: bool,
    declined_card: tuple[str, ...],
    idempotency: str,
) -> Settings:
    words = {
        "stock": dict(_stock(each) for each in stock),
        "default_stock": default_stock,
        "ships_after": ships_after,
        "reservation_expires_after": reservation_expires_after,
        "refunds": "refused" if refuse_refunds else "accepted",
        "cards": dict.fromkeys(declined_card, "declined"),
        "idempotency": idempotency,
    }
    try:
        return read_settings(words)
    except ParsingError as error:
        raise click.UsageError(str(error)) from None


def _stock(option: str) -> tuple[str, int]:
    sku, _, pieces = option.partition("=")
    if not sku or not pieces.isdecimal():
        msg = f"--stock {option}: write SKU=N, such as WIDGET=5"
        raise click.UsageError(msg)
    return sku, int(pieces)


async def _serve(
    services: ServiceFactory, settings: Settings, sock: socket.socket, journal: Path | None
) -> None:
    url = url_of(sock)
    try:
        log = WriteAheadLog(journal) if journal else None
        app = create_app(services, settings, write_ahead_log=log)
    except (WriteAheadLogError, OSError) as error:
        raise click.UsageError(f"--journal {error}") from None

    def announce() -> None:
        lines = [f"fakes listening on {url}"]
        offered = app.state.served.network.operations.services
        lines += [f"ORDERS_{service.upper()}_URL={url}" for service in offered]
        click.echo("\n".join(lines))

    await Server(app, announce).serve(sockets=[sock])
