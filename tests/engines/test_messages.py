"""Signals and updates of any name, and what happens while an order waits for one."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine
from sagacheck.language import load_text
from sagacheck.run import ScenarioResult, run_all
from tests.engines.conftest import Play
from tests.sagas.approval import APPROVED

HEAD = "why: w\norders: [{id: o1}]\n"
APPROVES = "signal: {to: o1, name: approve, args: [ann, 1.5]}, when: waiting"

TWICE = f"""
scenario: each of two people approves after an hour
{HEAD}
events: [{{{APPROVES}, times: 2, after: 1h}}]
expect: {{o1: {{status: completed}}}}
"""
TOO_LATE = f"""
scenario: the second person is asked too late
{HEAD}
events:
  - {{{APPROVES}, after: 2h}}
  - {{{APPROVES}, after: 2h}}
expect: {{o1: {{status: failed, error: NotApproved}}, undone: [inventory.release]}}
"""
ANSWERED_LATER = f"""
scenario: an update is answered once a signal has come two hours later
{HEAD}
events:
  - {{update: {{to: o1, name: confirm, args: [ann]}}, when: waiting}}
  - {{{APPROVES}, after: 2h}}
expect: {{o1: {{status: completed}}}}
"""
AFTER_RETRIES = f"""
scenario: nothing is sent while the reservation waits for its next attempt
{HEAD}
faults:
  - on: inventory.reserve
    calls: [1, 2]
    fault: {{reject: {{status: 503, retry_after: 30s}}}}
events:
  - {{update: {{to: o1, name: confirm, args: [nobody]}}, when: waiting}}
  - {{query: o1, when: waiting, times: 2}}
  - {{{APPROVES}, times: 2}}
expect: {{o1: {{status: completed}}, calls: {{inventory.reserve: 3}}}}
"""
ONCE_TOO_OFTEN = f"""
scenario: three people are to approve, and two are enough
{HEAD}
events: [{{{APPROVES}, times: 3}}]
expect: {{o1: {{status: completed}}}}
"""


async def simulated(text: str) -> ScenarioResult:
    """Play a scenario in virtual time."""
    scenario = load_text(text, dialect=APPROVED.dialect)
    async with SimulatedEngine(APPROVED) as engine:
        (result,) = await run_all([scenario], engine, APPROVED, at_once=1)
    return result


def findings(result: ScenarioResult) -> list[str]:
    """What is wrong, and what is missing."""
    broken = [each.detail for each in result.violations]
    return broken + [each.detail for each in result.unmet]


@pytest.mark.asyncio
async def test_messages_come_while_an_order_waits() -> None:
    """Each time that it waits one is sent, after the time that it says; an update may wait."""
    for text in (TWICE, ANSWERED_LATER, AFTER_RETRIES):
        assert findings(await simulated(text)) == []


@pytest.mark.asyncio
async def test_a_server_plays_the_same(play: Play) -> None:
    """The server skips no time over an order that waits until its messages have come."""
    results = await play(TWICE, ANSWERED_LATER, AFTER_RETRIES, saga=APPROVED)

    assert [findings(result) for result in results] == [[], [], []]
    at = [planned.at for planned in results[0].trial.events]
    assert at == [pytest.approx(7200, abs=10)]


@pytest.mark.asyncio
async def test_a_message_that_does_not_come_is_missed(play: Play) -> None:
    """A wait that was too short, or one too few, leaves a scenario unknown, with the reason."""
    short = "signal approve to o1 while it waits for 7200 s never happened: o1 never waited for a"
    few = "signal approve to o1 while it waits happened 2 times, expected 3 times: it did not wait"
    here = [await simulated(text) for text in (TOO_LATE, ONCE_TOO_OFTEN)]

    for results in (here, await play(TOO_LATE, ONCE_TOO_OFTEN, saga=APPROVED)):
        assert [result.verdict for result in results] == [Verdict.UNKNOWN] * 2
        for result, missing in zip(results, (short, few), strict=True):
            (found,) = findings(result)
            assert found.startswith(missing)


@pytest.mark.asyncio
async def test_what_a_wrong_validator_refuses_is_answered() -> None:
    """The answer of an update is its own, of a rejected one the reason."""
    rejected, asked, *_ = (await simulated(AFTER_RETRIES)).trial.events
    (confirmed, _) = (await simulated(ANSWERED_LATER)).trial.events

    assert str(rejected.answer) == "refused: ValueError: nobody is no one"
    assert (str(asked.answer), asked.times) == ("reserving", 2)
    assert str(confirmed.answer) == "approved by 2"
