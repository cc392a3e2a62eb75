"""Options that commands have in common, and the types of their values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


class NewFile(click.Path):
    """A file to be written, in a folder that exists: an error before a run, not after it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """The file's path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


SECONDS = click.FloatRange(min=0)
"""A time in seconds."""


class ZeroOrOne(click.ParamType[bool]):
    """Whether something is wanted."""

    name = "0|1"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """Whether it is."""
        if str(value) not in {"0", "1", "False", "True"}:
            self.fail(f"{value!r} is neither 0 nor 1", param, ctx)
        return str(value) in {"1", "True"}


class Percent(click.FloatRange):
    """A share of the scenarios, whose number may be left out at the end of a command."""

    name = "percent"

    def __init__(self) -> None:
        super().__init__(0, 100)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The share in percent."""
        try:
            share = float(value)
        except ValueError:
            hint = "write --check-determinism=100 before a path"
            self.fail(f"{value!r} is not a number; {hint}", param, ctx)
        return float(super().convert(share, param, ctx))


class Address(click.ParamType[str]):
    """Where a server listens."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address as it is."""
        host, _, port = str(value).rpartition(":")
        if not (host and port.isdecimal()):
            self.fail(f"{value!r} is not HOST:PORT, such as localhost:7233", param, ctx)
        return str(value)


def folder(**more: Any) -> click.Path:
    """The type of a folder, which need not exist."""
    return click.Path(path_type=Path, file_okay=False, **more)


def _available_cpus() -> int:
    from sagacheck.run import available_cpus  # noqa: PLC0415 - the help needs no number

    return available_cpus()


PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
SAGA = click.option(
    "--saga",
    "saga_reference",
    metavar="M:N",
    help="The saga under test, a SagaUnderTest: module:NAME or path/to/file.py:NAME. "
    "[default: the saga named in pyproject.toml]",
)
RUNS = click.option(
    "--runs",
    "runs_folder",
    type=folder(writable=True),
    default=Path("runs"),
    show_default=True,
    help="The folder that keeps the results, journal and histories of each run; its link "
    "`latest` points to the last one.",
)
REPORT = click.option(
    "--report",
    "report_folder",
    type=folder(writable=True),
    metavar="DIR",
    help="Write an HTML report into this folder: DIR/index.html, which needs no network.",
)
JOBS = click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=_available_cpus,
    help="The number of processes. [default: one for each CPU]",
)
ZOO = click.option(
    "--zoo",
    metavar="M:N",
    help="The zoo: module:NAME, path/to/file.py:NAME, or a folder whose zoo.py has a ZOO. "
    "[default: tests/mutants of the project]",
)
