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

from sagacheck.world import Attempt, Effect, Entry, KeyRecord, Settings

_BEGINNING = b'{"at":'
"""How each line begins; what does not begin so was no step, and is not cut away."""


class WriteAheadLogError(Exception):
    """A write-ahead log cannot be used; the message is a sentence with the place."""


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
        number: Its place in the file, from 1; `WriteAheadLog.append` decides.
        begin: A new world.
        attempts: Attempts that began, arrived or ended.
        entries: What was written into the ledger.
        effects: The effects that the entries are about.
        keys: What the services know of idempotency keys.
        rules: All faults in words, where they were changed.
        finished: Orders that have ended.
        recalled: Finished orders that somebody has asked for.
    """

    at: float
    number: int = 0
    begin: Begin | None = None
    attempts: list[Attempt] = []  # msgspec copies empty defaults
    entries: list[Entry] = []
    effects: list[Effect] = []
    keys: list[KeyRecord] = []
    rules: list[dict[str, Any]] | None = None
    finished: list[str] = []
    recalled: list[str] = []


class WriteAheadLog:
    """The file at `path`, which is made if it is not there.

    Raises:
        WriteAheadLogError: Another process has it.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._steps = 0
        self._file = path.open("ab", buffering=0)
        self._unwritten = b""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            msg = f"{path}: another process is writing it; stop that one, or name another file"
            raise WriteAheadLogError(msg) from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def append(self, step: Step) -> None:
        """Write a step after those that were read. Once this returns the system has it.

        Raises:
            OSError: The disk is full, say. What is missing is written before the next step.
        """
        self._steps += 1
        step.number = self._steps
        self._unwritten += msgspec.json.encode(step) + b"\n"
        while self._unwritten:
            written = self._file.write(self._unwritten)
            self._unwritten = self._unwritten[written:]

    def steps(self) -> Iterator[Step]:
        """The steps of the file, from the first; a last one that was cut off is cut away.

        Raises:
            WriteAheadLogError: A line says nothing, or does not follow from those before it.
        """
        decoder = msgspec.json.Decoder(Step)
        whole = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n") and _BEGINNING.startswith(line[: len(_BEGINNING)]):
                    break
                try:
                    step = decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise self._damage(number, f"this is no step of a world: {error}") from None
                if step.number != number:
                    raise self._damage(number, f"this is step {step.number}, lines are missing")
                if number == 1 and step.begin is None:
                    raise self._damage(number, "this does not begin a world")
                self._steps, whole = number, whole + len(line)
                yield step
        self._file.truncate(whole)

    def _damage(self, line: int, what: str) -> WriteAheadLogError:
        remedy = "restore the file from a copy, or begin with a new one"
        return WriteAheadLogError(f"{self.path}:{line}: {what}; {remedy}")
