"""The command that serves fakes over HTTP on this computer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click
import uvloop
from starlette.applications import Starlette

from sagacheck.http.app import create_app
from sagacheck.http.server import NotPublicError, Server, bound_socket, url_of
from sagacheck.http.write_ahead_log import NotWrittenError, WriteAheadLogError
from sagacheck.services import ServiceFactory, Services
from sagacheck.world import ParsingError, Settings, World, read_settings, whole_number_in

_HELP = """Serve {services}, with faults on demand.

All services answer below one URL. Their state lasts until the process ends or
POST /__fakes__/reset begins a new world. With --journal FILE the state survives a stop or a kill:
a process that starts with the same FILE continues with it, and takes the settings from FILE
instead of the options. A TIME is a number and its unit: 500ms, 30s, 1h30m.
"""

_EPILOG = """
\b
Control routes below /__fakes__ (docs/fakes-http.md says more):
  GET health, POST reset         health check; a new world, with other settings
  GET, POST, DELETE faults       rules of faults, such as {{"on": "{service}", "fault": 503}}
  GET journal, GET books         all attempts; the ledger; ?after=N streams those after number N
  POST finished                  {{"orders": {{"o1": ["order-o1"]}}}}: move ended orders to disk
  GET totals, POST settle        sums; bring everything that is pending to its end

\b
Examples:
  {name} --port 0 --stock WIDGET=5 --default-stock 0
  {name} --ships-after 1h --idempotency expires:24h
  {name} --journal fakes.ndjson
  curl -X POST localhost:8080/__fakes__/faults \\
       -H 'Content-Type: application/json' \\
       -d '{{"on": "{operation}", "fault": "drop_response", "calls": 1}}'
  curl localhost:8080/__fakes__/journal
"""

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--public",
        is_flag=True,
        help="Let other computers in, where --host is an address that they reach.",
    ),
    click.option(
        "--port",
        default=8080,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="Port to listen on; 0 takes any free port.",
    ),
    click.option("--stock", multiple=True, metavar="SKU=N", help="Pieces of one SKU. Repeatable."),
    click.option(
        "--default-stock", default=1000, show_default=True, help="Pieces of every other SKU."
    ),
    click.option(
        "--ships-after", metavar="TIME", help="Parcels leave this long after their creation."
    ),
    click.option(
        "--reservation-expires-after",
        metavar="TIME",
        help="Reservations expire this long after their creation.",
    ),
    click.option(
        "--refuse-refunds", is_flag=True, help="The payment provider rejects all refunds."
    ),
    click.option(
        "--declined-card",
        multiple=True,
        metavar="PM",
        help="A payment method to decline. Repeatable.",
    ),
    click.option(
        "--idempotency",
        default="replay",
        show_default=True,
        metavar="PROFILE",
        help="replay, stores_errors, none, or expires:TIME.",
    ),
    click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write every change to FILE before any caller sees it, and continue from FILE.",
    ),
)


def serve_command(
    services: ServiceFactory, *, name: str, url_variable: str = "{service}_URL"
) -> click.Command:
    """The command that serves these services over HTTP.

    Once it listens it prints its URL, and for each service the environment variable that leads the
    saga under test there.

    Args:
        services: Makes them.
        name: How people call the command.
        url_variable: The environment variable's name; ``{service}`` stands for a service's name in
            upper case.
    """
    offered = Services(World(), services)
    names = offered.operations.services
    variables = [url_variable.format(service=service.upper()) for service in names]

    def serve(host: str, port: int, public: bool, journal: Path | None, **options: Any) -> None:
        settings = _settings(**options)
        try:
            sock = bound_socket(host, port, public=public)
        except OSError as error:
            msg = f"cannot listen on {host}:{port}: {error.strerror}; --port 0 takes any free port"
            raise click.UsageError(msg) from None
        except NotPublicError as error:
            raise click.UsageError(str(error)) from None
        make_app = partial(create_app, services, settings, journal=journal, public=public)
        with sock, suppress(KeyboardInterrupt):
            uvloop.run(_serve(make_app, sock, variables))

    for option in reversed(_OPTIONS):
        serve = option(serve)
    operation = offered.operations.creates[0].name
    epilog = _EPILOG.format(name=name, service=names[0], operation=operation)
    for collection in list(offered.reads())[:1]:
        epilog += f"  curl localhost:8080/{collection}?order_id=o1\n"
    return click.command(help=_HELP.format(services=", ".join(names)), epilog=epilog)(serve)


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
    written = {
        "stock": dict(_stock(each) for each in stock),
        "default_stock": default_stock,
        "ships_after": ships_after,
        "reservation_expires_after": reservation_expires_after,
        "refunds": "refused" if refuse_refunds else "accepted",
        "cards": dict.fromkeys(declined_card, "declined"),
        "idempotency": idempotency,
    }
    try:
        return read_settings(written)
    except ParsingError as error:
        raise click.UsageError(str(error)) from None


def _stock(option: str) -> tuple[str, int]:
    sku, _, pieces = option.partition("=")
    number = whole_number_in(pieces)
    if not sku or number is None:
        msg = f"--stock {option[:80]}: write SKU=N, such as WIDGET=5"
        raise click.UsageError(msg)
    return sku, number


async def _serve(
    make_app: Callable[[], Starlette], sock: socket.socket, variables: Sequence[str]
) -> None:
    url = url_of(sock)
    try:
        app = make_app()
    except (NotWrittenError, WriteAheadLogError, OSError) as error:
        raise click.UsageError(f"--journal: {error}") from None

    def announce() -> None:
        lines = [f"fakes listening on {url}", *(f"{name}={url}" for name in variables)]
        click.echo("\n".join(lines))

    await Server(app, announce).serve(sockets=[sock])
