"""Results for people, in a terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sagacheck.checks import UnmetKind, Verdict
from sagacheck.engines import KeptServer
from sagacheck.language import Scenario
from sagacheck.output.junit import findings_of
from sagacheck.run import OnResult, ScenarioResult

STYLES = {Verdict.VALID: "green", Verdict.INVALID: "bold red", Verdict.UNKNOWN: "yellow"}
FEW = 3
"""So many scenarios that are still under way are called by their names."""


def console_for(*, stderr: bool = False) -> Console:
    """A console for standard output, or for errors and progress.

    In a terminal lines are folded to its width. Where they go to a file or another program, each
    stays in one piece, so that it can be searched for.
    """
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 1000
    return console


@contextmanager
def progress(console: Console, scenarios: Sequence[Scenario]) -> Iterator[OnResult]:
    """A bar that moves with each result, and says what is wrong so far and what is awaited.

    Nothing where nobody watches.
    """
    under_way = {id(scenario): scenario.name for scenario in scenarios}
    verdicts: Counter[Verdict] = Counter()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[waits_for]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("starting the engine", total=len(scenarios), waits_for="")

    def on_result(result: ScenarioResult) -> None:
        verdicts[result.verdict] += 1
        under_way.pop(id(result.scenario), None)
        names = list(under_way.values()) if len(under_way) <= FEW else []
        bar.update(
            task,
            advance=1,
            description=f"running, {_bad_news(verdicts)}",
            waits_for=escape(f"waiting for {'; '.join(names)}") if names else "",
        )

    with bar:
        yield on_result


def print_results(console: Console, results: Sequence[ScenarioResult]) -> None:
    """A table of verdicts, then all that is wrong."""
    if results:
        console.print(_table_of(results))
    for result in results:
        if result.verdict is not Verdict.VALID:
            _print_findings(console, result)


def print_sum(console: Console, results: Sequence[ScenarioResult], seconds: float) -> None:
    """How many came out how, and what the invariants have looked at."""
    counts = Counter(result.verdict for result in results)
    parts = (f"[{STYLES[each]}]{counts[each]} {each}[/]" for each in Verdict if counts[each])
    console.print(f"\n{', '.join(parts) or 'nothing'} in {seconds:.1f} s")
    if why := _why_invalid(results):
        console.print(why)
    facts: Counter[str] = Counter()
    for result in results:
        facts.update(result.facts)
    if facts:
        idle = ", ".join(name for name, count in facts.items() if not count)
        but = f"; {idle} had nothing to look at" if idle else ""
        console.print(f"{sum(facts.values())} facts checked by {len(facts)} invariants{but}")


def _why_invalid(results: Sequence[ScenarioResult]) -> str:
    """How many break an invariant, should others only miss what their scenario expects."""
    invalid = [result for result in results if result.verdict is Verdict.INVALID]
    missed = sum(not result.violations for result in invalid)
    broken = len(invalid) - missed
    if not missed:
        return ""
    verb = "breaks" if broken == 1 else "break"
    rest = f"{broken} of the invalid {verb} an invariant;" if broken else "no invariant is broken:"
    return f"{rest} {missed} only went otherwise than the scenario expects"


def print_repetition(
    console: Console,
    results: Sequence[ScenarioResult],
    repeated: Sequence[Scenario],
    *,
    asked: bool,
) -> None:
    """How many scenarios were played twice, and how many of them did not repeat."""
    if not asked:
        return
    otherwise = sum(
        any(unmet.kind is UnmetKind.DETERMINISM for unmet in result.unmet) for result in results
    )
    came = f"{otherwise} did not repeat" if otherwise else "each left the same, byte for byte"
    console.print(f"{len(repeated)} played a second time" + (f": {came}" if repeated else ""))


def print_disagreements(console: Console, differ: Sequence[str]) -> None:
    """What the engines do not agree about; nothing where they agree."""
    if differ:
        console.print(f"\n[{STYLES[Verdict.UNKNOWN]}]the engines disagree[/]; the server is right")
    for line in differ:
        console.print(Padding.indent(escape(line), 2))


def print_way_on(
    console: Console, folder: Path, again: str, *, some: bool, report: Path | None = None
) -> None:
    """The command that runs it again, or `some` of it, and where the run has left everything."""
    console.print(f"\n[dim]run {'what is not valid' if some else 'it'} again:[/]")
    # To be copied: in one piece whatever the width, and as it is whatever brackets it has.
    console.print(f"  {again}", soft_wrap=True, markup=False)
    console.print("[dim]results, journal and histories:[/]")
    console.print(f"  {folder}", soft_wrap=True, markup=False)
    if report is not None:
        console.print("[dim]a page that shows it all:[/]")
        console.print(f"  {report}", soft_wrap=True, markup=False)


def print_kept_server(
    console: Console, kept: KeptServer, results: Sequence[ScenarioResult], folder: Path
) -> None:
    """Where the UI of a server that was kept shows each workflow of a run."""
    console.print(f"\n[bold]the Temporal server stays up[/], its UI at {kept.ui}")
    for result in results:
        for outcome in result.trial.outcomes.values():
            if result.engine == "server":
                console.print(f"  {kept.page_of(outcome)}", soft_wrap=True, markup=False)
                what = escape(f"{result.scenario.name} ({outcome.order})")
                console.print(Padding.indent(f"[dim]{what}[/]", 4))
    if any(result.engine != "server" for result in results):
        console.print(f"simulated histories open in it by import, at {kept.import_page}")
        console.print(f"  {folder / 'histories'}", soft_wrap=True, markup=False)
    console.print("Ctrl-C ends it")


def print_catalogue(console: Console, scenarios: Sequence[Scenario]) -> None:
    """The scenarios by folder, with the file of each and what it covers."""
    for folder in dict.fromkeys(_folder(scenario) for scenario in scenarios):
        console.print(f"\n[bold]{escape(folder)}[/]", soft_wrap=True)
        for scenario in (each for each in scenarios if _folder(each) == folder):
            file = f"{PurePath(scenario.file).name}:{scenario.place.line}"
            console.print(Padding.indent(escape(scenario.name), 2))
            where = escape(f"{file}  {' '.join(scenario.covers)}".rstrip())
            console.print(Padding.indent(f"[dim]{where}[/]", 4))
    covered = {anomaly for scenario in scenarios for anomaly in scenario.covers}
    console.print(f"\n{len(scenarios)} scenarios, which cover {len(covered)} anomalies")


def _table_of(results: Sequence[ScenarioResult]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("engine", no_wrap=True)
    table.add_column("theme", no_wrap=True)
    table.add_column("scenario", overflow="fold")
    table.add_column("ended as", overflow="fold")
    table.add_column("s", justify="right", no_wrap=True)
    for result in results:
        table.add_row(
            f"[{STYLES[result.verdict]}]{result.verdict}[/]",
            result.engine,
            escape(PurePath(result.scenario.file).parent.name),
            escape(result.scenario.name),
            escape(_ends(result)),
            f"{result.seconds:.2f}",
        )
    return table


def _print_findings(console: Console, result: ScenarioResult) -> None:
    style, scenario = STYLES[result.verdict], result.scenario
    console.print(f"\n[{style}]{result.verdict}[/] [bold]{escape(scenario.name)}[/]")
    console.print(f"  [dim]{escape(f'{scenario.file}:{scenario.place.line}')}[/]", soft_wrap=True)
    for line in findings_of(result):
        console.print(Padding.indent(escape(line), 2))


def _folder(scenario: Scenario) -> str:
    return str(PurePath(scenario.file).parent)


def _ends(result: ScenarioResult) -> str:
    ends = [str(outcome.status) for outcome in result.trial.outcomes.values()]
    return ", ".join(f"{n} {s}" if n > 1 else s for s, n in Counter(ends).items())


def _bad_news(verdicts: Counter[Verdict]) -> str:
    bad = [f"{verdicts[each]} {each}" for each in Verdict if each is not Verdict.VALID]
    return ", ".join(bad)
