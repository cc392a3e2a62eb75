"""The command line: ``python -m scenarios``.

Exit codes: 0 all valid, 1 something invalid, 2 wrong usage or wrong input, 3 unknown.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from scenarios.archive import leave_behind, results_json
from scenarios.console import print_catalogue, print_results, progress
from scenarios.errors import InvalidScenarioError
from scenarios.junit import junit_xml
from scenarios.loader import load
from scenarios.runner import ScenarioResult, run_all
from scenarios.saga import SagaImportError, SagaUnderTest, load_saga, order_saga
from scenarios.scenario import Scenario
from scenarios.schema import schema_text
from scenarios.verdict import Verdict

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
WRONG_INPUT = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="orders")
def main() -> None:
    """Find out whether an order saga is consistent, whatever fails, whenever it fails.

    \b
    Examples:
      python -m scenarios run                         the whole catalogue
      python -m scenarios run my_scenarios/           your own scenarios
      python -m scenarios run --saga shop.saga:SAGA   your own saga
    """


@main.command()
@PATHS
@click.option(
    "--engine",
    type=click.Choice(["server"]),
    default="server",
    show_default=True,
    help="What plays the scenarios.",
)
@click.option(
    "--address", metavar="HOST:PORT", help="A Temporal server of yours; time is real there."
)
@click.option(
    "--saga", "saga_reference", metavar="M:N", help="module:NAME or path/to/file.py:NAME."
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 200),
    default=12,
    show_default=True,
    help="How many scenarios may be under way at the same time.",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Results as JSON."
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False), help="As JUnit XML."
)
@click.option(
    "--runs",
    "runs_folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Where the run leaves its results, journal and histories.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only what is not valid.")
def run(  # noqa: PLR0913, PLR0917 - one parameter an option
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

    \b
    Examples:
      python -m scenarios run scenarios/catalogue/payments
      python -m scenarios run lost_reply.yaml --json results.json
      python -m scenarios run --saga path/to/saga.py:SAGA
    """
    scenarios = _load_or_exit(paths)
    saga = _saga_or_exit(saga_reference)
    console = Console()
    started = time.perf_counter()
    results = asyncio.run(_run(scenarios, saga, address, at_once))
    seconds = time.perf_counter() - started
    shown = [r for r in results if r.verdict is not Verdict.VALID] if quiet else results
    print_results(console, shown, seconds)
    _write(results, json_file, junit_file)
    folder = leave_behind(
        results, runs_folder, shlex.join(["python", "-m", "scenarios", *sys.argv[1:]])
    )
    console.print(f"[dim]{folder}[/]", soft_wrap=True)
    sys.exit(Verdict.merge(result.verdict for result in results).exit_code)


@main.command("list")
@PATHS
def list_(paths: tuple[Path, ...]) -> None:
    """Show the scenarios, with the anomalies that each covers."""
    print_catalogue(Console(), _load_or_exit(paths))


@main.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    click.echo(schema_text(), nl=False)


async def _run(
    scenarios: Sequence[Scenario], saga: SagaUnderTest, address: str | None, at_once: int
) -> list[ScenarioResult]:
    # Importing the SDK takes half a second, which wrong input need not wait for.
    from scenarios.engines.server import ServerEngine  # noqa: PLC0415

    with progress(Console(stderr=True)) as bar:
        task = bar.add_task("starting the Temporal server", total=len(scenarios))
        async with ServerEngine(saga, address=address) as engine:
            bar.update(task, description="running scenarios")
            return await run_all(
                scenarios, engine, saga, at_once=at_once, on_result=lambda _: bar.advance(task)
            )


def _load_or_exit(paths: Sequence[Path]) -> list[Scenario]:
    try:
        return load(paths)
    except InvalidScenarioError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(WRONG_INPUT)


def _saga_or_exit(reference: str | None) -> SagaUnderTest:
    try:
        return order_saga() if reference is None else load_saga(reference)
    except SagaImportError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_INPUT)


def _write(
    results: Sequence[ScenarioResult], json_file: Path | None, junit_file: Path | None
) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(results_json(results), indent=2) + "\n")
    if junit_file is not None:
        junit_file.write_text(junit_xml(results))
