"""Findings: one cause, one finding, however many histories and invariants' details show it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sagacheck.explore.choices import EventChoice
from sagacheck.explore.tally import Counterexample
from sagacheck.result_files import write_text

_NOTHING = "nothing fails"


@dataclass
class Finding:
    """The counterexamples with one cause.

    Attributes:
        name: The cause: the invariant, the operation whose effect is concerned, and the first
            choice of the smallest history, without which it does not happen. It stays the same
            from search to search: ``I7 payments.charge, drop_response on payments.charge``.
        counterexamples: The distinct ways to it, the smallest first.
    """

    name: str
    counterexamples: list[Counterexample] = field(default_factory=list)

    @property
    def smallest(self) -> Counterexample:
        """The smallest of its counterexamples."""
        return self.counterexamples[0]

    @property
    def histories(self) -> int:
        """How many histories show it."""
        return sum(each.times for each in self.counterexamples)

    def is_among(self, names: Collection[str]) -> bool:
        """Whether it is named: whole, or by its invariant, with or without the operation."""
        words = self.name.partition(",")[0].split()
        return bool({self.name, words[0], " ".join(words)} & set(names))


def findings_in(smallest_first: Iterable[Counterexample]) -> list[Finding]:
    """The findings, in the order of their smallest counterexamples."""
    found: dict[str, Finding] = {}
    for each in smallest_first:
        name = cause_of(each)
        found.setdefault(name, Finding(name)).counterexamples.append(each)
    return list(found.values())


def one_by_one(findings: Sequence[Finding]) -> list[Counterexample]:
    """All counterexamples: the smallest of each finding, and then the rest."""
    rest = (each for finding in findings for each in finding.counterexamples[1:])
    return [*(finding.smallest for finding in findings), *rest]


def cause_of(counterexample: Counterexample) -> str:
    """The name of the finding that a counterexample belongs to."""
    concerned = f"{counterexample.violation.invariant} {counterexample.operation}".strip()
    if not counterexample.history:
        return f"{concerned}, {_NOTHING}"
    first = counterexample.history[0]
    kind = str(first.kind) if isinstance(first, EventChoice) else first.kind
    return f"{concerned}, {kind} on {first.where}"


def read_baseline(file: Path) -> frozenset[str]:
    """The names of the findings that are known.

    Raises:
        ValueError: The file is no baseline.
    """
    try:
        names = json.loads(file.read_text(encoding="utf-8"))["findings"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{file} is no baseline, which `--write-baseline {file}` writes: {error}"
        raise ValueError(msg) from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        msg = f"{file} is no baseline: `findings` is a list of names"
        raise ValueError(msg)
    return frozenset(names)


def write_baseline(file: Path, findings: Iterable[Finding]) -> None:
    """Write the names of findings, to be known in later searches."""
    known = {"findings": [finding.name for finding in findings]}
    write_text(file, json.dumps(known, indent=2) + "\n")
