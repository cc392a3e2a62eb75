"""``sagacheck mutants``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from sagacheck.checks import Verdict
from sagacheck.cli.options import UNKNOWN, WRONG_INPUT, NewFile, exit_with
from sagacheck.importing import NotImportableError
from sagacheck.language import nearest
from sagacheck.mutants import FINDERS, QUICK, THOROUGH, Row, chosen, judge_zoo, load_zoo
from sagacheck.output import (
    console_for,
    matrix_json,
    matrix_progress,
    print_matrix,
    print_matrix_sum,
    print_worth,
)
from sagacheck.run import processors

EPILOG = """\b
Examples:
  sagacheck mutants                        every specimen, every finder
  sagacheck mutants --quick                single faults, five swarms: a minute
  sagacheck mutants --by catalogue         only what the scenarios find
  sagacheck mutants "no key" "oversold"    these two
  sagacheck mutants --zoo shop/zoo.py:ZOO  your own zoo

\b
A zoo is a module with
  ZOO = Zoo(mutants=(Mutant(name=…, anomaly="A12", why=…, saga=…, breaks=frozenset({"I13"})), …),
            variants=(Variant(name=…, why=…, saga=…), …))
of `sagacheck.mutants`.

\b
Exit codes:
  0  valid    every bug was found, and every correct saga left alone
  1  invalid  a bug survived, or a correct saga was flagged
  2  usage    wrong usage or wrong input; nothing was run
  3  unknown  correct sagas that could not be judged as a whole, or an interruption
"""


class _Finders(click.ParamType[tuple[str, ...]]):
    name = "NAMES"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The finders, each once."""
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(value.split(",")))
        for name in names:
            if name not in FINDERS:
                self.fail(f"{name!r} is no finder, take some of {', '.join(FINDERS)}", param, ctx)
        return names


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--zoo",
    default="tests/mutants",
    show_default=True,
    metavar="M:N",
    help="The zoo: module:NAME, path/to/file.py:NAME, or a folder whose zoo.py has a ZOO.",
)
@click.option(
    "--by",
    "finders",
    type=_Finders(),
    default=",".join(FINDERS),
    show_default=True,
    help="Who looks for the bugs, with commas between.",
)
@click.option(
    "--quick",
    is_flag=True,
    help=f"Explore one order with one fault, simulate {QUICK.runs} runs instead of "
    f"{THOROUGH.runs}, and leave each finder at its first find.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=processors, help="How many processes look."
)
@click.option("--json", "json_file", type=NewFile(), help="Write the matrix as JSON.")
@click.pass_context
def mutants(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    names: tuple[str, ...],
    zoo: str,
    finders: tuple[str, ...],
    quick: bool,
    jobs: int,
    json_file: Path | None,
) -> None:
    """Let known bugs loose, and print which of them are found, by whom, and how fast.

    A zoo holds sagas with one known bug each, and correct ones that work in another way than ours.
    A bug that nobody finds shows a hole in the scenarios or the invariants; a correct saga that is
    flagged shows an invariant that knows only our way. NAME picks specimens.
    """
    rows = _rows_or_exit(zoo, names)
    interrupted = False
    with matrix_progress(console_for(stderr=True), len(rows) * len(finders)) as on_step:
        try:
            effort = QUICK if quick else THOROUGH
            for row, finder in judge_zoo(zoo, names, finders, jobs, effort):
                rows[row.specimen.name] = row
                on_step(row, finder)
        except KeyboardInterrupt:
            interrupted = True
    console = console_for()
    matrix = list(rows.values())
    if json_file is not None:
        text = json.dumps(matrix_json(matrix), indent=2, ensure_ascii=False)
        json_file.write_text(f"{text}\n", encoding="utf-8")
    print_matrix(console, matrix, finders)
    if not (names or quick or interrupted):
        print_worth(console, matrix)
    print_matrix_sum(console, matrix)
    if interrupted:
        exit_with(UNKNOWN, "interrupted: the rest of the zoo was not looked at")
    context.exit(Verdict.merge(row.verdict for row in matrix).exit_code)


def _rows_or_exit(reference: str, names: tuple[str, ...]) -> dict[str, Row]:
    try:
        zoo = load_zoo(reference)
    except NotImportableError as error:
        exit_with(WRONG_INPUT, str(error))
    known = [specimen.name for specimen in zoo.specimens]
    for name in names:
        if name not in known:
            guess = nearest(name, known)
            hint = f" (did you mean {guess}?)" if guess else ""
            exit_with(WRONG_INPUT, f"there is no specimen {name!r} in {reference}{hint}")
    return {row.specimen.name: row for row in chosen(zoo, names)}
