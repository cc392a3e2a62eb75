"""What can go wrong before a scenario runs, and what keeps one from being played.

The tree::

    Exception
    ├── ScenarioError            whatever is wrong with scenarios
    │   └── InvalidScenarioError files that cannot be run, with every problem in them
    ├── EngineStartError         what is to play them does not come up
    └── UnplayableError          a scenario asks for what its engine cannot do
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake in one file. Problems sort by their place.

    Attributes:
        file: The file, as its reader named it.
        line: Where the mistake begins, from 1.
        column: Where the mistake begins, from 1.
        what: What is wrong.
        value: What stands there, as people should see it; empty where nothing does.
        rule: What is right.
        suggestion: What was probably meant, as it would be written; empty when nobody knows.
    """

    file: str
    line: int
    column: int
    what: str
    value: str = ""
    rule: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        """The problem in one line, beginning with its place."""
        value = f": {self.value}" if self.value else ""
        rule = f"; {self.rule}" if self.rule else ""
        hint = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.what}{value}{rule}{hint}"


class ScenarioError(Exception):
    """Something is wrong with scenarios."""


class InvalidScenarioError(ScenarioError):
    """Scenario files that cannot be run.

    Args:
        problems: What is wrong with them, in any order.

    Attributes:
        problems: The same, each once, sorted by file and place.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EngineStartError(Exception):
    """What is to play the scenarios does not come up; the message says what and why."""


class UnplayableError(Exception):
    """A scenario asks for what its engine cannot do; the message names it, and what to use."""
