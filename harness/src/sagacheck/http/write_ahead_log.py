"""A file with every change of a world, from which another process recovers it.

One line of JSON for each step, only ever appended, and handed to the operating system before any
caller sees the change: what was acknowledged survives the death of the process. A step is one line,
so a kill leaves it whole or cut off; no caller has had an answer to what is in a line cut off.

Limitations: lines are not forced to the disk (no ``fsync``), so the death of the computer may lose
the last seconds; the file only grows; one process at a time (an advisory lock, POSIX only).
"""

from __future__ import annotations

import fcntl
from io import FileIO
from pathlib import Path

import msgspec

from sagacheck.http.log_steps import Step
from sagacheck.http.recovery import Recovery

_BEGINNING = b'{"at":'
"""How each line begins. A last line without its end is dropped only if it begins like this."""


class WriteAheadLogError(Exception):
    """A write-ahead log cannot be used; the message is a sentence with the place."""


class WriteAheadLog:
    """A write-ahead log that this process may append to.

    Args:
        file: The file, locked and at its end.
        steps: How many steps it has.
    """

    def __init__(self, file: FileIO, steps: int) -> None:
        self._file = file
        self._steps = steps
        self._unwritten = b""

    @classmethod
    def open(cls, path: Path) -> tuple[WriteAheadLog, Recovery]:
        """Open the file at `path`, or make it; returns it and what its lines add up to.

        A last line that was cut off is removed.

        Raises:
            WriteAheadLogError: Another process has it, or a line is damaged.
            OSError: It cannot be opened.
        """
        file = path.open("ab", buffering=0)
        try:
            _lock(file, path)
            recovery, steps, length = _read(path)
            file.truncate(length)
        except BaseException:
            file.close()
            raise
        return cls(file, steps), recovery

    def close(self) -> None:
        """Close the file, and let other processes have it."""
        self._file.close()

    def append(self, step: Step) -> None:
        """Write a step after the others. Once this returns the operating system has it.

        Raises:
            OSError: The disk is full, say. What is missing is written before the next step.
        """
        self._steps += 1
        step.number = self._steps
        self._unwritten += msgspec.json.encode(step) + b"\n"
        while self._unwritten:
            written = self._file.write(self._unwritten)
            self._unwritten = self._unwritten[written:]


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
        for line in lines:
            if _is_cut_off(line):
                break
            number += 1
            recovery.apply(_decode(decoder, line, f"{path}:{number}", number))
            length += len(line)
    recovery.interrupt_pending()
    return recovery, number, length


def _is_cut_off(line: bytes) -> bool:
    return not line.endswith(b"\n") and _BEGINNING.startswith(line[: len(_BEGINNING)])


def _decode(decoder: msgspec.json.Decoder[Step], line: bytes, place: str, number: int) -> Step:
    """The step with this number.

    Raises:
        WriteAheadLogError: The line is no step, or does not follow from those before it.
    """
    try:
        step = decoder.decode(line)
    except msgspec.DecodeError as error:
        raise _damage(place, f"this is not a step of a world: {error}") from None
    if step.number != number:
        raise _damage(place, f"this is step {step.number}, lines are missing")
    if number == 1 and step.begin is None:
        raise _damage(place, "this does not begin a world")
    return step


def _damage(place: str, what: str) -> WriteAheadLogError:
    remedy = "restore the file from a copy, or begin with a new one"
    return WriteAheadLogError(f"{place}: {what}; {remedy}")
