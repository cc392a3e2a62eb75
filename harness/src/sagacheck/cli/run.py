"""``sagacheck run``."""

from __future__ import annotations

import json
import shlex
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click
from click.core import ParameterSource

from sagacheck.checks import Verdict
from sagacheck.cli.options import (
    EXIT_CODES,
    PATHS,
    REPORT,
    RUNS,
    SAGA,
    UNKNOWN,
    Address,
    NewFile,
    Percent,
    exit_with,
    load_or_exit,
    saga_or_exit,
)
from sagacheck.engines import ENGINES, KeptServer, open_engine
from sagacheck.errors import EngineStartError
from sagacheck.language import Scenario
from sagacheck.output import (
    console_for,
    github,
    junit_xml,
    print_disagreements,
    print_kept_server,
    print_repetition,
    print_results,
    print_sum,
    print_way_on,
    progress,
)
from sagacheck.run import OpenEngine, Played, Repetition, leave_behind, play, results_json, sample
from sagacheck.saga import SagaUnderTest

BOTH = "both"
MANY = 10
"""More files than this nobody wants to see in a command that repeats a run."""

RUN_EXAMPLES = """\b
Examples:
  sagacheck run scenarios/catalogue/payments
  sagacheck run lost_reply.yaml --json results.json
  sagacheck run --saga path/to/saga.py:SAGA --report out
  sagacheck run lost_reply.yaml --engine server --keep-server

\b
A scenario is a YAML file:
  scenario: the charge commits and its reply is lost
  why: an unknown outcome must never be charged twice
  orders: [{id: o1}]
  faults: [{on: payments.charge, fault: drop_response}]
  expect: {o1: {status: completed}}

All invariants are checked in any case. `sagacheck schema` prints what else a file
may say.
"""

LIST_EXAMPLES = """\b
Examples:
  sagacheck list
  sagacheck list scenarios/catalogue/payments
"""

SCHEMA_EXAMPLES = """\b
Examples:
  sagacheck schema > schema.json
  sagacheck schema --results > results.schema.json

\b
A scenario whose first line is
  # yaml-language-server: $schema=path/to/schema.json
is checked and completed by every editor with the YAML language server.
"""


@click.command(epilog=f"{RUN_EXAMPLES}\n{EXIT_CODES}")
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
    type=Address(),
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
@REPORT
@RUNS
@click.option(
    "--keep-server",
    is_flag=True,
    help="Leave a Temporal server with its UI up after the run, until Ctrl-C, and print where it "
    "shows each workflow; a simulated one by the import of its history.",
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
    evict_always: bool,
    percent: float,
    json_file: Path | None,
    junit_file: Path | None,
    report_folder: Path | None,
    runs_folder: Path,
    keep_server: bool,
    quiet: bool,
) -> None:
    """Run scenarios and print a verdict for each.

    PATH is a scenario file or a folder of them; without any, the catalogue is run.
    """
    _check_usage(engine, address, percent, keep_server=keep_server)
    saga = saga_or_exit(saga_reference)
    scenarios = load_or_exit(paths, saga)
    repeated = sample(scenarios, percent)
    with ExitStack() as stack:
        kept = _kept_or_exit(stack) if keep_server else None
        engines = [
            (
                open_engine(
                    name,
                    saga,
                    address=kept.address if kept else address,
                    skips_time=True if kept else None,
                    evict_always=evict_always,
                ),
                Repetition(
                    repeated if name == "simulated" else (),
                    saga_reference=saga_reference,
                    evict_always=evict_always,
                ),
            )
            for name in (ENGINES if engine == BOTH else (engine,))
        ]
        played = _play_or_exit(scenarios, saga, engines, at_once)
        results = played.results
        folder = leave_behind(results, runs_folder, _command(context, paths))
        console = console_for()
        bad = [result for result in results if result.verdict is not Verdict.VALID]
        print_results(console, bad if quiet else results)
        print_sum(console, results, played.seconds)
        print_repetition(console, results, repeated, asked=percent > 0)
        print_disagreements(console, played.disagreements)
        if json_file is not None:
            written = json.dumps(results_json(results), indent=2) + "\n"
            json_file.write_text(written, encoding="utf-8")
        if junit_file is not None:
            junit_file.write_text(junit_xml(results), encoding="utf-8")
        # Whoever has something to look at shall find a page; one for nothing must be asked for.
        into = report_folder or (folder / "report" if bad or played.disagreements else None)
        report = _write_report(context, paths, played, into) if into else None
        files = list(dict.fromkeys(Path(result.scenario.file) for result in bad))
        few = files if len(files) <= MANY else []
        again = _command(context, few or paths)
        print_way_on(console, folder, again, some=bool(few), report=report)
        if github.is_workflow_step():
            click.echo("".join(f"{line}\n" for line in github.annotated(results)), nl=False)
        if played.interrupted:
            missing = f"{len(scenarios) - len(played.runs[-1])} of {len(scenarios)} scenarios"
            click.echo(f"interrupted: {missing} were not played", err=True)
        elif kept is not None:
            print_kept_server(console, kept, results, folder)
            kept.wait()
    sys.exit(played.verdict.exit_code)


def _check_usage(engine: str, address: str | None, percent: float, *, keep_server: bool) -> None:
    if address is not None and engine == "simulated":
        raise click.UsageError("--address names a server: add --engine server")
    if address is not None and keep_server:
        raise click.UsageError("--keep-server is about a server of ours; that of --address stays")
    if percent and engine == "server":
        raise click.UsageError(
            "--check-determinism needs virtual time, a server's is never the same: "
            "leave out --engine server, or take --engine both"
        )


def _kept_or_exit(stack: ExitStack) -> KeptServer:
    try:
        return stack.enter_context(KeptServer())
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")


def _play_or_exit(
    scenarios: Sequence[Scenario],
    saga: SagaUnderTest,
    engines: Iterable[tuple[OpenEngine, Repetition]],
    at_once: int,
) -> Played:
    try:
        shown = partial(progress, console_for(stderr=True))
        return play(scenarios, saga, engines, at_once=at_once, progress=shown)
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")
    except Exception:  # noqa: BLE001 - exit code 1 would say that the saga is inconsistent
        exit_with(UNKNOWN, f"{traceback.format_exc()}\nthe harness has failed: nothing is known")


def _write_report(
    context: click.Context, paths: Sequence[Path], played: Played, folder: Path
) -> Path:
    from sagacheck.report import RunFacts, page_of, write_report  # noqa: PLC0415 - jinja2 takes its time

    facts = RunFacts(
        command=_command(context, paths),
        again=tuple(_saga_words(context)),
        seconds=played.seconds,
        disagreements=tuple(played.disagreements),
    )
    return write_report(page_of(played.results, facts), folder)


def _command(context: click.Context, paths: Sequence[Path]) -> str:
    """The command that runs `paths` in the way of this run."""
    return shlex.join(["sagacheck", "run", *map(str, paths), *_saga_words(context)])


def _saga_words(context: click.Context) -> list[str]:
    """The options of this run that decide what comes of a scenario."""
    words: list[str] = []
    options = {"engine": "--engine", "saga_reference": "--saga", "address": "--address"}
    for name, option in options.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            words += [option, context.params[name]]
    if context.params["evict_always"]:
        words.append("--evict-always")
    if context.params["percent"]:
        words.append(f"--check-determinism={context.params['percent']:g}")
    return words
