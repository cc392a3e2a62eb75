"""What ``sagacheck mutants`` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from sagacheck.checks import Verdict
from sagacheck.cli.actions.zoo import zoo_or_exit, zoo_reference
from sagacheck.cli.exit_codes import UNKNOWN, WRONG_INPUT, exit_with
from sagacheck.cli.printing.kill_matrix import (
    matrix_json,
    matrix_progress,
    print_effectiveness,
    print_matrix,
    print_matrix_totals,
)
from sagacheck.config import ConfigError
from sagacheck.interrupts import playing
from sagacheck.language import nearest
from sagacheck.mutants import (
    QUICK,
    THOROUGH,
    SpecimenResult,
    catalogue,
    chosen,
    judge_zoo,
)
from sagacheck.output import console_for
from sagacheck.result_files import write_text
from sagacheck.run import ProcessKilledError


@dataclass(frozen=True, kw_only=True)
class MutantsOptions:
    """The options of the command."""

    names: Sequence[str]
    zoo: str | None
    finders: Sequence[str]
    quick: bool
    jobs: int
    json_file: Path | None


def run_zoo(options: MutantsOptions) -> int:
    """Run the finders on the zoo, print and write the kill matrix; the exit code."""
    reference = zoo_reference(options.zoo)
    rows = _rows_or_exit(reference, options)
    interrupted = not _judge(reference, rows, options)
    matrix = list(rows.values())
    _write_and_print(matrix, options, is_whole=not interrupted)
    if interrupted:
        exit_with(UNKNOWN, "interrupted: the finders did not run on all of the zoo")
    return Verdict.merge(row.verdict for row in matrix).exit_code


def _rows_or_exit(reference: str, options: MutantsOptions) -> dict[str, SpecimenResult]:
    zoo = zoo_or_exit(reference)
    if "catalogue" in options.finders:
        _catalogue_or_exit()
    known = [specimen.name for specimen in zoo.specimens]
    for name in options.names:
        if name not in known:
            guess = nearest(name, known)
            hint = f" (did you mean {guess}?)" if guess else ""
            exit_with(WRONG_INPUT, f"unknown mutant or variant {name!r} in {reference}{hint}")
    return {row.specimen.name: row for row in chosen(zoo, options.names)}


def _catalogue_or_exit() -> None:
    try:
        catalogue()
    except ConfigError as error:
        exit_with(WRONG_INPUT, str(error))


def _judge(reference: str, rows: dict[str, SpecimenResult], options: MutantsOptions) -> bool:
    """Fill the rows; whether Ctrl-C left the time for all of them."""
    effort = QUICK if options.quick else THOROUGH
    total = len(rows) * len(options.finders)
    with matrix_progress(console_for(stderr=True), total) as on_specimen:
        found = judge_zoo(reference, options.names, options.finders, options.jobs, effort)
        try:
            with playing(), closing(found):
                for row, finder in found:
                    rows[row.specimen.name] = row
                    on_specimen(row, finder)
        except KeyboardInterrupt:
            return False
        except ProcessKilledError as error:
            click.echo(str(error), err=True)
            return False
    return True


def _write_and_print(
    matrix: Sequence[SpecimenResult], options: MutantsOptions, *, is_whole: bool
) -> None:
    if options.json_file is not None:
        text = json.dumps(matrix_json(matrix), indent=2, ensure_ascii=False)
        write_text(options.json_file, f"{text}\n")
    console = console_for()
    print_matrix(console, matrix, options.finders)
    if is_whole and not (options.names or options.quick):
        print_effectiveness(console, matrix)
    print_matrix_totals(console, matrix)
