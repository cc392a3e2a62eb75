"""Whatever is done to orders, one thing after another: nothing is ever wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sagacheck.engines import SimulatedEngine, quiet_sdk
from sagacheck.inprocess import httpx_patch
from sagacheck.world import Settings
from tests.property.counterexamples import CounterexampleError
from tests.property.judging import played, wrongs
from tests.property.saga_machine import SagaMachine
from tests.sagas import naive
from tests.shop import load_file


class NaiveSagaMachine(SagaMachine):
    """The same, done to a saga that is known to be bad."""

    saga = naive.SAGA
    reference = "tests/sagas/naive.py:SAGA"


@pytest.fixture(autouse=True)
def _fakes_answer() -> Iterator[None]:
    with httpx_patch(), quiet_sdk():
        yield


def test_our_saga() -> None:
    """Invariants hold after every step, and all of them at the end."""
    run_state_machine_as_test(SagaMachine)


def test_a_bad_saga_is_found() -> None:
    """The machine finds out, and the scenario that it writes down shows the same."""
    with pytest.raises(CounterexampleError) as found:
        run_state_machine_as_test(
            NaiveSagaMachine,
            settings=settings(
                max_examples=100,
                stateful_step_count=10,
                derandomize=True,
                database=None,
                phases=[Phase.generate],  # how failures are shrunk is tested on whole stories
                report_multiple_bugs=False,
            ),
        )

    story = load_file(found.value.file)
    again = wrongs(played(story, SimulatedEngine(naive.SAGA), naive.SAGA))
    assert again == found.value.wrongs


def test_what_no_file_can_say_is_reported_all_the_same() -> None:
    """A story that goes well as a scenario is no counterexample; the rules' own order is shown."""
    machine = SagaMachine()
    machine.begin(given=Settings(default_stock=100))
    try:
        with pytest.raises(AssertionError, match="I99: made up\nno scenario shows it"):
            machine._report(["I99: made up"])
    finally:
        machine.teardown()
