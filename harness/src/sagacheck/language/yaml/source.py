"""The content of a file, and where everything in it stands."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from sagacheck.errors import Problem

KeyPath = tuple[str | int, ...]
"""The keys and indexes that lead to a value, such as ``("faults", 0, "on")``."""


_LONGEST_VALUE = 60


def shortened(value: str) -> str:
    """`value` as it is shown to people: a long one is cut."""
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"


class Position(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


class Source(msgspec.Struct, frozen=True):
    """The content of a file.

    Attributes:
        file: The file's name, for messages.
        data: Mappings, lists, texts, whole numbers, booleans; `OtherNumber` for
            any other number.
        keys: Where each key stands.
        values: Where each value begins; the top of the file is the empty path.
        written: What stands where a number or a truth value is meant, if another text would mean
            the same: ``02134`` for 2134.
        refused: Where a value stood that may not stand in a file, and all that holds it; `data` has
            ``None`` there.
        problems: What is wrong although the rest of the file could be read.
    """

    file: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    keys: dict[KeyPath, Position] = msgspec.field(default_factory=dict)
    values: dict[KeyPath, Position] = msgspec.field(default_factory=dict)
    written: dict[KeyPath, str] = msgspec.field(default_factory=dict)
    refused: set[KeyPath] = msgspec.field(default_factory=set)
    problems: list[Problem] = msgspec.field(default_factory=list)

    def holds_refused(self, path: KeyPath) -> bool:
        """Whether the value of `path` was refused, or one that belongs to it."""
        return path in self.refused

    def key_at(self, path: KeyPath) -> Position:
        """Where the key of `path` stands; where its value does, for an item of a list."""
        return self.keys.get(path) or self.value_at(path)

    def value_at(self, path: KeyPath) -> Position:
        """Where the value of `path` begins; of what should hold it, where there is none."""
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Position(1, 1))
