"""The scenarios of a project, for people in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from rich.console import Console
from rich.padding import Padding

from sagacheck.language import Scenario
from sagacheck.output import escape
from sagacheck.plural import count


def print_scenarios(console: Console, scenarios: Sequence[Scenario]) -> None:
    """Print the scenarios by folder, with the file of each and what it covers."""
    for folder in dict.fromkeys(_folder(scenario) for scenario in scenarios):
        console.print(f"\n[bold]{escape(folder)}[/]", soft_wrap=True)
        for scenario in (each for each in scenarios if _folder(each) == folder):
            file = f"{PurePath(scenario.file).name}:{scenario.place.line}"
            console.print(Padding.indent(escape(scenario.name), 2))
            where = escape(f"{file}  {' '.join(scenario.covers)}".rstrip())
            console.print(Padding.indent(f"[dim]{where}[/]", 4))
    covered = count(len({each for one in scenarios for each in one.covers}), "anomaly", "anomalies")
    verb = "covers" if len(scenarios) == 1 else "cover"
    console.print(f"\n{count(len(scenarios), 'scenario')}, which {verb} {covered}")


def _folder(scenario: Scenario) -> str:
    return str(PurePath(scenario.file).parent)
