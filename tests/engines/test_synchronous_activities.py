"""Functions in threads suffer what coroutines suffer, and in the same time."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from tests.engines.conftest import Play
from tests.sagas.small import RESERVES, THREADED

FAULTS = {
    "request lost": "drop_request",
    "reply lost": "drop_response",
    "request late": "{delay_request: 30s}",
    "reply late": "{delay_response: 30s}",
    "connection reset": "reset_after_effect",
    "duplicated": "{duplicate: 2}",
    "refused": "refuse",
    "error": "{reject: 503}",
}
SCENARIO = """
scenario: one call suffers
why: w
orders: [{{id: o1}}]
faults: [{{on: inventory.reserve, fault: {fault}}}]
expect:
  o1: {{status: completed}}
  effects: {{inventory.reserve: 1}}
"""


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_threads_suffer_as_coroutines_do(play: Play, fault: str) -> None:
    """The same verdict, the same end and the same moment of it."""
    text = SCENARIO.format(fault=fault)

    played = [(await play(text, saga=saga))[0] for saga in (RESERVES, THREADED)]

    coroutine, thread = (each.trial.outcomes["o1"] for each in played)
    assert played[0].verdict == played[1].verdict
    assert coroutine.status == thread.status
    assert not thread.waits_for
    if played[0].engine == "simulated":
        assert coroutine.ended_at == thread.ended_at


@pytest.mark.asyncio
async def test_a_thread_whose_attempt_has_timed_out_holds_up_nothing(play: Play) -> None:
    """The order ends while its thread still waits; so does the trial, and the next one begins."""
    text = SCENARIO.format(fault="drop_response, calls: all").replace("completed", "failed")
    text = text.replace("  effects: {inventory.reserve: 1}\n", "")

    for _ in range(2):
        (result,) = await play(text, saga=THREADED)
        assert result.verdict is not Verdict.UNKNOWN
