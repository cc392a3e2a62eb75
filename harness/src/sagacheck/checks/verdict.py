"""The findings of a run, and the verdict.

A verdict has three values, as in Jepsen: *unknown* means that no violation was found, but an
expected observation is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec


class Verdict(StrEnum):
    """The outcome of a scenario, or of all of a run."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> int:
        """The exit code of a command with this verdict."""
        return {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.UNKNOWN: 3}[self]

    @classmethod
    def merge(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """The verdict over several: one invalid makes all invalid, else one unknown, unknown."""
        found = set(verdicts)
        for verdict in (cls.INVALID, cls.UNKNOWN):
            if verdict in found:
                return verdict
        return cls.VALID


class Violation(msgspec.Struct, frozen=True):
    """A fact that must never be, and was.

    Attributes:
        invariant: The id of the invariant, such as ``I7``.
        order: The order concerned, empty where it is about no single one.
        detail: What is wrong, with the effects concerned.
        at: The first moment at which it was so, in seconds of the world's clock.
        entry: The number of the ledger's entry that made it so, where one did.
    """

    invariant: str
    order: str
    detail: str
    at: float | None = None
    entry: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The violation as ``--json`` writes it; a run's journal has its moment too."""
        return {"invariant": self.invariant, "order": self.order, "detail": self.detail}


class UnmetKind(StrEnum):
    """The kind of an expected observation that is missing."""

    EXPECTATION = "expectation"
    FAULT = "fault"
    EVENT = "event"
    CHECK = "check"
    RUN = "run"
    DETERMINISM = "determinism"


class Unmet(msgspec.Struct, frozen=True):
    """An expected observation that is missing.

    An expectation that is not met makes the scenario invalid. A fault that never fired, an event
    that never happened, a check that crashed, a run that did not end, or one whose second run
    differed makes it unknown.
    """

    kind: UnmetKind
    detail: str
    line: int | None = None

    @property
    def verdict(self) -> Verdict:
        """What it makes of the scenario."""
        return Verdict.INVALID if self.kind is UnmetKind.EXPECTATION else Verdict.UNKNOWN

    def as_json(self) -> dict[str, Any]:
        """The fact as reports write it."""
        return {"kind": str(self.kind), "detail": self.detail, "line": self.line}
