"""``sagacheck replay``: does what was found once still fail?"""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from rich.markup import escape
from rich.padding import Padding

from sagacheck.checks import Verdict
from sagacheck.cli.options import EXIT_CODES, SAGA, UNKNOWN, exit_with, load_or_exit, saga_or_exit
from sagacheck.engines import ENGINES, open_engine
from sagacheck.errors import EngineStartError
from sagacheck.explore import COUNTEREXAMPLE
from sagacheck.language import Scenario
from sagacheck.output import STYLES, console_for, findings_of
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest

EXAMPLES = """\b
Examples:
  sagacheck replay runs/latest/counterexamples
  sagacheck replay 01-i13-drop-response.yaml --engine server

\b
A counterexample is a scenario. Once it is fixed, move its file into your scenarios, say in its
`expect` how the order should end and in `covers` what it is about, and it will stay fixed.
"""

WORDS = {Verdict.VALID: "VALID", Verdict.INVALID: "FAILED", Verdict.UNKNOWN: "UNKNOWN"}


@click.command(epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--engine",
    type=click.Choice([*ENGINES]),
    default="simulated",
    show_default=True,
    help="What plays them: virtual time, or a real server, which is started for it.",
)
@SAGA
def replay(paths: tuple[Path, ...], engine: str, saga_reference: str | None) -> None:
    """Run counterexamples again: FIXED, or FAILED and why."""
    saga = saga_or_exit(saga_reference)
    scenarios = load_or_exit(paths, saga)
    try:
        results = asyncio.run(_run(scenarios, engine, saga))
    except KeyboardInterrupt:
        exit_with(UNKNOWN, "interrupted: nothing is known about this run")
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")
    console = console_for()
    for result in results:
        word = f"[{STYLES[result.verdict]}]{_word(result)}[/]"
        console.print(f"{word} {escape(result.scenario.name)}")
        for line in findings_of(result) if result.verdict is not Verdict.VALID else ():
            console.print(Padding.indent(escape(line), 2))
    verdict = Verdict.merge(result.verdict for result in results)
    click.get_current_context().exit(verdict.exit_code)


def _word(result: ScenarioResult) -> str:
    """Only what has failed once can be fixed."""
    has_failed_once = COUNTEREXAMPLE in result.scenario.tags
    is_fixed = result.verdict is Verdict.VALID and has_failed_once
    return "FIXED" if is_fixed else WORDS[result.verdict]


async def _run(scenarios: list[Scenario], engine: str, saga: SagaUnderTest) -> list[ScenarioResult]:
    async with open_engine(engine, saga) as opened:
        return await run_all(scenarios, opened, saga, at_once=12)
