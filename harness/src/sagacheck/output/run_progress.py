"""A progress bar for a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress, TaskID, TextColumn, TimeElapsedColumn

from sagacheck.checks import Verdict
from sagacheck.language import Scenario
from sagacheck.output.console import escape, progress_bar
from sagacheck.run import Listener, ScenarioResult

FEW = 3
"""So many scenarios that are still under way are called by their names."""


class RunProgress(Listener):
    """A bar that moves with each result, and says what is wrong so far and what is awaited.

    Args:
        console: Where it is shown; nothing is shown outside of a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._verdicts: Counter[Verdict] = Counter()
        self._under_way: dict[int, str] = {}

    def engine_started(self, engine: str, scenarios: Sequence[Scenario]) -> None:
        """Show an empty bar."""
        self._verdicts.clear()
        self._under_way = {id(scenario): scenario.name for scenario in scenarios}
        waits_for = TextColumn("[dim]{task.fields[waits_for]}")
        self._bar = progress_bar(self._console, TimeElapsedColumn(), waits_for)
        text = f"starting the {engine} engine"
        self._task = self._bar.add_task(text, total=len(scenarios), waits_for="")
        self._bar.start()

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Move the bar."""
        assert self._bar is not None, "the engine has started"
        self._verdicts[result.verdict] += 1
        self._under_way.pop(id(result.scenario), None)
        names = list(self._under_way.values()) if len(self._under_way) <= FEW else []
        bad = [f"{self._verdicts[each]} {each}" for each in (Verdict.INVALID, Verdict.UNKNOWN)]
        self._bar.update(
            self._task,
            advance=1,
            description=f"running, {', '.join(bad)}",
            waits_for=escape(f"waiting for {'; '.join(names)}") if names else "",
        )

    def engine_finished(self, engine: str) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
