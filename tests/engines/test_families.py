"""Children with ids of their own, and task queues: understood, or named with the setting."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sagacheck.checks import Verdict
from sagacheck.run import LocalPlayer
from tests.engines.conftest import Play
from tests.sagas.families import (
    ActivityQueue,
    Forgives,
    GrandChild,
    Misnames,
    MisnamesLocally,
    OwnId,
    OwnQueue,
    Passes,
    family,
    greet,
    order_of,
)
from tests.sagas.small import reserve_goods
from tests.shop import load_text

PLAIN = """
scenario: nothing fails
why: the plain way
orders: [{id: o1}]
faults: [{on: inventory.reserve, fault: drop_response}]
expect:
  o1: {status: completed}
  calls: {inventory.reserve: 2}
"""
NO_ORDER = (
    "the child workflow booking-o1 belongs to no order of the scenario; "
    "say by `order_of=` which order a workflow id belongs to"
)
NO_WORKER = (
    "waits on the task queue 'rooms', which no worker of the saga polls; "
    "say `task_queues=('rooms',)`"
)
NO_ACTIVITY = (
    "the activity greet is not registered on a worker of the saga; name its function in "
    "`activities=`"
)
KINDS: list[tuple[type, dict[str, Any], str]] = [
    (OwnId, {"order_of": order_of}, NO_ORDER),
    (OwnQueue, {"task_queues": ("rooms",)}, f"the child workflow order-o1/reserve {NO_WORKER}"),
    (ActivityQueue, {"task_queues": ("rooms",)}, f"the activity reserve_goods {NO_WORKER}"),
    (GrandChild, {"order_of": order_of}, NO_ORDER),
    (Misnames, {"activities": [reserve_goods, greet]}, NO_ACTIVITY),
    (Forgives, {"activities": [reserve_goods, greet]}, NO_ACTIVITY),
    (MisnamesLocally, {"activities": [reserve_goods, greet]}, NO_ACTIVITY),
]
IDS = [
    *("child id", "child queue", "activity queue", "grandchild id"),
    *("activity", "activity that may fail", "local activity"),
]


@pytest.mark.parametrize(("workflow", "setting", "said"), KINDS, ids=IDS)
def test_the_simulation_knows_what_is_set_and_names_what_is_not(
    workflow: type, setting: dict[str, Any], said: str
) -> None:
    """Neither is a fault of the saga, so nothing is broken."""
    for more, expected in ((setting, []), ({}, [f"UnplayableError: {said}"])):
        player = LocalPlayer(family(workflow, **more))
        with player.ready():
            result = player.play(load_text(PLAIN))
        assert result.violations == []
        assert [unmet.detail for unmet in result.unmet] == expected


@pytest.mark.asyncio
@pytest.mark.parametrize(("workflow", "setting", "said"), KINDS, ids=IDS)
async def test_the_server_engine_says_the_same(
    play: Play, workflow: type, setting: dict[str, Any], said: str
) -> None:
    """Two trials at once: each child is that of its own order."""
    results = await play(PLAIN, PLAIN, saga=family(workflow, **setting))
    (lost,) = await play(PLAIN, saga=family(workflow))

    assert [(each.verdict, each.unmet) for each in results] == [(Verdict.VALID, ())] * 2
    assert lost.violations == ()
    (detail,) = [unmet.detail for unmet in lost.unmet]
    # The server engine adds a number to the ids of workflows.
    assert said == re.sub(r"~\d+", "", detail.partition("UnplayableError: ")[2])


WRONG: list[tuple[type, dict[str, Any], str]] = [
    (
        OwnId,
        {"children": [], "order_of": order_of},
        (
            "the child workflow booking-o1 is a Reserve, which no worker of the saga knows; "
            "say `children=[Reserve]`"
        ),
    ),
    (
        OwnId,
        {"order_of": lambda workflow_id: workflow_id.split("?")[1]},
        (
            "`order_of=` fails for the workflow id 'booking-o1', say None for no order: "
            "IndexError: list index out of range"
        ),
    ),
    (
        GrandChild,
        {"children": [Passes], "order_of": order_of},
        (
            "the child workflow booking-o1 is a Reserve, which no worker of the saga knows; "
            "say `children=[Reserve]`"
        ),
    ),
]
WRONG_IDS = ["unknown child", "order_of fails", "unknown grandchild"]


@pytest.mark.parametrize(("workflow", "setting", "said"), WRONG, ids=WRONG_IDS)
def test_what_is_wrong_with_a_setting_is_said(
    workflow: type, setting: dict[str, Any], said: str
) -> None:
    """The workflow tasks of a child that no worker knows fail for ever: no fault of the saga."""
    player = LocalPlayer(family(workflow, **setting))
    with player.ready():
        result = player.play(load_text(PLAIN))

    assert result.violations == []
    assert [unmet.detail for unmet in result.unmet] == [f"UnplayableError: {said}"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("workflow", "setting", "said"), WRONG, ids=WRONG_IDS)
async def test_the_server_engine_says_what_is_wrong(
    play: Play, workflow: type, setting: dict[str, Any], said: str
) -> None:
    """The same, but for the number in the workflow's id."""
    (result,) = await play(PLAIN, saga=family(workflow, **setting))

    assert result.violations == ()
    (detail,) = [unmet.detail for unmet in result.unmet]
    assert said == re.sub(r"~\d+", "", detail.partition("UnplayableError: ")[2])


def test_an_order_of_that_names_no_order_is_said() -> None:
    """What it says stands in the message."""
    player = LocalPlayer(family(OwnId, order_of=lambda workflow_id: workflow_id))
    with player.ready():
        result = player.play(load_text(PLAIN))

    said = "the child workflow booking-o1 belongs to no order of the scenario: "
    assert [unmet.detail for unmet in result.unmet] == [
        f"UnplayableError: {said}`order_of=` says 'booking-o1'"
    ]
