"""A file with every change of a world, so that another process can go on where one was killed.

One line of JSON for each step, only ever appended, and handed to the operating system before
anybody is told of it: what was acknowledged survives the death of the process. A step is a line, so
a kill leaves it whole or not at all; a last line without its end is one that nobody was told of.

Limitations: lines are not forced to the disk (no ``fsync``), so the death of the computer may lose
the last seconds; the file only grows; one process at a time (an advisory lock, POSIX only).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fakes.books import Effect, Entry
from fakes.journal import Attempt
from fakes.keys import KeyRecord
from fakes.settings import Settings


class LogbookError(Exception):
    """A logbook cannot be used; the message is a sentence with the place."""


class Begin(msgspec.Struct):
    """The beginning of a world, and the end of the one before it.

    Attributes:
        settings: What it holds at first and does by itself.
        at: When it began, in seconds since 1970.
    """

    settings: Settings
    at: float


class Step(msgspec.Struct, omit_defaults=True):
    """What changed at once. Whatever is named again by number, id or key is so from now on.

    Attributes:
        at: When, in seconds of the world's clock.
        begin: A new world.
        attempts: Attempts that began, arrived or ended.
        entries: What was written into the books.
        effects: The effects that the entries are about.
        keys: What the services know of idempotency keys.
        rules: All faults in words, where they were changed.
        finished: Orders that have ended.
        recalled: Finished orders that somebody has asked for.
    """

    at: float
    begin: Begin | None = None
    attempts: list[Attempt] = []  # msgspec copies empty defaults
    entries: list[Entry] = []
    effects: list[Effect] = []
    keys: list[KeyRecord] = []
    rules: list[dict[str, Any]] | None = None
    finished: list[str] = []
    recalled: list[str] = []


class Logbook:
    """The file at `path`, which is made if it is not there.

    Raises:
        LogbookError: Another process has it.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            msg = f"{path}: another process is writing it; stop that one, or name another file"
            raise LogbookError(msg) from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def append(self, step: Step) -> None:
        """Write a step. When this returns the operating system has it."""
        self._file.write(msgspec.json.encode(step) + b"\n")
        self._file.flush()

    def steps(self) -> Iterator[Step]:
        """The steps of the file, from the first; a last one that was cut off is cut away.

        Raises:
            LogbookError: A line says nothing, or does not follow from those before it.
        """
        decoder = msgspec.json.Decoder(Step)
        next_entry: int | None = None
        whole = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    step = decoder.decode(line)
                    next_entry = _follow(step, next_entry)
                except (msgspec.DecodeError, ValueError) as error:
                    raise LogbookError(self._refusal(number, error)) from None
                whole += len(line)
                yield step
        self._file.truncate(whole)

    def _refusal(self, number: int, error: Exception) -> str:
        remedy = "restore the file from a copy, or begin with a new one"
        return f"{self.path}:{number}: this is no step of a world: {error}; {remedy}"


def _follow(step: Step, next_entry: int | None) -> int:
    """The number of the entry after `step`."""
    if step.begin is not None:
        next_entry = 0
    if next_entry is None:
        raise ValueError("the first line must begin a world")
    for entry in step.entries:
        if entry.number != next_entry:
            msg = f"entry {entry.number} stands where entry {next_entry} should: lines are missing"
            raise ValueError(msg)
        next_entry += 1
    return next_entry
