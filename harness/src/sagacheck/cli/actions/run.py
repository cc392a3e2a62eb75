"""What ``sagacheck run`` does."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
import msgspec
from rich.console import Console

from sagacheck import output
from sagacheck.cli.actions.html_report import HtmlReport
from sagacheck.cli.exit_codes import UNKNOWN, exit_with
from sagacheck.cli.extras import report_or_exit, server_or_exit
from sagacheck.cli.inputs import load_or_exit, project_or_exit, saga_or_exit
from sagacheck.cli.printing.kept_server import print_kept_server
from sagacheck.config import BOTH, ENGINES
from sagacheck.engines import KeptServer
from sagacheck.errors import EngineStartError
from sagacheck.output import (
    GitHubAnnotations,
    JsonFile,
    RunConsole,
    console_for,
)
from sagacheck.plural import count
from sagacheck.printable import printable
from sagacheck.run import Artifacts, Listener, RunFailedError, RunResult, RunSpec, play
from sagacheck.saga import saga_words

MANY = 10
"""A command that repeats a run names at most so many files."""


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command."""

    paths: Sequence[Path]
    engine: str | None
    address: str | None
    saga_reference: str | None
    at_once: int
    evict_always: bool
    rerun_percent: float
    invariants_only: bool
    json_file: Path | None
    junit_file: Path | None
    report_folder: Path | None
    runs_folder: Path
    keep_server: bool
    quiet: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Those of them that decide about verdicts, as one types them."""
        return (
            *(("--engine", self.engine) if self.engine else ()),
            *saga_words(self.saga_reference),
            *(("--address", self.address) if self.address else ()),
            *(("--invariants-only",) if self.invariants_only else ()),
            *(("--evict-always",) if self.evict_always else ()),
            *((f"--check-determinism={self.rerun_percent:g}",) if self.rerun_percent else ()),
        )

    def command(self, paths: Sequence[Path | str]) -> str:
        """The command that runs `paths` as this one does."""
        return shlex.join(["sagacheck", "run", *map(str, paths), *self.words])

    def must_fit(self, engine: str) -> None:
        """Refuse options that contradict each other on this engine.

        Raises:
            click.UsageError: They do.
        """
        if self.address is not None and engine == "simulated":
            raise click.UsageError("--address names a server: add --engine server")
        if self.address is not None and self.keep_server:
            raise click.UsageError("--keep-server starts a server, and --address names another")
        if self.rerun_percent and engine == "server":
            raise click.UsageError(
                "--check-determinism needs virtual time, a server's is never the same: "
                "leave out --engine server, or take --engine both"
            )


def run_scenarios(options: RunOptions) -> int:
    """Run scenarios, print and write the results; the exit code."""
    spec = _spec_or_exit(options)
    with ExitStack() as stack:
        kept = _kept_or_exit(stack) if options.keep_server else None
        if kept is not None:
            spec = replace(spec, address=kept.address, skips_time=True)
        artifacts = Artifacts(options.runs_folder, options.command(options.paths))
        run = _play_or_exit(spec, _listeners(options, artifacts))
        if run.interrupted:
            missing = f"{run.missing} of {count(len(spec.scenarios), 'scenario')}"
            click.echo(f"interrupted: {missing} not played", err=True)
        elif kept is not None and artifacts.folder is not None:
            print_kept_server(console_for(), kept, run, artifacts.folder)
            if ended := kept.wait():
                click.echo(f"the Temporal server has ended {ended}", err=True)
    return run.verdict.exit_code


def _spec_or_exit(options: RunOptions) -> RunSpec:
    engine = options.engine or project_or_exit().engine
    options.must_fit(engine)
    engines = ENGINES if engine == BOTH else (engine,)
    if options.report_folder is not None:
        report_or_exit("--report")
    if options.keep_server:
        server_or_exit("--keep-server")
    elif "server" in engines and options.address is None:
        server_or_exit(f"--engine {engine}")
    saga = saga_or_exit(options.saga_reference)
    return RunSpec(
        scenarios=load_or_exit(options.paths, saga, options.saga_reference),
        invariants_only=options.invariants_only,
        saga=saga,
        saga_reference=options.saga_reference,
        engines=engines,
        address=options.address,
        at_once=options.at_once,
        evict_always=options.evict_always,
        rerun_percent=options.rerun_percent,
    )


def _listeners(options: RunOptions, artifacts: Artifacts) -> list[Listener]:
    """The listeners of the run, in the order in which they get its events."""
    console = console_for()
    report = HtmlReport(
        artifacts, options.report_folder, options.command(options.paths), options.words
    )
    errors = console_for(stderr=True)
    return [
        *([output.RunProgress(errors)] if errors.is_terminal else []),
        artifacts,
        RunConsole(console, quiet=options.quiet),
        *([JsonFile(options.json_file)] if options.json_file else []),
        *([output.JUnitFile(options.junit_file)] if options.junit_file else []),
        report,
        _NextSteps(console, options, artifacts, report),
        GitHubAnnotations(),
    ]


class _NextSteps(Listener):
    """Prints the command that runs it again, and where the files of the run are."""

    def __init__(
        self, console: Console, options: RunOptions, artifacts: Artifacts, report: HtmlReport
    ) -> None:
        self._console = console
        self._options = options
        self._artifacts = artifacts
        self._report = report

    def run_finished(self, run: RunResult) -> None:
        """Print all of it."""
        files = list(dict.fromkeys(result.scenario.file for result in run.not_valid))
        some = 0 < len(files) <= MANY
        again = self._options.command(files if some else self._options.paths)
        self._print(f"\n[dim]run {'what is not valid' if some else 'it'} again:[/]", again)
        folder = self._artifacts.folder
        self._print("[dim]results, journal and histories:[/]", str(folder))
        if self._report.shown:
            self._print("[dim]HTML report:[/]", self._report.shown)

    def _print(self, title: str, line: str) -> None:
        self._console.print(title)
        # To be copied: in one piece whatever the width, and as it is whatever brackets it has.
        self._console.print(f"  {printable(line)}", soft_wrap=True, markup=False)


def _kept_or_exit(stack: ExitStack) -> KeptServer:
    try:
        return stack.enter_context(KeptServer())
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")


def _play_or_exit(spec: RunSpec, listeners: Sequence[Listener]) -> RunResult:
    try:
        return play(spec, listeners)
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")
    except RunFailedError:  # exit code 1 would say that the saga is inconsistent
        exit_with(
            UNKNOWN, f"{traceback.format_exc()}\nthe harness has failed: this run has no verdict"
        )
