"""The invariants in words: the docstrings of their functions, in parts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sagacheck.checks import INVARIANTS
from sagacheck.reference.coverage import VACUITY
from sagacheck.run import unmet_by


@dataclass(frozen=True)
class Invariant:
    """One invariant in words.

    Attributes:
        id: Its id.
        name: What must hold, in a few words.
        means: What must be, in one sentence.
        more: What is to be said beside that; may be empty.
        reads: What it looks at.
        checked: When it is checked.
    """

    id: str
    name: str
    means: str
    more: str
    reads: str
    checked: str

    @property
    def heading(self) -> str:
        """Its heading in the document."""
        return f"{self.id} {self.name}"


def invariants() -> Iterator[Invariant]:
    """All invariants, and what stands beside them: that a run has shown something."""
    checked = INVARIANTS.values()
    named: list[tuple[str, str, Callable[..., Any]]] = [
        (each.id, each.title, each.check) for each in checked
    ]
    named.append((VACUITY, "something was observed", unmet_by))
    for invariant_id, title, check in sorted(named, key=lambda each: int(each[0][1:])):
        yield _invariant(invariant_id, title, check)


def _invariant(invariant_id: str, title: str, check: Callable[..., Any]) -> Invariant:
    first, *paragraphs = re.split(r"\n\n|\n(?=[A-Z][a-z]+: )", inspect.getdoc(check) or "")
    parts = dict(each.split(": ", 1) for each in paragraphs if re.match("(Reads|Checked): ", each))
    prose = [each for each in paragraphs if not re.match("(Reads|Checked): ", each)]
    means = first.removeprefix(f"{invariant_id}: ")
    return Invariant(
        id=invariant_id,
        name=title,
        means=_sentence(means),
        more=" ".join(map(_one_line, prose)),
        reads=_one_line(parts["Reads"]),
        checked=_one_line(parts["Checked"]),
    )


def _sentence(text: str) -> str:
    line = _one_line(text)
    return line[0].upper() + line[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())
