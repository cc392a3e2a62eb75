"""The options of a run beside Locust's own. Each can also be set in the environment."""

from __future__ import annotations

import math
import random
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sagacheck.load.curves import COURSES
from sagacheck.load.order_plans import Shares


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for; the names are those of the options."""

    temporal_address: str | None
    namespace: str | None
    profile: str | None
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
    """What the web UI has changed of `OF_EACH_TEST`."""

    def database(self, folder: Path) -> Path | None:
        """The file of our own server's database; ``None`` where it is kept in memory."""
        if self.server_db is None and self.chaos:
            return folder / "server.db"  # to be stopped and started it must remember
        return self.server_db


OF_EACH_TEST = ("rate", "orders", "faults", "cancels", "resubmits", "queries", "patience")
"""Those that the web UI asks for before each test; the others are what all its tests run on."""


def add_options(parser: Any) -> None:
    """Give Locust's parser the options of a run."""
    group = parser.add_argument_group("Orders", "What is put under load, and how it is disturbed")

    def option(name: str, text: str, **more: Any) -> None:
        variable = f"LOAD_{name.strip('-').replace('-', '_').upper()}"
        action = group.add_argument(name, help=text, env_var=variable, **more)
        action.include_in_web_ui = action.dest in OF_EACH_TEST

    option(
        "--temporal-address",
        "Temporal that runs elsewhere, as host:port; TEMPORAL_ADDRESS, TEMPORAL_PROFILE and so on "
        "are read as by all its tools. Without any, a server is started for the run.",
        metavar="HOST:PORT",
    )
    option("--temporal-namespace", "Namespace, of Temporal that runs elsewhere.", metavar="NAME")
    option("--temporal-profile", "Profile of Temporal's configuration file.", metavar="NAME")
    option("--server-db", "File for the database of the server that is started.", metavar="FILE")
    option("--fakes-url", "Services that run elsewhere (python -m fakes).", metavar="URL")
    option(
        "--workers",
        "Saga workers to start; 0 if they run elsewhere (orders worker). Default: 2.",
        type=int,
        default=2,
        metavar="N",
    )
    option("--task-queue", "The workers' task queue. Default: orders.", default="orders")
    option("--saga", "Another saga, as module:NAME or path/to/file.py:NAME.", metavar="M:N")
    option("--seed", "Decides orders, cancels, faults and chaos.", type=int, metavar="N")
    option(
        "--rate",
        "Orders a second, whether or not earlier ones have ended (the open model); latency counts "
        "from the moment at which an order was due. Without it, each user places an order, waits "
        "for its end, and places the next (the closed model).",
        type=float,
        metavar="R",
    )
    option(
        "--shape",
        "How load goes up and down over -t: steady; ramp, from nothing to all users; spike, a "
        "quarter, and all in the middle fifth; soak, all, after a slow beginning.",
        choices=list(COURSES),
    )
    option("--orders", "Stop after so many orders.", type=int, metavar="N")
    option(
        "--faults",
        "light, heavy, none, or a YAML file with a list of rules. Default: light.",
        default="light",
        metavar="MIX",
    )
    option("--cancels", "Share of orders to cancel.", type=float, default=0.05, metavar="SHARE")
    option("--resubmits", "Share to place twice.", type=float, default=0.05, metavar="SHARE")
    option("--queries", "Share to ask for status.", type=float, default=0.1, metavar="SHARE")
    option(
        "--call-timeout",
        "Seconds that our workers wait for a service. Default: 2.",
        type=float,
        default=2.0,
        metavar="S",
    )
    option(
        "--chaos",
        "Kill workers, stop and start server and services, at moments that the seed decides.",
        action="store_true",
    )
    option(
        "--chaos-every",
        "Seconds from one blow of chaos to the next, on average. Default: 4.",
        type=float,
        default=4.0,
        metavar="S",
    )
    option(
        "--patience",
        "Seconds to wait at the end until every order has ended. Default: 300.",
        type=float,
        default=300.0,
        metavar="S",
    )
    option("--runs", "Folder for what runs leave behind. Default: runs.", default="runs")


