"""Where the UI of a server that stays up shows what was played."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.padding import Padding

from sagacheck.engines import KeptServer
from sagacheck.output import escape
from sagacheck.run import RunResult


def print_kept_server(console: Console, kept: KeptServer, run: RunResult, folder: Path) -> None:
    """Print the address of each workflow of a run.

    Args:
        console: Where it goes.
        kept: The server.
        run: What was played.
        folder: The run's folder.
    """
    console.print(f"\n[bold]the Temporal server stays up[/], its UI at {kept.ui}")
    for result in run.results:
        for outcome in result.trial.outcomes.values():
            if result.engine == "server":
                console.print(f"  {kept.page_of(outcome)}", soft_wrap=True, markup=False)
                what = escape(f"{result.scenario.name} ({outcome.order})")
                console.print(Padding.indent(f"[dim]{what}[/]", 4))
    if any(result.engine != "server" for result in run.results):
        console.print(f"import simulated histories at {kept.import_page}")
        console.print(f"  {folder / 'histories'}", soft_wrap=True, markup=False)
    console.print("Ctrl-C ends it")
