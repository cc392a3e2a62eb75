"""The command line: ``python -m scenarios``.

Exit codes: 0 all valid, 1 something invalid, 2 wrong usage or wrong input, 3 unknown.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import click
from click.core import ParameterSource

from scenarios.agreement import disagreements
from scenarios.archive import leave_behind, results_json
from scenarios.console import (
    console_for,
    print_catalogue,
    print_disagreements,
    print_repetition,
    print_results,
    print_sum,
    print_way_on,
    progress,
)
from scenarios.engines import ENGINES, open_engine
from scenarios.errors import EngineStartError
from scenarios.junit import junit_xml
from scenarios.options import (
    EXIT_CODES,
    PATHS,
    RUNS,
    SAGA,
    UNKNOWN,
    NewFile,
    Percent,
    exit_with,
    load_or_exit,
    saga_or_exit,
)
from scenarios.repetition import Repetition, sample
from scenarios.runner import Engine, ScenarioResult, run_all
from scenarios.saga import SagaUnderTest
from scenarios.scenario import Scenario
from scenarios.schema import schema_text
from scenarios.verdict import Verdict

BOTH = "both"
MANY = 10
"""More files than this nobody wants to see in a command that repeats a run."""

OpenEngine = AbstractAsyncContextManager[Engine]

EXAMPLES = """\b
Examples:
  python -m scenarios run                         the whole catalogue
  python -m scenarios run my_scenarios/           your own scenarios
  python -m scenarios run --saga shop.saga:SAGA   your own saga
  python -m scenarios new my-scenario             a scenario to begin with
  python -m scenarios explore                     every combination of two faults
  python -m scenarios simulate                    many orders, faults at random
  python -m scenarios list                        what the catalogue holds
"""

RUN_EXAMPLES = """\b
Examples:
  python -m scenarios run scenarios/catalogue/payments
  python -m scenarios run lost_reply.yaml --json results.json
  python -m scenarios run --saga path/to/saga.py:SAGA

\b
A scenario is a YAML file:
  scenario: the charge commits and its reply is lost
  why: an unknown outcome must never be charged twice
  orders: [{id: o1}]
  faults: [{on: payments.charge, fault: drop_response}]
  expect: {o1: {status: completed}}

All invariants are checked in any case. `python -m scenarios schema` prints what else a file
may say.
"""

LIST_EXAMPLES = """\b
Examples:
  python -m scenarios list
  python -m scenarios list scenarios/catalogue/payments
"""

SCHEMA_EXAMPLES = """\b
Examples:
  python -m scenarios schema > schema.json
  python -m scenarios schema --results > results.schema.json

\b
A scenario whose first line is
  # yaml-language-server: $schema=path/to/schema.json
is checked and completed by every editor with the YAML language server.
"""

LIST_HELP = "Show the scenarios, with the anomalies that each covers."


class _Commands(click.Group):
    """Those of this module, and others that are imported when they are asked for.

    Most runs need one command, and each has its imports.
    """

    _elsewhere: ClassVar = {
        "new": "scenarios.skeleton:new",
        "explore": "scenarios.explore.command:explore",
        "simulate": "scenarios.simulate.command:simulate",
        "replay": "scenarios.replay:replay",
        "mutants": "scenarios.mutants.command:mutants",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order in which people meet them."""
        return [*super().list_commands(ctx), *self._elsewhere]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        place, _, name = self._elsewhere.get(cmd_name, "").partition(":")
        if not place:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(place), name)
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{EXAMPLES}\n{EXIT_CODES}",
)
@click.version_option(package_name="orders")
def main() -> None:
    """Find out whether an order saga is consistent, whatever fails, whenever it fails."""


