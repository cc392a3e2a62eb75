"""The properties themselves are tested on a saga that is known to be bad."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import Phase, given, settings
from temporalio.client import WorkflowHistory

from sagacheck.engines import SimulatedEngine, quiet_sdk
from sagacheck.inprocess import httpx_patch
from sagacheck.language import Scenario
from scenarios.goods import Order
from tests.property.counterexamples import ROOT, CounterexampleError, counterexample, shown
from tests.property.judging import played, wrongs
from tests.property.strategies import scenarios
from tests.sagas import naive
from tests.shop import load_file

NAIVE = "tests/sagas/naive.py:SAGA"


@settings(
    max_examples=300,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
)
@given(scenario=scenarios())
def naive_saga_breaks_no_invariant(scenario: Scenario) -> None:
    """The property of our saga, asked of one that does not have it."""
    trial = played(scenario, SimulatedEngine(naive.SAGA), naive.SAGA)
    if found := wrongs(trial):
        raise counterexample(trial, found, found_by="the naive saga", saga=NAIVE)


@pytest.fixture(scope="module")
def found() -> CounterexampleError:
    """What Hypothesis finds about a saga that is known to be bad."""
    with httpx_patch(), quiet_sdk(), pytest.raises(CounterexampleError) as caught:
        naive_saga_breaks_no_invariant()
    return caught.value


def test_a_bad_saga_is_found_and_its_story_is_short(found: CounterexampleError) -> None:
    """What remains is one order, and one thing that goes wrong or two."""
    story = load_file(found.file)

    assert len(story.orders) == 1
    assert 1 <= len(story.faults) + len(story.events) <= 2
    assert isinstance(story.orders[0], Order)
    assert story.orders[0].customer_id == "customer-1"


def test_the_failure_shows_all_that_is_needed(found: CounterexampleError) -> None:
    """What is wrong, the whole story, and the command that plays it again."""
    message = str(found)

    assert found.wrongs[0] in message
    assert found.file.read_text(encoding="utf-8") in message
    assert f"sagacheck run {shown(found.file)} --saga {NAIVE}" in message


def test_the_story_plays_everywhere(found: CounterexampleError) -> None:
    """The command fails with the bad saga, and our own saga does well in the same story."""
    ours = ["sagacheck", "run", str(found.file)]

    assert _run(shlex.split(found.command)) == 1
    assert _run(ours) == 0


def test_its_temporal_history_lies_beside_it(found: CounterexampleError) -> None:
    """The SDK reads it, and it is the one of the order in the story."""
    (order,) = load_file(found.file).orders
    text = found.file.with_name(f"{found.file.stem}.{order.id}.history.json").read_text("utf-8")
    history = WorkflowHistory.from_json(f"order-{order.id}", text)

    started = history.events[0].workflow_execution_started_event_attributes
    assert started.workflow_type.name == naive.SAGA.workflow_name
    assert order.id in started.input.payloads[0].data.decode()


def _run(command: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", *command], check=False, cwd=ROOT).returncode
