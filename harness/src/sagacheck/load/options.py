"""The options from Locust's command line, the environment, or a form of its web UI."""

from __future__ import annotations

import math
import random
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sagacheck.load.connection import Connection
from sagacheck.load.users.order_plans import Shares


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run; `sagacheck.load.command_line` has the meaning of each.

    Attributes:
        connection: The connection to Temporal.
        brings_temporal: Whether a Temporal server was named; else the run starts one.
        changed: What a form of the web UI has changed of `OF_EACH_TEST`.
    """

    connection: Connection
    brings_temporal: bool
    server_db: Path | None
    fakes_url: str | None
    workers: int
    task_queue: str
    saga: str | None
    seed: int
    rate: float | None
    shape: str | None
    orders: int | None
    faults: str
    shares: Shares
    call_timeout: float
    chaos: bool
    chaos_every: float
    patience: float
    runs: Path
    changed: Mapping[str, Any] = field(default_factory=dict)

    def database(self, folder: Path) -> Path | None:
        """The database file of the server that a run starts; ``None`` for one in memory."""
        if self.server_db is None and self.chaos:
            return folder / "server.db"  # it must remember its orders when it is restarted
        return self.server_db


OF_EACH_TEST = ("rate", "orders", "faults", "cancels", "resubmits", "queries", "patience")
"""Options that the web UI asks for before each test; the others hold for all its tests."""


def read_options(parsed: Namespace, *, temporal_in_environment: bool) -> Options:
    """The options as they were given.

    Args:
        parsed: What Locust's parser has made of the command line.
        temporal_in_environment: Whether the environment names a Temporal server.

    Raises:
        ValueError: A value is out of its range; the message names option, value and rule.
    """
    if parsed.shape and not parsed.run_time:
        msg = f"--shape {parsed.shape}: it needs the length of the run, such as -t 5m"
        raise ValueError(msg)
    connection = Connection(
        address=parsed.temporal_address or None,
        namespace=parsed.temporal_namespace or None,
        profile=parsed.temporal_profile or None,
    )
    brings_temporal = connection != Connection() or temporal_in_environment
    if brings_temporal and parsed.server_db:
        msg = "--server-db is for the server that a run starts, but Temporal was given"
        raise ValueError(msg)
    return Options(
        connection=connection,
        brings_temporal=brings_temporal,
        server_db=Path(parsed.server_db) if parsed.server_db else None,
        fakes_url=_url("--fakes-url", parsed.fakes_url) if parsed.fakes_url else None,
        workers=_whole("--workers", parsed.workers, least=0),
        task_queue=parsed.task_queue,
        saga=parsed.saga or None,
        seed=random.SystemRandom().randrange(2**31) if parsed.seed is None else parsed.seed,
        shape=parsed.shape or None,
        call_timeout=_number("--call-timeout", parsed.call_timeout, least=0.01, most=29),
        chaos=parsed.chaos,
        chaos_every=_number("--chaos-every", parsed.chaos_every, least=0.1),
        runs=Path(parsed.runs),
        **_options_of_each_test(parsed),
    )


def options_of_test(asked: Options, parsed: Namespace) -> Options:
    """The options of one test: the web UI asks for some of them before each.

    Args:
        asked: What the command line has asked for.
        parsed: Locust's options, as a form of the web UI has changed them.

    Raises:
        ValueError: A value is out of its range; the message names option, value and rule.
    """
    options = replace(asked, **_options_of_each_test(parsed))
    before, after = _by_name(asked), _by_name(options)
    changed = {name: value for name, value in after.items() if value != before[name]}
    return replace(options, changed=changed)


def check_users(user_count: str, spawn_rate: str | None) -> None:
    """Check how many users a form of the web UI asks for, and how fast they come.

    Raises:
        ValueError: A value is out of its range; the message names field, value and rule.
    """
    _whole("user_count", user_count, least=0)
    if spawn_rate is not None:
        _number("spawn_rate", spawn_rate, least=0.01)


def _options_of_each_test(parsed: Namespace) -> dict[str, Any]:
    """The fields of `Options` for `OF_EACH_TEST`."""
    has_rate, has_orders = (value not in (None, "") for value in (parsed.rate, parsed.orders))
    return {
        "rate": _number("--rate", parsed.rate, least=0.01) if has_rate else None,
        "orders": _whole("--orders", parsed.orders, least=1) if has_orders else None,
        "faults": parsed.faults,
        "shares": Shares(
            cancel=_number("--cancels", parsed.cancels, least=0, most=1),
            resubmit=_number("--resubmits", parsed.resubmits, least=0, most=1),
            query=_number("--queries", parsed.queries, least=0, most=1),
        ),
        "patience": _number("--patience", parsed.patience, least=0),
    }


def _by_name(options: Options) -> dict[str, Any]:
    """The values of `OF_EACH_TEST`, by the names of the options."""
    return {
        "rate": options.rate,
        "orders": options.orders,
        "faults": options.faults,
        "cancels": options.shares.cancel,
        "resubmits": options.shares.resubmit,
        "queries": options.shares.query,
        "patience": options.patience,
    }


def _url(option: str, value: str) -> str:
    """The base URL of a server."""
    try:
        parts = urlsplit(value)
        is_right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an address that is none
        is_right = False
    if not is_right:
        msg = f"{option} {value}: it must be a URL, such as http://localhost:8080"
        raise ValueError(msg)
    return value


def _number(option: str, value: Any, *, least: float, most: float | None = None) -> float:
    """A number in its range; forms of the web UI give it as a text."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f"{option} {value}: it must be a number"
        raise ValueError(msg)
    if number < least or (most is not None and number > most):
        rule = f"at least {least:g}" + ("" if most is None else f" and at most {most:g}")
        msg = f"{option} {number:g}: it must be {rule}"
        raise ValueError(msg)
    return number


def _whole(option: str, value: Any, *, least: int) -> int:
    number = _number(option, value, least=least)
    if number != int(number):
        msg = f"{option} {value}: it must be a whole number"
        raise ValueError(msg)
    return int(number)
