"""``sagacheck.testing``: a saga in a plain test."""

from __future__ import annotations

import shlex
import unittest
from dataclasses import replace
from pathlib import Path

import pytest

from sagacheck.errors import InvalidScenarioError
from sagacheck.testing import (
    InconsistentError,
    UnknownVerdictError,
    Verdict,
    assert_consistent,
    explore,
    scenario,
)
from sagacheck.testing.saga_names import named
from tests.cli._commands import command
from tests.sagas import vacuous
from trip.saga import SAGA, TOO_LATE

LOST_REPLY = """\
scenario: the reply of the flight is lost
why: a retry must not book a second seat
orders: [{id: t1}]
faults: [{on: flight.book, fault: drop_response}]
expect: {t1: {status: completed}}
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_consistent_saga_passes() -> None:
    """Nothing is raised, and nothing is written."""
    assert_consistent(SAGA, faults=1)

    assert not list(Path.cwd().iterdir())


def test_pytest_shows_the_message_and_no_source_of_the_harness() -> None:
    """As pytest writes a failure: the team's line, then the message."""
    with pytest.raises(InconsistentError) as raised:
        assert_consistent(TOO_LATE, faults=1)

    shown = str(raised.getrepr())
    assert "assert_consistent(TOO_LATE, faults=1)" in shown
    assert "RegistersTooLate is inconsistent: " in shown
    assert "consistency.py" not in shown


def test_an_inconsistent_saga_fails_with_its_smallest_counterexample() -> None:
    """Who, what fails, the invariant, the command that repeats it, and the YAML."""
    with pytest.raises(InconsistentError) as raised:
        assert_consistent(TOO_LATE, faults=1)

    who, what, rule, repeat, _, *yaml = str(raised.value).splitlines()
    assert who == (
        "RegistersTooLate is inconsistent: "
        "o1 ended as cancelled: due nothing, shipped nothing, reserved 1 ROOM"
    )
    assert what == "what fails: cancel o1 by workflow before call 1 of hotel.book"
    assert rule.startswith("invariant I6: ")
    assert "scenario: I6 - cancel o1 by workflow before call 1 of hotel.book" in yaml
    _, _, words = repeat.partition("repeat it: sagacheck ")
    done = command(*shlex.split(words))
    assert done.exit_code == 1
    assert "FAILED I6 - cancel o1 by workflow" in done.output


def test_it_is_an_assertion_for_every_runner() -> None:
    """Under unittest it is a failure, and no error."""

    class Case(unittest.TestCase):
        def test_it(self) -> None:
            assert_consistent(TOO_LATE)

    result = unittest.TestResult()
    Case("test_it").run(result)

    assert [len(result.failures), len(result.errors)] == [1, 0]


@pytest.mark.asyncio
async def test_it_works_while_an_event_loop_runs() -> None:
    """A test that is a coroutine may call it too."""
    assert_consistent(SAGA, faults=0)
    assert scenario(LOST_REPLY, SAGA).verdict is Verdict.VALID


def test_a_saga_that_shows_nothing_is_not_consistent() -> None:
    """An order that does not complete without a fault proves nothing."""
    with pytest.raises(UnknownVerdictError) as raised:
        assert_consistent(vacuous.CALLS_NOTHING, faults=0)

    assert "unknown whether it is consistent" in str(raised.value)


def test_a_search_that_was_not_finished_is_unknown() -> None:
    """The budget is said, and the verdict is neither."""
    with pytest.raises(UnknownVerdictError, match="the budget of 0 s ended before the search"):
        assert_consistent(SAGA, budget=0)


def test_a_folder_that_cannot_be_written_hides_no_violation(tmp_path: Path) -> None:
    """The YAML stands in the message."""
    (tmp_path / "runs").write_text("")

    with pytest.raises(InconsistentError, match="not saved, runs cannot be written") as raised:
        assert_consistent(TOO_LATE)

    assert "\nscenario: I6 - " in str(raised.value)


def test_a_saga_without_a_name_is_searched_too() -> None:
    """Only the command is missing, and the message says why."""
    with pytest.raises(InconsistentError, match="sagacheck finds no name"):
        assert_consistent(replace(TOO_LATE, workflow_id="nameless-{order_id}"))


def test_explore_returns_its_result() -> None:
    """Counts, verdict and violations, each with its YAML, which can be played."""
    right, wrong = explore(SAGA, faults=0), explore(TOO_LATE, crashes=False)

    assert (right.verdict, right.histories, right.played, right.violations) == ("valid", 1, 1, ())
    assert right.complete
    assert wrong.verdict is Verdict.INVALID
    first = wrong.violations[0]
    assert (first.invariant, first.order) == ("I6", "o1")
    again = scenario(first.scenario, TOO_LATE)
    assert first.detail in [violation.detail for violation in again.violations]


def test_a_scenario_is_a_file_or_a_text(tmp_path: Path) -> None:
    """A file's name in a line, a path, and a text mean the same."""
    (tmp_path / "lost.yaml").write_text(LOST_REPLY)

    results = [scenario(each, SAGA) for each in ("lost.yaml", tmp_path / "lost.yaml", LOST_REPLY)]

    assert [result.verdict for result in results] == ["valid"] * 3
    with pytest.raises(InvalidScenarioError, match=r"unknown operation: 'flight\.boook'"):
        scenario(LOST_REPLY.replace("flight.book", "flight.boook"), SAGA)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"faults": -1}, "faults=-1; write a whole number, 0 or more"),
        ({"orders": 0}, "orders=0; write a whole number, 1 or more"),
        ({"jobs": 0}, "jobs=0; write a whole number, 1 or more"),
    ],
)
def test_numbers_are_checked(options: dict[str, int], said: str) -> None:
    """The option, its value and the rule."""
    with pytest.raises(ValueError, match=said):
        assert_consistent(SAGA, **options)  # type: ignore[arg-type]  # each is a number


def test_what_is_no_saga_is_refused() -> None:
    """A workflow is no saga under test."""
    with pytest.raises(TypeError, match="is no SagaUnderTest; pass the object"):
        assert_consistent(SAGA.workflow)  # type: ignore[arg-type]  # that is the point


def test_the_saga_of_the_project_has_its_horizon_and_needs_no_option(tmp_path: Path) -> None:
    """As with a command in the same folder."""
    other = named(TOO_LATE)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.sagacheck]\nsaga = "trip.saga:SAGA"\nhorizon = "7h"\n'
    )

    known = named(SAGA)

    assert (known.reference, known.saga.horizon_seconds) == (None, 7 * 3600)
    assert (other.reference, other.saga.horizon) == ("trip.saga:TOO_LATE", None)
    assert named(TOO_LATE).saga.horizon is None
