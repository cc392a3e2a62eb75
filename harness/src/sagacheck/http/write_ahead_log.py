"""A file with every change of a world, from which another process recovers it.

One line of JSON for each step, only ever appended, and handed to the operating system before any
caller sees the change: what was acknowledged survives the death of the process. A step is one line,
so a kill leaves it whole or cut off; no caller has had an answer to what is in a line cut off.

A step that cannot be written is as if it had never been: what it has left of a line is removed. The
world that has made it must be made anew from the file (`WriteAheadLog.recover`).

Limitations: lines are not forced to the disk (no ``fsync``), so the death of the computer may lose
the last seconds; the file only grows; one process at a time (an advisory lock, POSIX only).
"""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import suppress
from io import FileIO
from pathlib import Path

import msgspec

from sagacheck.http.log_steps import Step
from sagacheck.http.recovery import Recovery

_BEGINNING = b'{"at":'
"""How each line begins. A last line without its end is dropped only if it begins like this."""

_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; no step comes near, since no request has more than 1 MiB."""


class WriteAheadLogError(Exception):
    """A write-ahead log cannot be used; the message is a sentence with the place."""


class NotWrittenError(Exception):
    """A change could not be written, so it has not happened; the message says why."""


class WriteAheadLog:
    """A write-ahead log that this process may append to.

    Args:
        file: The file, locked and at its end.
        path: Where it is.
        steps: How many steps it has.
        length: How many bytes they have.
    """

    def __init__(self, file: FileIO, path: Path, steps: int, length: int) -> None:
        self._file = file
        self._path = path
        self._steps = steps
        self._length = length
        self._torn = False

    @classmethod
    def open(cls, path: Path) -> tuple[WriteAheadLog, Recovery]:
        """Open the file at `path`, or make it; returns it and what its lines add up to.

        A last line that was cut off is removed.

        Raises:
            WriteAheadLogError: Another process has it, a line is damaged, or it is no regular file.
            OSError: It cannot be opened.
        """
        if path.exists() and not path.is_file():
            raise WriteAheadLogError(f"{path}: a journal is a regular file; name another one")
        file = path.open("ab", buffering=0)
        try:
            _lock(file, path)
            recovery, steps, length = _read(path)
            file.truncate(length)
        except BaseException:
            file.close()
            raise
        return cls(file, path, steps, length), recovery

    def close(self) -> None:
        """Close the file, and let other processes have it."""
        self._file.close()

    def append(self, step: Step) -> None:
        """Write a step after the others. Once this returns the operating system has it.

        Raises:
            NotWrittenError: The disk is full, say. The file is as it was.
        """
        step.number = self._steps + 1
        line = memoryview(msgspec.json.encode(step) + b"\n")
        try:
            self._mend()
            self._torn = True
            written = 0
            while written < len(line):
                written += self._file.write(line[written:])
        except OSError as error:
            with suppress(OSError):  # the next step tries again
                self._mend()
            msg = f"cannot write {self._path}: {error.strerror or error}"
            raise NotWrittenError(msg) from error
        self._torn = False
        self._steps += 1
        self._length += len(line)

    def recover(self) -> Recovery:
        """What its lines add up to now.

        Raises:
            WriteAheadLogError: A line is damaged.
            OSError: It cannot be read.
        """
        return _read(self._path)[0]

    def _mend(self) -> None:
        """Remove what a step that could not be written has left."""
        if self._torn:
            self._file.truncate(self._length)
            self._torn = False


def _lock(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        msg = f"{path}: another process is writing it; stop that one, or name another file"
        raise WriteAheadLogError(msg) from None


def _read(path: Path) -> tuple[Recovery, int, int]:
    """What the lines of `path` add up to, how many they are, and how many bytes they have."""
    recovery, decoder = Recovery(), msgspec.json.Decoder(Step)
    number = length = 0
    with path.open("rb") as lines:
        while line := lines.readline(_LONGEST_LINE):
            if _is_cut_off(line):
                break
            number += 1
            _apply(recovery, _decode(decoder, line, f"{path}:{number}", number), f"{path}:{number}")
            length += len(line)
    recovery.interrupt_pending()
    return recovery, number, length


def _is_cut_off(line: bytes) -> bool:
    if line.endswith(b"\n") or len(line) >= _LONGEST_LINE:
        return False
    return _BEGINNING.startswith(line[: len(_BEGINNING)])


def _decode(decoder: msgspec.json.Decoder[Step], line: bytes, place: str, number: int) -> Step:
    """The step with this number.

    Raises:
        WriteAheadLogError: The line is no step, or does not follow from those before it.
    """
    try:
        step = decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damage(place, f"this is not a step of a world: {error}") from None
    if step.number != number:
        raise _damage(place, f"this is step {step.number}, lines are missing")
    if number == 1 and step.begin is None:
        raise _damage(place, "this does not begin a world")
    return step


def _apply(recovery: Recovery, step: Step, place: str) -> None:
    """Add a step.

    Raises:
        WriteAheadLogError: It has numbers or names that no world has.
    """
    try:
        recovery.apply(step)
    except (ArithmeticError, LookupError, ValueError, sqlite3.Error) as error:
        raise _damage(place, f"no world makes this step: {error!r}") from None


def _damage(place: str, what: str) -> WriteAheadLogError:
    remedy = "restore the file from a copy, or begin with a new one"
    return WriteAheadLogError(f"{place}: {what}; {remedy}")
