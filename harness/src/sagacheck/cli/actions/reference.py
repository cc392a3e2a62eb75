"""What ``sagacheck reference`` does: makes the documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import click

from sagacheck.cli.actions.zoo import zoo_or_exit, zoo_reference
from sagacheck.cli.exit_codes import WRONG_INPUT, exit_with
from sagacheck.cli.inputs import saga_or_exit
from sagacheck.config import ConfigError
from sagacheck.mutants import catalogue
from sagacheck.output import console_for
from sagacheck.printable import printable
from sagacheck.reference import (
    AnomalyCoverage,
    anomalies_page,
    coverage,
    invariants_page,
    language_page,
)
from sagacheck.result_files import write_text


def write_reference(topics: Sequence[str], into: Path | None, zoo: str | None) -> None:
    """Print documents, or write each as ``TOPIC.md`` into a folder."""
    pages = _pages(zoo)
    for topic in topics:
        text = pages[topic]()
        if into is None:
            click.echo(text, nl=False)
        else:
            _write_or_exit(into / f"{topic}.md", text)


def _pages(zoo: str | None) -> dict[str, Callable[[], str]]:
    """Makes each document; the coverage of anomalies is found out once, where it is needed."""

    @cache
    def rows() -> Sequence[AnomalyCoverage]:
        return _coverage_or_exit(zoo_reference(zoo))

    return {
        "language": lambda: language_page(saga_or_exit(None).dialect),
        "anomalies": lambda: anomalies_page(rows()),
        "invariants": lambda: invariants_page(rows()),
    }


def _coverage_or_exit(zoo: str) -> Sequence[AnomalyCoverage]:
    mutants = zoo_or_exit(zoo)
    try:
        scenarios = catalogue()
    except ConfigError as error:
        exit_with(WRONG_INPUT, str(error))
    with console_for(stderr=True).status("running known mutants"):
        return tuple(coverage(scenarios, mutants))


def _write_or_exit(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    except OSError as error:
        exit_with(WRONG_INPUT, f"{file} cannot be written: {error.strerror}")
    click.echo(printable(f"{file} is written"))
