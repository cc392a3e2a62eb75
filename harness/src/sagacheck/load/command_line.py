"""The options of a run beside Locust's own, and the command that repeats it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import Any

from sagacheck.load.options import OF_EACH_TEST, Options
from sagacheck.load.users.load_shapes import SHAPES

WEB_HOST = "127.0.0.1"
"""Locust itself listens on every address, and any computer that reaches its web UI starts tests."""


def add_options(parser: Any, *, task_queue: str) -> None:
    """Add the options of a run to Locust's parser. Each can also be set in the environment.

    Args:
        parser: Locust's.
        task_queue: The default of ``--task-queue``.
    """
    parser.set_defaults(web_host=WEB_HOST)
    group = parser.add_argument_group("Orders", "The workload and its faults")

    def option(name: str, text: str, **more: Any) -> None:
        variable = f"LOAD_{name.strip('-').replace('-', '_').upper()}"
        action = group.add_argument(name, help=text, env_var=variable, **more)
        action.include_in_web_ui = action.dest in OF_EACH_TEST

    _add_system_options(option, task_queue)
    _add_load_options(option)
    _add_fault_options(option)


def _add_system_options(option: Any, task_queue: str) -> None:
    option(
        "--temporal-address",
        "A Temporal server that runs elsewhere; TEMPORAL_ADDRESS, TEMPORAL_PROFILE and so on work "
        "as with Temporal's own tools. Default: a server that is started for the run.",
        metavar="HOST:PORT",
    )
    option("--temporal-namespace", "Namespace of a server that runs elsewhere.", metavar="NAME")
    option("--temporal-profile", "Profile of Temporal's configuration file.", metavar="NAME")
    option("--server-db", "File for the database of the server that is started.", metavar="FILE")
    option("--fakes-url", "Services that run elsewhere.", metavar="URL")
    option(
        "--workers",
        "Saga workers to start; 0 if they run elsewhere. Default: 2.",
        type=int,
        default=2,
        metavar="N",
    )
    option(
        "--task-queue",
        f"The workers' task queue. Default: {task_queue}.",
        default=task_queue,
    )
    option(
        "--call-timeout",
        "Seconds that the workers of a run wait for a service. Default: 2.",
        type=float,
        default=2.0,
        metavar="S",
    )
    option(
        "--saga",
        "Another saga with the same services, as module:NAME or path/to/file.py:NAME.",
        metavar="M:N",
    )
    option("--runs", "Folder for the results of runs. Default: runs.", default="runs")


def _add_load_options(option: Any) -> None:
    option(
        "--seed",
        "Decides orders, cancels, faults and chaos. Default: random.",
        type=int,
        metavar="N",
    )
    option(
        "--rate",
        "Orders per second, whether or not earlier ones have ended (the open model); latency "
        "counts from the moment at which an order was due. Without it, each user places an order, "
        "waits for its end, and places the next (the closed model).",
        type=float,
        metavar="R",
    )
    option(
        "--shape",
        "How load rises and falls over -t: steady; ramp, from none to all users; spike, a "
        "quarter, and all in the middle fifth; soak, all, after a slow start.",
        choices=list(SHAPES),
    )
    option("--orders", "Stop after this number of orders.", type=int, metavar="N")
    option("--cancels", "Share of orders to cancel.", type=float, default=0.05, metavar="SHARE")
    option(
        "--resubmits", "Share of orders to place twice.", type=float, default=0.05, metavar="SHARE"
    )
    option("--queries", "Share of orders to query.", type=float, default=0.1, metavar="SHARE")


def _add_fault_options(option: Any) -> None:
    option(
        "--faults",
        "light, heavy, none, or a YAML file with a list of rules. Default: light.",
        default="light",
        metavar="MIX",
    )
    option(
        "--chaos",
        "Kill and restart workers and services, and stop and restart the server, at moments that "
        "the seed decides.",
        action="store_true",
    )
    option(
        "--chaos-every",
        "Seconds from one kill to the next, on average. Default: 4.",
        type=float,
        default=4.0,
        metavar="S",
    )
    option(
        "--patience",
        "Seconds to wait at the end for the next order to end. Default: 300.",
        type=float,
        default=300.0,
        metavar="S",
    )


def command_to_repeat(options: Options) -> str:
    """The command that repeats a run: the same orders, faults and chaos."""
    words = sys.argv[1:]
    if not any(word.split("=")[0] == "--seed" for word in words):
        words = [*words, "--seed", str(options.seed)]
    for name, value in options.changed.items():
        words = _without(words, f"--{name}")
        words += [] if value is None else [f"--{name}", str(value)]
    return shlex.join(["locust", *words])


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
