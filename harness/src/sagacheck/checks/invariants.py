"""What an invariant is: a check with an id and a title, declared once by `@invariant`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.verdict import Violation
from sagacheck.world import Entry


class BrokenFact(msgspec.Struct, frozen=True):
    """A fact that was checked and does not hold.

    Attributes:
        order: The order concerned, empty where it is about no single one.
        detail: What is wrong, with the effects concerned.
        at: The first moment at which it was so, in seconds of the world's clock.
        entry: The number of the ledger's entry that made it so, where one did.
    """

    order: str
    detail: str
    at: float | None = None
    entry: int | None = None

    @classmethod
    def by(cls, entry: Entry, detail: str) -> BrokenFact:
        """A fact that `entry` has broken."""
        return cls(entry.order, detail, entry.at, entry.number)

    def violates(self, invariant: str) -> Violation:
        """The violation of the invariant with this id."""
        return Violation(invariant, self.order, self.detail, self.at, self.entry)


Facts = Iterator[BrokenFact | None]
"""What a check yields: ``None`` for each fact that holds, so that a check which saw nothing can be
told from one which found nothing wrong."""

Check = Callable[[Evidence], Facts]


@dataclass(frozen=True)
class Invariant:
    """Something that must hold whatever fails, whenever it fails.

    Attributes:
        id: Such as ``I7``; it is stable.
        title: What must hold, in a few words.
        check: Looks at the evidence of a run.
        entry_by_entry: Whether it is about the entries of the ledger alone, each in its turn.
    """

    id: str
    title: str
    check: Check
    entry_by_entry: bool = False

    @property
    def meaning(self) -> str:
        """What must hold, in a sentence: the first of the check's docstring."""
        return " ".join((inspect.getdoc(self.check) or "").split("\n\n")[0].split())


def invariant(
    invariant_id: str, title: str, *, entry_by_entry: bool = False
) -> Callable[[Check], Invariant]:
    """Declare an invariant by its check.

    The docstring of the check says what must hold, and under ``Reads:`` and ``Checked:`` what it
    looks at and when. The reference is made of it.
    """

    def declare(check: Check) -> Invariant:
        return Invariant(invariant_id, title, check, entry_by_entry)

    return declare
