"""The fast client does what the SDK's client does, or it is not used."""

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

from sagacheck.temporal import FastClient, NoResultError, UnsupportedError, is_plain
from tests.temporal.simulation import QUEUE, Simulation, in_virtual_time, simulation, virtual_time
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


async def by_fast_client(simulated: Simulation, wish: str) -> None:
    """Start the workflow with the fast client."""
    client = _fast_client(simulated)
    client.start_workflow("Answers", [{"do": wish}], id="w", task_queue=QUEUE, **POLICIES)


def _fast_client(simulated: Simulation) -> FastClient:
    return FastClient(simulated.temporal, DataConverter.default.payload_converter)


async def _played(start: Start, wish: str) -> tuple[object, list[bytes]]:
    """The result, as the fast client gives it, and the history."""
    async with simulation(Answers) as simulated:
        await start(simulated, wish)
        result = await _fast_client(simulated).result("w")
        run = simulated.temporal.find("w")
        assert run is not None
        return result, [each.SerializeToString(deterministic=True) for each in run.history.events]


@pytest.mark.parametrize("wish", ["wait", "nothing"])
def test_the_same_history_and_the_same_result(wish: str) -> None:
    """To the last byte, and the result is that of a client's handle."""

    async def asked_by_client() -> object:
        async with simulation(Answers) as simulated:
            return await simulated.run(Answers.run, {"do": wish})

    fast = in_virtual_time(lambda: _played(by_fast_client, wish))

    assert in_virtual_time(lambda: _played(by_client, wish)) == fast
    assert in_virtual_time(asked_by_client) == fast[0]


@virtual_time
@pytest.mark.parametrize("start", [by_client, by_fast_client])
async def test_an_id_that_is_taken(start: Start) -> None:
    """It is the SDK's error, with the same facts in it."""
    async with simulation(Answers) as simulated:
        await start(simulated, "wait")
        with pytest.raises(WorkflowAlreadyStartedError) as caught:
            await start(simulated, "wait")
        run = simulated.temporal.find("w")
        assert run is not None
        assert caught.value.run_id == run.run_id
        assert (caught.value.workflow_id, caught.value.workflow_type) == ("w", "Answers")
        assert str(caught.value) == "Workflow execution already started"


@virtual_time
@pytest.mark.parametrize("wish", ["fail", "wait"])
async def test_an_end_without_a_result(wish: str) -> None:
    """A workflow that failed, was terminated or does not exist has no result."""
    async with simulation(Answers) as simulated:
        with pytest.raises(NoResultError):
            await _fast_client(simulated).result("w")
        await by_fast_client(simulated, wish)
        if wish == "wait":
            await simulated.client.get_workflow_handle("w").terminate()
        with pytest.raises(NoResultError):
            await _fast_client(simulated).result("w")


@virtual_time
async def test_what_the_simulation_lacks() -> None:
    """The client that waits gets the error, and so does one that starts a workflow after that."""
    async with simulation(Answers) as simulated:
        await by_fast_client(simulated, "something that the simulation lacks")
        with pytest.raises(UnsupportedError, match="nexus"):
            await _fast_client(simulated).result("w")
        with pytest.raises(UnsupportedError, match="nexus"):
            await by_fast_client(simulated, "nothing")


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
def test_converters_that_are_plain(converter: DataConverter, plain: bool) -> None:
    """Those with a payload converter and nothing else; a second call returns the same."""
    assert [is_plain(converter), is_plain(converter)] == [plain, plain]
