"""Histories in which something is wrong, and what a check has to say about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sagacheck.checks import Evidence, Violation

Tell = Callable[[], Evidence]


@dataclass(frozen=True)
class Bad:
    """A history in which something is wrong.

    Attributes:
        invariant: The invariant that is broken.
        evidence: Tells the history; its name says what is wrong.
        says: All that the invariant has to say about it; first of all, when it was first broken.
    """

    invariant: str
    evidence: Tell
    says: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.invariant}-{self.evidence.__name__}"


BAD: list[Bad] = []
"""All of them, once the modules that tell them are imported."""


def bad(invariant: str, *says: str) -> Callable[[Tell], Tell]:
    """Add the decorated history to `BAD`."""

    def add(evidence: Tell) -> Tell:
        BAD.append(Bad(invariant, evidence, says))
        return evidence

    return add


def in_words(violation: Violation) -> str:
    """A violation in one line, with the moment and the entry that it names."""
    at = "" if violation.at is None else f" at {violation.at:g} s"
    entry = "" if violation.entry is None else f" by entry {violation.entry}"
    return f"{violation.order}{at}{entry}: {violation.detail}"
