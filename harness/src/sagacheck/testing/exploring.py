"""A search as a value: every history with at most K faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sagacheck.checks import Verdict
from sagacheck.explore import INTERRUPTED, Exploration, Finding, Search, counterexample_yaml
from sagacheck.explore import explore as search_all
from sagacheck.language import plain_orders
from sagacheck.saga import SagaUnderTest
from sagacheck.testing.aside import without_running_loop
from sagacheck.testing.saga_names import NamedSaga, named


@dataclass(frozen=True)
class FoundViolation:
    """A way in which a saga is inconsistent, by its smallest history.

    Attributes:
        invariant: The invariant that is broken, such as ``I7``.
        order: The id of the order that it is about; empty where it is about no single one.
        detail: What is wrong.
        story: What fails in the history, in words.
        finding: The name of its cause, which stays the same from search to search.
        histories: How many of the histories played show it.
        scenario: The YAML of a scenario that plays it.
    """

    invariant: str
    order: str
    detail: str
    story: str
    finding: str
    histories: int
    scenario: str


@dataclass(frozen=True)
class ExploreResult:
    """The result of a search.

    Attributes:
        verdict: Valid, invalid, or unknown where nothing wrong was found and the search was not
            finished or shows nothing.
        faults: How many faults a history had at most.
        histories: How many histories were covered.
        played: How many of them were played.
        seconds: Real time that it took.
        complete: Whether all of them were covered.
        violations: The distinct causes of violations, the smallest history first.
        unknown: Why the verdict is not certain, a sentence each.
    """

    verdict: Verdict
    faults: int
    histories: int
    played: int
    seconds: float
    complete: bool
    violations: tuple[FoundViolation, ...]
    unknown: tuple[str, ...]


def explore(  # noqa: PLR0913 - the options of a search
    saga: SagaUnderTest,
    *,
    faults: int = 1,
    orders: int = 1,
    cancels: bool = True,
    crashes: bool = True,
    budget: float | None = None,
    jobs: int = 1,
) -> ExploreResult:
    """Play every history with at most `faults` faults, in virtual time.

    Args:
        saga: The saga under test.
        faults: How many faults, cancellations and crashes a history has at most.
        orders: How many orders are placed at once.
        cancels: Whether clients cancel and submit again.
        crashes: Whether workers die and lose their caches.
        budget: Seconds after which the search stops; its verdict is then unknown or invalid.
        jobs: How many processes play. More than one pays from two faults on, and needs a saga that
            a module has under a name.

    Raises:
        ConfigError: The configuration of the current folder's project is wrong.
        TypeError: `saga` is no `SagaUnderTest`, or its workflow or an activity has no decorator.
        ValueError: A number is out of range, or a worker could not run the saga.
    """
    known = named(saga)
    search = search_of(
        known,
        faults=faults,
        orders=orders,
        cancels=cancels,
        crashes=crashes,
        budget=budget,
        jobs=jobs,
    )
    return _result(run_search(search), known.saga)


def search_of(  # noqa: PLR0913 - as above
    known: NamedSaga,
    *,
    faults: int,
    orders: int,
    cancels: bool,
    crashes: bool,
    budget: float | None,
    jobs: int,
    until_found: bool = False,
) -> Search:
    """The search that these options mean.

    Raises:
        ValueError: A number is out of range, or other processes could not load the saga.
    """
    for option, number, least in (("faults", faults, 0), ("orders", orders, 1), ("jobs", jobs, 1)):
        if number < least:
            msg = f"{option}={number!r}; write a whole number, {least} or more"
            raise ValueError(msg)
    if jobs > 1 and not known.has_name:
        msg = f"jobs={jobs}: other processes need a saga that a module has under a name"
        raise ValueError(msg)
    return Search(
        base=plain_orders(orders, known.saga.dialect),
        saga_reference=known.reference,
        saga=known.saga,
        faults=faults,
        cancels=cancels,
        crashes=crashes,
        jobs=jobs,
        budget=budget,
        until_found=until_found,
    )


def run_search(search: Search) -> Exploration:
    """Run a search to its end.

    Raises:
        KeyboardInterrupt: Ctrl-C has ended it.
    """
    exploration = without_running_loop(lambda: search_all(search))
    if exploration.stopped == INTERRUPTED:
        raise KeyboardInterrupt  # for the test runner: it is no result of a test
    return exploration


def unknown_in(exploration: Exploration) -> Iterator[str]:
    """Why the verdict of a search is not certain, a sentence each."""
    if exploration.stopped:
        yield f"{exploration.stopped}: not all histories were played"
    elif not exploration.complete and not exploration.findings:
        yield f"the budget of {exploration.search.budget:g} s ended before the search"
    if exploration.why_vacuous:
        yield exploration.why_vacuous
    yield from exploration.tally.unknown


def _result(exploration: Exploration, saga: SagaUnderTest) -> ExploreResult:
    return ExploreResult(
        verdict=exploration.verdict,
        faults=exploration.search.faults,
        histories=exploration.tally.histories,
        played=exploration.tally.histories,
        seconds=exploration.seconds,
        complete=exploration.complete,
        violations=tuple(
            violation_in(finding, exploration.search, saga) for finding in exploration.findings
        ),
        unknown=tuple(unknown_in(exploration)),
    )


def violation_in(finding: Finding, search: Search, saga: SagaUnderTest) -> FoundViolation:
    """A finding as a value."""
    smallest = finding.smallest
    return FoundViolation(
        invariant=smallest.violation.invariant,
        order=smallest.violation.order or "",
        detail=smallest.violation.detail,
        story=smallest.story,
        finding=finding.name,
        histories=finding.histories,
        scenario=counterexample_yaml(smallest, search.base, saga),
    )
