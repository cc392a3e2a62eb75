"""The short way to the simulated service is the same as the long one, or it is not taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from temporalio import workflow
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    JSONPlainPayloadConverter,
    SerializationContext,
    WithSerializationContext,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from sagacheck.temporal.errors import UnsupportedError
from sagacheck.temporal.plain import is_plain
from sagacheck.temporal.short_way import NoResultError, ShortWay
from tests.temporal.simulation import QUEUE, Simulation, in_virtual_time, simulation
from tests.temporal.test_codecs import HIDING

Start = Callable[[Simulation, str], Awaitable[None]]
POLICIES: dict[str, Any] = {
    "id_reuse_policy": WorkflowIDReusePolicy.REJECT_DUPLICATE,
    "id_conflict_policy": WorkflowIDConflictPolicy.FAIL,
}


@workflow.defn
class Answers:
    """Does what its argument says, and then answers."""

    @workflow.run
    async def run(self, wish: dict[str, str]) -> dict[str, str] | None:
        """Do it."""
        match wish["do"]:
            case "fail":
                raise ApplicationError("no")
            case "wait":
                await workflow.sleep(3600)
            case "something that the simulation lacks":
                await workflow.create_nexus_client(
                    service="service", endpoint="endpoint"
                ).execute_operation("operation", None)
            case "nothing":
                return None
        return wish


async def by_client(simulated: Simulation, wish: str) -> None:
    """Start the workflow as the SDK does."""
    argument = {"do": wish}
    await simulated.client.start_workflow("Answers", argument, id="w", task_queue=QUEUE, **POLICIES)


async def by_short_way(simulated: Simulation, wish: str) -> None:
    """Start the workflow in fewer steps."""
    way = _way(simulated)
    way.start_workflow("Answers", {"do": wish}, id="w", task_queue=QUEUE, **POLICIES)


def _way(simulated: Simulation) -> ShortWay:
    return ShortWay(simulated.temporal, DataConverter.default.payload_converter)


def _played(start: Start, wish: str) -> tuple[object, list[bytes]]:
    """The result, asked for on the short way, and the history."""

    async def play() -> tuple[object, list[bytes]]:
        async with simulation(Answers) as simulated:
            await start(simulated, wish)
            result = await _way(simulated).result("w")
            run = simulated.temporal.find("w")
            assert run is not None
            return result, [
                each.SerializeToString(deterministic=True) for each in run.history.events
            ]

    return in_virtual_time(play)


@pytest.mark.parametrize("wish", ["wait", "nothing"])
def test_the_same_history_and_the_same_result(wish: str) -> None:
    """To the last byte, and the result is that of a client's handle."""

    async def asked_by_client() -> object:
        async with simulation(Answers) as simulated:
            return await simulated.run(Answers.run, {"do": wish})

    short = _played(by_short_way, wish)

    assert _played(by_client, wish) == short
    assert in_virtual_time(asked_by_client) == short[0]


@pytest.mark.parametrize("start", [by_client, by_short_way])
def test_an_id_that_is_taken(start: Start) -> None:
    """It is the SDK's error, with the same facts in it."""

    async def play() -> tuple[str, str | None, str]:
        async with simulation(Answers) as simulated:
            await start(simulated, "wait")
            with pytest.raises(WorkflowAlreadyStartedError) as caught:
                await start(simulated, "wait")
            run = simulated.temporal.find("w")
            assert run is not None
            assert caught.value.run_id == run.run_id
            return caught.value.workflow_id, caught.value.workflow_type, str(caught.value)

    assert in_virtual_time(play) == ("w", "Answers", "Workflow execution already started")


@pytest.mark.parametrize("wish", ["fail", "wait"])
def test_an_end_without_a_result(wish: str) -> None:
    """A workflow that fails or is terminated, or that nobody knows, has none to tell."""

    async def play() -> None:
        async with simulation(Answers) as simulated:
            with pytest.raises(NoResultError):
                await _way(simulated).result("w")
            await by_short_way(simulated, wish)
            if wish == "wait":
                await simulated.client.get_workflow_handle("w").terminate()
            with pytest.raises(NoResultError):
                await _way(simulated).result("w")

    in_virtual_time(play)


def test_what_the_simulation_lacks() -> None:
    """Whoever waits is told, and whoever starts something after that."""

    async def play() -> None:
        async with simulation(Answers) as simulated:
            await by_short_way(simulated, "something that the simulation lacks")
            with pytest.raises(UnsupportedError, match="nexus"):
                await _way(simulated).result("w")
            with pytest.raises(UnsupportedError, match="nexus"):
                await by_short_way(simulated, "nothing")

    in_virtual_time(play)


class _InContext(JSONPlainPayloadConverter, WithSerializationContext):
    """Is another one for each value."""

    def with_context(self, context: SerializationContext) -> _InContext:
        return _InContext()


class _ByContext(CompositePayloadConverter):
    def __init__(self) -> None:
        super().__init__(_InContext())


@pytest.mark.parametrize(
    ("converter", "plain"),
    [
        (DataConverter.default, True),
        (pydantic_data_converter, True),
        (HIDING, False),
        (replace(DataConverter.default, payload_converter_class=_ByContext), False),
    ],
    ids=["default", "pydantic", "codec", "context"],
)
def test_who_may_take_it(converter: DataConverter, plain: bool) -> None:
    """Whoever has a payload converter and nothing else; the second answer is the first."""
    assert [is_plain(converter), is_plain(converter)] == [plain, plain]
