"""Serving fakes over HTTP on this computer, as commands do."""

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

from sagacheck.command_errors import PrintableErrors
from sagacheck.http.app import create_app
from sagacheck.http.commands.options import CONTROL_ROUTES, serve_options
from sagacheck.http.commands.service_settings import check_settings
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

_EXAMPLES = """
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

Announce = Callable[[str], Sequence[str]]
"""The lines that say, for a base URL, what is served there."""


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

    def announce(url: str) -> Sequence[str]:
        return [f"{variable}={url}" for variable in variables]

    operation = offered.operations.creates[0].name
    epilog = (CONTROL_ROUTES + _EXAMPLES).format(name=name, service=names[0], operation=operation)
    for collection in list(offered.reads())[:1]:
        epilog += f"  curl localhost:8080/{collection}?order_id=o1\n"

    @click.command(cls=PrintableErrors, help=_HELP.format(services=", ".join(names)), epilog=epilog)
    @serve_options
    def command(**options: Any) -> None:
        serve(services, announce, **options)

    return command


def serve(  # noqa: PLR0913 - as many as there are options
    services: ServiceFactory,
    announce: Announce,
    *,
    host: str,
    port: int,
    public: bool,
    journal: Path | None,
    **options: Any,
) -> None:
    """Serve fakes until SIGINT or SIGTERM. Once they listen, it prints their URL.

    Args:
        services: Makes the services.
        announce: What else is printed then.
        host: The address to listen on.
        port: The port; 0 takes any free one.
        public: Whether other computers may reach it.
        journal: The file with every change of the world, which is recovered from it.
        options: The settings, as `sagacheck.http.serve_options` names them.

    Raises:
        click.UsageError: An option is wrong; the message names the option, its value and the rule.
    """
    settings = _settings(**options)
    try:
        check_settings(settings, Services(World(), services))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        sock = bound_socket(host, port, public=public)
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error.strerror}; --port 0 takes any free port"
        raise click.UsageError(msg) from None
    except NotPublicError as error:
        raise click.UsageError(str(error)) from None
    make_app = partial(create_app, services, settings, journal=journal, public=public)
    with sock, suppress(KeyboardInterrupt):
        uvloop.run(_serve(make_app, sock, announce))


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
    make_app: Callable[[], Starlette], sock: socket.socket, announce: Announce
) -> None:
    url = url_of(sock)
    try:
        app = make_app()
    except (NotWrittenError, WriteAheadLogError, OSError) as error:
        raise click.UsageError(f"--journal: {error}") from None

    def listening() -> None:
        click.echo("\n".join([f"fakes listening on {url}", *announce(url)]))

    await Server(app, listening).serve(sockets=[sock])
