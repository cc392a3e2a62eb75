"""`assert_consistent`: a plain test of every history with at most K faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sagacheck.checks import INVARIANTS, Verdict
from sagacheck.explore import Exploration, Saved, one_by_one, save
from sagacheck.plural import count
from sagacheck.printable import printable, printable_lines
from sagacheck.run import new_folder
from sagacheck.saga import SagaUnderTest
from sagacheck.testing.exploring import run_search, search_of, unknown_in, violation_in
from sagacheck.testing.saga_names import NamedSaga, named

FEW = 5
"""So many reasons of an unknown verdict are shown."""


class InconsistentError(AssertionError):
    """A history breaks an invariant; the message tells the smallest one found."""


class UnknownVerdictError(AssertionError):
    """Nothing wrong was found, and the saga is not shown to be consistent; the message says why."""


def assert_consistent(  # noqa: PLR0913 - the options of a search
    saga: SagaUnderTest,
    *,
    faults: int = 1,
    orders: int = 1,
    cancels: bool = True,
    crashes: bool = True,
    budget: float | None = None,
    jobs: int = 1,
    runs: str | Path = "runs",
) -> None:
    """Check that `saga` stays consistent in every history with at most `faults` faults.

    The first violation ends the search: no history with fewer faults breaks an invariant. Its
    scenario and event histories are then written below `runs`.

    Args:
        saga: The saga under test.
        faults: How many faults, cancellations and crashes a history has at most.
        orders: How many orders are placed at once.
        cancels: Whether clients cancel and submit again.
        crashes: Whether workers die and lose their caches.
        budget: Seconds after which the search stops; without a violation its verdict is unknown.
        jobs: How many processes play. More than one pays from two faults on, and needs a saga that
            a module has under a name.
        runs: The folder that keeps a counterexample.

    Raises:
        InconsistentError: A history breaks an invariant.
        UnknownVerdictError: None was seen to, and the saga is not shown to be consistent: an order
            does not complete without a fault, or the search was not finished, for example.
        ConfigError: The configuration of the current folder's project is wrong.
        TypeError: `saga` is no `SagaUnderTest`, or its workflow or an activity has no decorator.
        ValueError: A number is out of range, or a worker could not run the saga.
    """
    __tracebackhide__ = True  # pytest shows the caller's line and the message, not this source.
    known = named(saga)
    search = search_of(
        known,
        faults=faults,
        orders=orders,
        cancels=cancels,
        crashes=crashes,
        budget=budget,
        jobs=jobs,
        until_found=True,
    )
    exploration = run_search(search)
    if exploration.verdict is Verdict.INVALID:
        raise InconsistentError("\n".join(_inconsistent(exploration, known, Path(runs))))
    if exploration.verdict is Verdict.UNKNOWN:
        raise UnknownVerdictError("\n".join(_unknown(exploration, known)))


def _inconsistent(exploration: Exploration, known: NamedSaga, runs: Path) -> Iterator[str]:
    """The lines of the message about the smallest counterexample."""
    found = violation_in(exploration.findings[0], exploration.search, known.saga)
    yield printable(f"{known.saga.workflow_name} is inconsistent: {found.detail}")
    yield printable(f"what fails: {found.story}")
    yield printable(f"invariant {found.invariant}: {INVARIANTS[found.invariant].meaning}")
    yield from _again(exploration, known, runs)
    yield printable_lines(f"\n{found.scenario}")


def _again(exploration: Exploration, known: NamedSaga, runs: Path) -> Iterator[str]:
    """How to repeat it."""
    if not known.has_name:
        yield "to repeat it by a command, give the saga a name in a module: sagacheck finds no name"
        return
    try:
        saved = _saved(exploration, known, runs)
    except OSError as error:
        yield printable(f"not saved, {runs} cannot be written: {error.strerror}; save as x.yaml:")
        return
    yield printable(f"repeat it: {saved.again}")


def _saved(exploration: Exploration, known: NamedSaga, runs: Path) -> Saved:
    folder = new_folder(runs, "sagacheck.testing.assert_consistent") / "counterexamples"
    (saved,) = save(
        one_by_one(exploration.findings)[:1],
        exploration.search.base,
        known.saga,
        folder,
        saga_reference=known.reference,
    )
    return saved


def _unknown(exploration: Exploration, known: NamedSaga) -> Iterator[str]:
    """The lines of the message about a verdict that is not certain."""
    why = list(unknown_in(exploration))
    histories = count(exploration.tally.histories, "history", "histories")
    yield printable(
        f"{known.saga.workflow_name}: unknown whether it is consistent; "
        f"no violation in {histories}, but:"
    )
    yield from (printable(f"- {each}") for each in why[:FEW])
    if len(why) > FEW:
        yield f"- and {len(why) - FEW} more"
