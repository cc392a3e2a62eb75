"""The options of commands that serve fakes over HTTP; the commands themselves import more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

CONTROL_ROUTES = """
\b
Control routes below /__fakes__ (docs/fakes-http.md says more):
  GET health, POST reset         health check; a new world, with other settings
  GET, POST, DELETE faults       rules of faults, such as {{"on": "{service}", "fault": 503}}
  POST calls                     a call by a worker elsewhere, or the effect of its activity
  GET journal, GET books         all attempts; the ledger; ?after=N streams those after number N
  POST finished                  {{"orders": {{"o1": ["order-o1"]}}}}: move ended orders to disk
  GET totals, POST settle        sums; bring everything that is pending to its end
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


def serve_options(command: _Command) -> _Command:
    """Give a command the options of `sagacheck.http.serve`: where to listen, and the settings."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
