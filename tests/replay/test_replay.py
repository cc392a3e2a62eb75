"""Histories that were recorded once must replay with every later version of the workflow."""

from __future__ import annotations

import json
import re

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from orders import OrderSagaWorkflow
from tests.replay.record import HISTORIES, STORIES

RECORDED = {path.stem: path for path in sorted(HISTORIES.glob("*.json"))}


async def _replay(text: str) -> None:
    replayer = Replayer(workflows=[OrderSagaWorkflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json("order-o1", text))


def test_every_story_is_recorded() -> None:
    """There is a history for every story that is to be recorded."""
    assert set(STORIES) <= set(RECORDED)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", RECORDED)
async def test_recorded_history_replays(name: str) -> None:
    """The workflow of today does what the workflow did that was recorded."""
    await _replay(RECORDED[name].read_text())


@pytest.mark.asyncio
@pytest.mark.parametrize("name", RECORDED)
async def test_changed_history_is_refused(name: str) -> None:
    """A replay notices: a history in which one activity has another type is refused."""
    history = json.loads(RECORDED[name].read_text())
    scheduled = [
        event["activityTaskScheduledEventAttributes"]
        for event in history["events"]
        if "activityTaskScheduledEventAttributes" in event
    ]
    scheduled[-1]["activityType"]["name"] = "something_else"
    with pytest.raises(NondeterminismError):
        await _replay(json.dumps(history))


@pytest.mark.parametrize("name", RECORDED)
def test_histories_tell_nothing_of_who_recorded_them(name: str) -> None:
    """A recorded history names no process, no computer and no path."""
    text = RECORDED[name].read_text()
    assert not re.search(r"\d+@|stackTrace", text)
