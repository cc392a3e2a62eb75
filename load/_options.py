"""The options of a run beside Locust's own. Each can also be set in the environment."""

from __future__ import annotations

import random
import shlex
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load._courses import COURSES
from load._orders import Shares


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

    def database(self, folder: Path) -> Path | None:
        """The file of our own server's database; ``None`` where it is kept in memory."""
        if self.server_db is None and self.chaos:
            return folder / "server.db"  # to be stopped and started it must remember
        return self.server_db


def add_options(parser: Any) -> None:
    """Give Locust's parser the options of a run."""
    group = parser.add_argument_group("Orders", "What is put under load, and how it is disturbed")

    def option(name: str, text: str, **more: Any) -> None:
        variable = f"LOAD_{name.strip('-').replace('-', '_').upper()}"
        group.add_argument(name, help=text, env_var=variable, **more)

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
        "Open model: so many orders a second, whether or not earlier ones have ended; latency "
        "counts from the moment at which an order was due. Without it, each user places an order, "
        "waits for its end, and places the next.",
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
    for name in ("cancels", "resubmits", "queries"):
        _in_range(f"--{name}", getattr(parsed, name), least=0, most=1)
    _in_range("--workers", parsed.workers, least=0)
    _in_range("--patience", parsed.patience, least=0)
    _in_range("--chaos-every", parsed.chaos_every, least=0.1)
    _in_range("--call-timeout", parsed.call_timeout, least=0.01, most=29)
    if parsed.rate is not None:
        _in_range("--rate", parsed.rate, least=0.01)
    if parsed.orders is not None:
        _in_range("--orders", parsed.orders, least=1)
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
        workers=parsed.workers,
        task_queue=parsed.task_queue,
        saga=parsed.saga or None,
        seed=parsed.seed,
        rate=parsed.rate,
        shape=parsed.shape or None,
        orders=parsed.orders,
        faults=parsed.faults,
        shares=Shares(parsed.cancels, parsed.resubmits, parsed.queries),
        call_timeout=parsed.call_timeout,
        chaos=parsed.chaos,
        chaos_every=parsed.chaos_every,
        patience=parsed.patience,
        runs=Path(parsed.runs),
    )


def command_to_repeat(options: Options) -> str:
    """The command that runs the same again: the same orders, faults and chaos."""
    words = sys.argv[1:]
    if not any(word.split("=")[0] == "--seed" for word in words):
        words = [*words, "--seed", str(options.seed)]
    return shlex.join(["locust", *words])


def _in_range(option: str, value: float, *, least: float, most: float | None = None) -> None:
    if value < least or (most is not None and value > most):
        rule = f"at least {least:g}" + ("" if most is None else f" and at most {most:g}")
        msg = f"{option} {value:g}: it must be {rule}"
        raise ValueError(msg)
