"""Results for people, in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from scenarios.junit import findings_of
from scenarios.runner import ScenarioResult
from scenarios.scenario import Scenario
from scenarios.verdict import Verdict

STYLES = {Verdict.VALID: "green", Verdict.INVALID: "bold red", Verdict.UNKNOWN: "yellow"}


def progress(console: Console) -> Progress:
    """A bar for long work; nothing where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def print_results(console: Console, results: Sequence[ScenarioResult], seconds: float) -> None:
    """A table of verdicts, then all that is wrong, then the sum."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("theme", no_wrap=True)
    table.add_column("scenario", overflow="fold")
    table.add_column("orders ended as", overflow="fold")
    table.add_column("s", justify="right", no_wrap=True)
    for result in results:
        table.add_row(
            f"[{STYLES[result.verdict]}]{result.verdict}[/]",
            escape(_theme(result.scenario)),
            escape(result.scenario.name),
            escape(_ends(result)),
            f"{result.seconds:.2f}",
        )
    console.print(table)
    _print_findings(console, results)
    console.print(f"\n{_sum(results)} in {seconds:.1f} s")


def print_catalogue(console: Console, scenarios: Sequence[Scenario]) -> None:
    """The scenarios by theme, with what each covers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("theme", no_wrap=True)
    table.add_column("scenario", overflow="fold")
    table.add_column("covers", overflow="fold")
    table.add_column("file", overflow="fold")
    for scenario in scenarios:
        table.add_row(
            escape(_theme(scenario)),
            escape(scenario.name),
            ", ".join(scenario.covers),
            escape(f"{scenario.file}:{scenario.place.line}"),
        )
    console.print(table)
    console.print(f"\n{len(scenarios)} scenarios")


def _print_findings(console: Console, results: Sequence[ScenarioResult]) -> None:
    for result in results:
        if result.verdict is Verdict.VALID:
            continue
        place = f"{result.scenario.file}:{result.scenario.place.line}"
        style = STYLES[result.verdict]
        console.print(f"\n[{style}]{result.verdict}[/] {escape(result.scenario.name)}", end=" ")
        console.print(f"[dim]{escape(place)}[/]", soft_wrap=True)
        for line in findings_of(result):
            console.print(f"  {escape(line)}", soft_wrap=True)


def _theme(scenario: Scenario) -> str:
    return scenario.file.replace("\\", "/").split("/")[-2] if "/" in scenario.file else ""


def _ends(result: ScenarioResult) -> str:
    ends = [str(outcome.status) for outcome in result.trial.outcomes.values()]
    return ", ".join(f"{n} {s}" if n > 1 else s for s, n in Counter(ends).items())


def _sum(results: Sequence[ScenarioResult]) -> str:
    counts = Counter(result.verdict for result in results)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
