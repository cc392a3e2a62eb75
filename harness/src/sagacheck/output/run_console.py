"""The results of a run, for people in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from sagacheck.checks import UnmetKind, Verdict
from sagacheck.output.console import escape, plain_table, styled
from sagacheck.output.failure_lines import failure_lines
from sagacheck.plural import count
from sagacheck.run import Listener, RunResult, ScenarioResult


class RunConsole(Listener):
    """Prints a table of verdicts, then all that is wrong, then the totals.

    Args:
        console: Where it goes.
        quiet: Whether scenarios that are valid are left out.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet

    def run_finished(self, run: RunResult) -> None:
        """Print all of it."""
        self._print_results(run.not_valid if self._quiet else run.results)
        self._print_totals(run)
        if run.spec.invariants_only:
            self._console.print("invariants only: what the scenarios expect was not checked")
        if run.spec.rerun_percent:
            self._console.print(_reruns(run))
        self._print_engine_diff(run.engine_diff)

    def _print_results(self, results: Sequence[ScenarioResult]) -> None:
        if results:
            self._console.print(_table_of(results))
        for result in results:
            if result.verdict is not Verdict.VALID:
                self._print_failure(result)

    def _print_failure(self, result: ScenarioResult) -> None:
        name = escape(result.scenario.name)
        self._console.print(f"\n{styled(result.verdict)} [bold]{name}[/]")
        self._console.print(f"  [dim]{escape(result.place)}[/]", soft_wrap=True)
        for line in failure_lines(result):
            self._console.print(Padding.indent(escape(line), 2))

    def _print_totals(self, run: RunResult) -> None:
        """How many scenarios have which verdict, and how many facts were checked."""
        counts = Counter(result.verdict for result in run.results)
        parts = (styled(each, f"{counts[each]} {each}") for each in Verdict if counts[each])
        self._console.print(
            f"\n{', '.join(parts) or 'nothing'} in {run.seconds:.1f} s, {run.orders}"
        )
        if why := _why_invalid(run.results):
            self._console.print(why)
        facts: Counter[str] = Counter()
        for result in run.results:
            facts.update(result.facts)
        if facts:
            self._console.print(_facts_checked(facts))

    def _print_engine_diff(self, differences: Sequence[str]) -> None:
        if differences:
            what = styled(Verdict.UNKNOWN, "the engines disagree")
            self._console.print(f"\n{what}")
        for line in differences:
            self._console.print(Padding.indent(escape(line), 2))


def _why_invalid(results: Sequence[ScenarioResult]) -> str:
    """How many break an invariant, should others only miss what their scenario expects."""
    invalid = [result for result in results if result.verdict is Verdict.INVALID]
    missed = sum(not result.violations for result in invalid)
    broken = len(invalid) - missed
    if not missed:
        return ""
    verb = "breaks" if broken == 1 else "break"
    rest = f"{broken} of the invalid {verb} an invariant;" if broken else "no invariant is broken:"
    return f"{rest} {missed} only differ{'s' if missed == 1 else ''} from what the scenario expects"


def _facts_checked(facts: Counter[str]) -> str:
    idle = ", ".join(name for name, number in facts.items() if not number)
    but = f"; {idle} had nothing to look at" if idle else ""
    checked = "fact" if sum(facts.values()) == 1 else "facts"
    return f"{sum(facts.values())} {checked} checked by {count(len(facts), 'invariant')}{but}"


def _reruns(run: RunResult) -> str:
    """How many scenarios ran a second time, and how many of them differed."""
    again = count(len(run.spec.rerun), "scenario")
    differed = sum(
        any(unmet.kind is UnmetKind.DETERMINISM for unmet in result.unmet) for result in run.results
    )
    if not run.spec.rerun:
        return f"{again} rerun"
    return f"{again} rerun: {f'{differed} differed' if differed else 'identical, byte for byte'}"


def _table_of(results: Sequence[ScenarioResult]) -> Table:
    table = plain_table()
    for column in ("verdict", "engine", "theme"):
        table.add_column(column, no_wrap=True)
    for column in ("scenario", "ended as"):
        table.add_column(column, overflow="fold")
    table.add_column("s", justify="right", no_wrap=True)
    for result in results:
        table.add_row(
            styled(result.verdict),
            result.engine,
            escape(result.theme),
            escape(result.scenario.name),
            escape(result.endings),
            f"{result.seconds:.2f}",
        )
    return table