def read_options(parsed: Namespace, *, temporal_in_environment: bool) -> Options:
    """The options as they were given.

    Raises:
        ValueError: A value is out of its range; the message names option, value and rule.
    """
    has_rate, has_orders = (value not in (None, "") for value in (parsed.rate, parsed.orders))
    if parsed.shape and not parsed.run_time:
        msg = f"--shape {parsed.shape}: it goes over -t, so say how long that is, such as -t 5m"
        raise ValueError(msg)
    named = parsed.temporal_address or parsed.temporal_profile or parsed.temporal_namespace
    brings_temporal = bool(named) or temporal_in_environment
    if brings_temporal and parsed.server_db:
        msg = "--server-db is for the server that a run starts, but Temporal was given"
        raise ValueError(msg)
    if parsed.seed is None:
        parsed.seed = random.SystemRandom().randrange(2**31)
    return Options(
        temporal_address=parsed.temporal_address or None,
        namespace=parsed.temporal_namespace or None,
        profile=parsed.temporal_profile or None,
        brings_temporal=brings_temporal,
        server_db=Path(parsed.server_db) if parsed.server_db else None,
        fakes_url=parsed.fakes_url or None,
        workers=_whole("--workers", parsed.workers, least=0),
        task_queue=parsed.task_queue,
        saga=parsed.saga or None,
        seed=parsed.seed,
        rate=_number("--rate", parsed.rate, least=0.01) if has_rate else None,
        shape=parsed.shape or None,
        orders=_whole("--orders", parsed.orders, least=1) if has_orders else None,
        faults=parsed.faults,
        shares=Shares(
            cancel=_number("--cancels", parsed.cancels, least=0, most=1),
            resubmit=_number("--resubmits", parsed.resubmits, least=0, most=1),
            query=_number("--queries", parsed.queries, least=0, most=1),
        ),
        call_timeout=_number("--call-timeout", parsed.call_timeout, least=0.01, most=29),
        chaos=parsed.chaos,
        chaos_every=_number("--chaos-every", parsed.chaos_every, least=0.1),
        patience=_number("--patience", parsed.patience, least=0),
        runs=Path(parsed.runs),
    )


def options_of_test(asked: Options, parsed: Namespace) -> Options:
    """The options of one test: the web UI asks for some of them before each.

    Args:
        asked: What the command line has asked for.
        parsed: Locust's options, as the web UI has changed them.

    Raises:
        ValueError: A value is out of its range; the message names option, value and rule.
    """
    now = read_options(parsed, temporal_in_environment=asked.brings_temporal)
    before, after = _of_each_test(asked), _of_each_test(now)
    return replace(
        now, changed={name: after[name] for name in after if after[name] != before[name]}
    )


def command_to_repeat(options: Options) -> str:
    """The command that runs the same again: the same orders, faults and chaos."""
    words = sys.argv[1:]
    if not any(word.split("=")[0] == "--seed" for word in words):
        words = [*words, "--seed", str(options.seed)]
    for name, value in options.changed.items():
        words = _without(words, f"--{name}")
        words += [] if value is None else [f"--{name}", str(value)]
    return shlex.join(["locust", *words])


def _of_each_test(options: Options) -> dict[str, Any]:
    """The values of `OF_EACH_TEST`."""
    shares = options.shares
    said = {"cancels": shares.cancel, "resubmits": shares.resubmit, "queries": shares.query}
    return {name: said[name] if name in said else getattr(options, name) for name in OF_EACH_TEST}


def _without(words: Sequence[str], option: str) -> list[str]:
    """A command line without an option and its value."""
    left = iter(words)
    kept = []
    for word in left:
        if word == option:
            next(left, None)
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return kept


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