@main.command(epilog=f"{RUN_EXAMPLES}\n{EXIT_CODES}")
@PATHS
@click.option(
    "--engine",
    type=click.Choice([*ENGINES, BOTH]),
    default="simulated",
    show_default=True,
    help="What plays the scenarios: a simulated Temporal service in virtual time, a real server, "
    "which is started for the run, or both, whose results are compared.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="A Temporal server of yours instead; time is real there, so backoffs take their time.",
)
@SAGA
@click.option(
    "--at-once",
    type=click.IntRange(1, 200),
    default=12,
    show_default=True,
    help="How many scenarios may be under way at the same time.",
)
@click.option(
    "--evict-always",
    is_flag=True,
    help="Forget each workflow after each of its tasks, and rebuild it for the next by replaying "
    "its history: finds workflow code that is not deterministic (I15), wherever it is.",
)
@click.option(
    "--check-determinism",
    "percent",
    type=Percent(),
    is_flag=False,
    flag_value="100",
    default=0.0,
    help="Play a sample, so many percent of the scenarios, a second time in a process whose hashes "
    "differ, and compare what both leave behind byte for byte; all scenarios if no number is "
    "given. What does not repeat is unknown. In virtual time only.",
)
@click.option("--json", "json_file", type=NewFile(), help="Write the results as JSON.")
@click.option("--junit", "junit_file", type=NewFile(), help="Write the results as JUnit XML.")
@RUNS
@click.option("-q", "--quiet", is_flag=True, help="Show only scenarios that are not valid.")
@click.pass_context
def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    paths: tuple[Path, ...],
    engine: str,
    address: str | None,
    saga_reference: str | None,
    at_once: int,
    evict_always: bool,
    percent: float,
    json_file: Path | None,
    junit_file: Path | None,
    runs_folder: Path,
    quiet: bool,
) -> None:
    """Run scenarios and print a verdict for each.

    PATH is a scenario file or a folder of them; without any, the catalogue is run.
    """
    if address is not None and engine == "simulated":
        raise click.UsageError("--address names a server: add --engine server")
    if percent and engine == "server":
        raise click.UsageError(
            "--check-determinism needs virtual time, a server's is never the same: "
            "leave out --engine server, or take --engine both"
        )
    scenarios = load_or_exit(paths)
    saga = saga_or_exit(saga_reference)
    repeated = sample(scenarios, percent)
    started = time.perf_counter()
    runs = [
        _run_or_exit(
            scenarios,
            saga,
            open_engine(name, saga, address=address, evict_always=evict_always),
            Repetition(
                repeated if name == "simulated" else (),
                saga_reference=saga_reference,
                evict_always=evict_always,
            ),
            at_once,
        )
        for name in (ENGINES if engine == BOTH else (engine,))
    ]
    results = [result for run in runs for result in run]
    seconds = time.perf_counter() - started
    if json_file is not None:
        json_file.write_text(json.dumps(results_json(results), indent=2) + "\n", encoding="utf-8")
    if junit_file is not None:
        junit_file.write_text(junit_xml(results), encoding="utf-8")
    folder = leave_behind(results, runs_folder, _command(context, paths))
    console = console_for()
    bad = [result for result in results if result.verdict is not Verdict.VALID]
    print_results(console, bad if quiet else results)
    print_sum(console, results, seconds)
    print_repetition(console, results, repeated, asked=percent > 0)
    files = list(dict.fromkeys(Path(result.scenario.file) for result in bad))
    few = files if len(files) <= MANY else []
    again = _command(context, few or paths)
    print_way_on(console, folder, again, some=bool(few))
    differ = disagreements(*runs) if engine == BOTH else []
    print_disagreements(console, differ)
    agreement = Verdict.UNKNOWN if differ else Verdict.VALID
    sys.exit(Verdict.merge([agreement, *(result.verdict for result in results)]).exit_code)


@main.command("list", help=LIST_HELP, epilog=LIST_EXAMPLES)
@PATHS
def list_(paths: tuple[Path, ...]) -> None:
    """Print the scenarios."""
    print_catalogue(console_for(), load_or_exit(paths))


@main.command(epilog=SCHEMA_EXAMPLES)
@click.option("--results", is_flag=True, help="The schema of what `run --json` writes instead.")
def schema(*, results: bool) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    if results:
        from scenarios.results_schema import results_schema_text  # noqa: PLC0415 - seldom needed

        click.echo(results_schema_text(), nl=False)
    else:
        click.echo(schema_text(), nl=False)


def _run_or_exit(
    scenarios: Sequence[Scenario],
    saga: SagaUnderTest,
    opened: OpenEngine,
    repetition: Repetition,
    at_once: int,
) -> list[ScenarioResult]:
    try:
        return asyncio.run(_run(scenarios, saga, opened, repetition, at_once))
    except KeyboardInterrupt:
        exit_with(UNKNOWN, "interrupted: nothing is known about this run")
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")
    except Exception:  # noqa: BLE001 - exit code 1 would say that the saga is inconsistent
        exit_with(UNKNOWN, f"{traceback.format_exc()}\nthe harness has failed: nothing is known")


async def _run(
    scenarios: Sequence[Scenario],
    saga: SagaUnderTest,
    opened: OpenEngine,
    repetition: Repetition,
    at_once: int,
) -> list[ScenarioResult]:
    with progress(console_for(stderr=True), scenarios) as on_result:
        async with repetition, opened as engine:
            results = await run_all(scenarios, engine, saga, at_once=at_once, on_result=on_result)
            return await repetition.judge(results)


def _command(context: click.Context, paths: Sequence[Path]) -> str:
    """The command that runs `paths` in the way of this run."""
    words = ["python", "-m", "scenarios", "run", *map(str, paths)]
    options = {"engine": "--engine", "saga_reference": "--saga", "address": "--address"}
    for name, option in options.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            words += [option, context.params[name]]
    if context.params["evict_always"]:
        words.append("--evict-always")
    if context.params["percent"]:
        words.append(f"--check-determinism={context.params['percent']:g}")
    return shlex.join(words)
