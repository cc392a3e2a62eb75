"""The kill matrix: each specimen of a zoo by each finder, in several processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sagacheck.checks import Verdict
from sagacheck.importing import load_object
from sagacheck.mutants.finders import FINDERS, THOROUGH, Effort, FinderResult
from sagacheck.mutants.model import EXPECTATION, Mutant, Specimen, Zoo
from sagacheck.run import ProcessPool


@dataclass
class SpecimenResult:
    """A row of the matrix: one specimen, and what each finder has found in it.

    Attributes:
        specimen: The specimen.
        by_finder: What was found, by the finders' names.
    """

    specimen: Specimen
    by_finder: dict[str, FinderResult] = field(default_factory=dict)

    @property
    def is_mutant(self) -> bool:
        """Whether it has a bug."""
        return isinstance(self.specimen, Mutant)

    @property
    def broken(self) -> set[str]:
        """What was seen broken; for a correct variant invariants only, whatever was expected."""
        broken = {each for result in self.by_finder.values() for each in result.broken}
        return broken if self.is_mutant else broken - {EXPECTATION}

    @property
    def troubles(self) -> list[str]:
        """Why runs could not be judged."""
        return [each for result in self.by_finder.values() for each in result.troubles]

    @property
    def verdict(self) -> Verdict:
        """Valid if the bug was found, or if there is none and none was found.

        A correct saga is not known to be clean where some of its runs could not be judged, and
        nothing is known at all where there was no run.
        """
        if not any(result.runs for result in self.by_finder.values()):
            return Verdict.UNKNOWN
        if self.is_mutant == (not self.broken):
            return Verdict.INVALID
        return Verdict.UNKNOWN if self.troubles and not self.is_mutant else Verdict.VALID


def judge_zoo(
    reference: str,
    names: Sequence[str],
    finders: Sequence[str],
    jobs: int,
    effort: Effort = THOROUGH,
) -> Generator[tuple[SpecimenResult, str]]:
    """The rows of the matrix; each comes again whenever a finder has finished with it.

    Args:
        reference: The zoo, ``module:NAME`` or ``path/to/file.py:NAME``.
        names: Specimens to look at; all, where there are none.
        finders: Names of `FINDERS`.
        jobs: How many processes there are.
        effort: The effort of the finders.
    """
    rows = {row.specimen.name: row for row in chosen(load_zoo(reference), names)}
    set_up = partial(_look, reference, effort)
    tasks = [Task(name, finder) for finder in finders for name in rows]
    with ExitStack() as stack:
        found: Iterator[tuple[Task, FinderResult]]
        if jobs == 1:
            found = map(stack.enter_context(set_up()), tasks)
        else:
            found = stack.enter_context(ProcessPool(set_up, jobs)).map_unordered(tasks)
        for task, result in found:
            rows[task.specimen].by_finder[task.finder] = result
            yield rows[task.specimen], task.finder


class Task(NamedTuple):
    """One specimen and one finder, both by name."""

    specimen: str
    finder: str


@contextmanager
def _look(reference: str, effort: Effort) -> Iterator[Callable[[Task], tuple[Task, FinderResult]]]:
    """Make a process ready to run finders on the specimens of a zoo."""
    specimens = {each.name: each for each in load_zoo(reference).specimens}
    whole = replace(effort, until_found=False)

    def look(task: Task) -> tuple[Task, FinderResult]:
        specimen = specimens[task.specimen]
        # What a scenario expects may be missed by a correct saga, and then the next may show a bug.
        how = effort if isinstance(specimen, Mutant) else whole
        return task, FINDERS[task.finder](specimen.saga, how)

    yield look


def chosen(zoo: Zoo, names: Sequence[str]) -> list[SpecimenResult]:
    """An empty row for each specimen of these names; for each of the zoo, where there are none."""
    return [SpecimenResult(each) for each in zoo.specimens if not names or each.name in names]


def load_zoo(reference: str) -> Zoo:
    """The zoo that ``--zoo`` names; of a folder, the ``ZOO`` of its ``zoo.py``.

    Raises:
        NotImportableError: There is none.
    """
    folder = Path(reference)
    return load_object(str(folder / "zoo.py:ZOO") if folder.is_dir() else reference, Zoo, "--zoo")
