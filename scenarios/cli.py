"""The command line: ``python -m scenarios``.

Exit codes: 0 all valid, 1 something invalid, 2 wrong usage or wrong input, 3 unknown.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource
from temporalio import activity

from scenarios.agreement import disagreements
from scenarios.archive import leave_behind, results_json
from scenarios.console import (
    console_for,
    print_catalogue,
    print_disagreements,
    print_results,
    print_sum,
    print_way_on,
    progress,
)
from scenarios.engines import ENGINES, open_engine
from scenarios.errors import EngineStartError, InvalidScenarioError
from scenarios.junit import junit_xml
from scenarios.loader import load
from scenarios.runner import Engine, ScenarioResult, run_all
from scenarios.saga import SagaImportError, SagaUnderTest, load_saga, order_saga
from scenarios.scenario import Scenario
from scenarios.schema import schema_text
from scenarios.verdict import Verdict

WRONG_INPUT = 2
UNKNOWN = Verdict.UNKNOWN.exit_code
BOTH = "both"
MANY = 10
"""More files than this nobody wants to see in a command that repeats a run."""

OpenEngine = AbstractAsyncContextManager[Engine]

EXIT_CODES = """\b
Exit codes:
  0  valid    every scenario came out as it should, and no invariant was broken
  1  invalid  an invariant was broken, or an expectation was not met
  2  usage    wrong usage or wrong input; nothing was run
  3  unknown  something that was to be seen was not: a fault that never fired,
              an event that never happened, a run that came to no end
"""

EXAMPLES = """\b
Examples:
  python -m scenarios run                         the whole catalogue
  python -m scenarios run my_scenarios/           your own scenarios
  python -m scenarios run --saga shop.saga:SAGA   your own saga
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

LIST_HELP = "Show the scenarios, with the anomalies that each covers."


class _NewFile(click.Path):
    """A file to be written, in a folder that is there: better known before a run than after it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """The file's path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]}, epilog=f"{EXAMPLES}\n{EXIT_CODES}"
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
@click.option(
    "--saga",
    "saga_reference",
    metavar="M:N",
    help="The saga under test, a SagaUnderTest: module:NAME or path/to/file.py:NAME. "
    "[default: the one of this project]",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 200),
    default=12,
    show_default=True,
    help="How many scenarios may be under way at the same time.",
)
@click.option("--json", "json_file", type=_NewFile(), help="Write the results as JSON.")
@click.option("--junit", "junit_file", type=_NewFile(), help="Write the results as JUnit XML.")
@click.option(
    "--runs",
    "runs_folder",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    default=Path("runs"),
    show_default=True,
    help="The folder that keeps the results, journal and histories of each run; its link "
    "`latest` points to the last one.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show only scenarios that are not valid.")
@click.pass_context
def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    paths: tuple[Path, ...],
    engine: str,
    address: str | None,
    saga_reference: str | None,
    at_once: int,
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
    scenarios = _load_or_exit(paths)
    saga = _saga_or_exit(saga_reference)
    started = time.perf_counter()
    runs = [
        _run_or_exit(scenarios, saga, open_engine(name, saga, address=address), at_once)
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
    few = [Path(result.scenario.file) for result in bad] if len(bad) <= MANY else []
    again = _command(context, few or paths)
    print_way_on(console, folder, again, some=bool(few))
    differ = disagreements(*runs) if engine == BOTH else []
    print_disagreements(console, differ)
    agreement = Verdict.UNKNOWN if differ else Verdict.VALID
    sys.exit(Verdict.merge([agreement, *(result.verdict for result in results)]).exit_code)


@main.command("list", help=LIST_HELP)
@PATHS
def list_(paths: tuple[Path, ...]) -> None:
    """Print the scenarios."""
    print_catalogue(console_for(), _load_or_exit(paths))


@main.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    click.echo(schema_text(), nl=False)


def _run_or_exit(
    scenarios: Sequence[Scenario], saga: SagaUnderTest, opened: OpenEngine, at_once: int
) -> list[ScenarioResult]:
    try:
        return asyncio.run(_run(scenarios, saga, opened, at_once))
    except KeyboardInterrupt:
        _exit(UNKNOWN, "interrupted: nothing is known about this run")
    except EngineStartError as error:
        _exit(UNKNOWN, f"nothing was run, {error}")
    except Exception:  # noqa: BLE001 - exit code 1 would say that the saga is inconsistent
        _exit(UNKNOWN, f"{traceback.format_exc()}\nthe harness has failed: nothing is known")


async def _run(
    scenarios: Sequence[Scenario], saga: SagaUnderTest, opened: OpenEngine, at_once: int
) -> list[ScenarioResult]:
    with progress(console_for(stderr=True), scenarios) as on_result:
        async with opened as engine:
            return await run_all(scenarios, engine, saga, at_once=at_once, on_result=on_result)


def _command(context: click.Context, paths: Sequence[Path]) -> str:
    """The command that runs `paths` in the way of this run."""
    words = ["python", "-m", "scenarios", "run", *map(str, paths)]
    options = {"engine": "--engine", "saga_reference": "--saga", "address": "--address"}
    for name, option in options.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            words += [option, context.params[name]]
    return shlex.join(words)


def _load_or_exit(paths: Sequence[Path]) -> list[Scenario]:
    try:
        return load(paths)
    except InvalidScenarioError as error:
        _exit(WRONG_INPUT, "\n".join(str(problem) for problem in error.problems))


def _saga_or_exit(reference: str | None) -> SagaUnderTest:
    if reference is None:
        return order_saga()
    try:
        saga = load_saga(reference)
        _must_be_decorated(saga)
    except SagaImportError as error:
        _exit(WRONG_INPUT, str(error))
    except (TypeError, ValueError) as error:
        _exit(WRONG_INPUT, f"--saga {reference!r}: {error}")
    return saga


def _must_be_decorated(saga: SagaUnderTest) -> None:
    """Find out before a run what a worker would find out during it."""
    assert saga.workflow_name, "it has one, or this is an error already"
    for each in saga.activities:
        # The SDK has no public way to ask; checked with 1.35.
        activity._Definition.must_from_callable(each)  # noqa: SLF001


def _exit(code: int, message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)
