"""The errors of scenarios and engines.

The tree::

    Exception
    ├── ScenarioError            something is wrong with scenarios
    │   └── InvalidScenarioError scenario files cannot be run; it lists every problem in them
    ├── EngineStartError         an engine failed to start
    └── UnplayableError          a scenario needs what its engine cannot do
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sagacheck.printable import printable


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake in one file. Problems sort by file, line and column.

    Attributes:
        file: The file, as its reader named it.
        line: Where the mistake begins, from 1.
        column: Where the mistake begins, from 1.
        what: What is wrong.
        value: The value in the file, as people should see it; empty where there is none.
        rule: What is right.
        suggestion: What was probably meant, as it would be written; empty where that is unknown.
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
        place = f"{self.file}:{self.line}:{self.column}"
        return printable(f"{place}: {self.what}{value}{rule}{hint}")


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
    """An engine failed to start; the message says why."""


class UnplayableError(Exception):
    """A scenario needs what its engine cannot do; the message names it, and what to use."""
