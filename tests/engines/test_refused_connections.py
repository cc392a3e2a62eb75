"""An activity that leaves the harness makes its trial unknown, and gets nowhere."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from temporalio import activity

from sagacheck import SagaUnderTest
from sagacheck.checks import Verdict
from sagacheck.engines.simulated.engine import SimulatedEngine
from sagacheck.run import LocalPlayer, ScenarioResult, TrialResult, run_all
from tests.engines.conftest import Play
from tests.sagas.clients import by_httpx, by_requests, saga_of
from tests.sagas.small import Order
from tests.shop import load_text

TEXT = """
scenario: the goods are reserved, and something else is asked, too
why: w
orders: [{id: o1}]
expect: {o1: {status: any}}
"""
PORT: list[int] = []
"""Where the listener is; activities are functions of their orders alone."""


class Listener(socketserver.ThreadingTCPServer):
    """Counts its connections, and answers each.

    Attributes:
        accepted: How many there were.
    """

    daemon_threads = True
    accepted = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.accepted += 1
        self.wfile.write(self.rfile.readline())


@pytest.fixture
def listener() -> Iterator[Listener]:
    """It runs in a thread of its own."""
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        PORT[:] = [server.server_address[1]]
        yield server
        server.shutdown()
        thread.join()


async def _ask() -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT[0])
    writer.write(b"is it true?\n")
    assert await reader.readline() == b"is it true?\n"
    writer.close()


@activity.defn(name="reserve_goods")
async def in_a_coroutine(order: Order) -> str:
    """Reserve, and ask."""
    await _ask()
    return await by_httpx(order)


@activity.defn(name="reserve_goods")
def in_a_thread(order: Order) -> str:
    """Reserve, and ask."""
    asyncio.run(_ask())
    return by_requests(order)


@activity.defn(name="reserve_goods")
async def whatever_comes(order: Order) -> str:
    """Ask, and think nothing of it when that fails."""
    try:
        await _ask()
    except Exception:  # noqa: BLE001 - so do many
        activity.logger.debug("no answer")
    return await by_httpx(order)


@activity.defn(name="reserve_goods")
async def in_a_forgotten_thread(order: Order) -> str:
    """Reserve, and let a thread ask, of whose end nobody hears."""
    thread = threading.Thread(target=_ask_alone)
    thread.start()
    await asyncio.to_thread(thread.join)
    return await by_httpx(order)


def _ask_alone() -> None:
    try:
        asyncio.run(_ask())
    except Exception:  # noqa: BLE001 - as in the other one
        return


@activity.defn(name="reserve_goods")
async def with_a_blocking_client(order: Order) -> str:
    """Reserve, and hold up all other activities of the worker."""
    return by_requests(order)


@activity.defn(name="reserve_goods")
async def for_something_unknown(order: Order) -> str:
    """Reserve, and ask for what no fake has; think nothing of it when that fails."""
    async with httpx.AsyncClient() as http:
        try:
            await http.post("https://api.example/v1/scores", json={"order": order.order_id})
        except Exception:  # noqa: BLE001 - so do many
            activity.logger.debug("no score")
    return await by_httpx(order)


LEAVING = [in_a_coroutine, in_a_thread, whatever_comes, in_a_forgotten_thread]


async def simulate(saga: SagaUnderTest) -> ScenarioResult:
    """Play the scenario in virtual time."""
    async with SimulatedEngine(saga) as engine:
        scenario = load_text(TEXT, dialect=saga.dialect)
        return (await run_all([scenario], engine, saga, at_once=1))[0]


def search(saga: SagaUnderTest) -> TrialResult:
    """Play the scenario as a search plays its histories."""
    player = LocalPlayer(saga)
    with player.ready():
        return player.play(load_text(TEXT, dialect=saga.dialect))


def refusals(result: ScenarioResult) -> list[str]:
    """Why the verdict is unknown, where it is nothing else."""
    assert (result.verdict, result.violations) == (Verdict.UNKNOWN, ())
    return [each.detail for each in result.unmet]


@pytest.mark.asyncio
@pytest.mark.parametrize("reserve_goods", LEAVING)
async def test_it_is_unknown_in_virtual_time(
    listener: Listener, reserve_goods: Callable[..., Any]
) -> None:
    """In a run and in a search."""
    saga = saga_of(reserve_goods)
    (why,) = refusals(await simulate(saga))

    where = f"127.0.0.1:{PORT[0]}"
    assert f"the activity reserve_goods was refused a connection to {where}: " in why
    assert f"allow_hosts=['{where}']" in why

    searched = await asyncio.to_thread(search, saga)
    assert searched.violations == []
    assert [f"it could not be played: {each.detail}" for each in searched.unmet] == [why]
    assert listener.accepted == 0


@pytest.mark.asyncio
@pytest.mark.parametrize("reserve_goods", LEAVING)
async def test_it_is_unknown_on_a_server(
    play: Play, listener: Listener, reserve_goods: Callable[..., Any]
) -> None:
    """With the same message."""
    (result,) = await play(TEXT, saga=saga_of(reserve_goods))

    (why,) = refusals(result)
    assert f"the activity reserve_goods was refused a connection to 127.0.0.1:{PORT[0]}: " in why
    assert listener.accepted == 0


@pytest.mark.asyncio
@pytest.mark.parametrize("reserve_goods", LEAVING)
async def test_an_allowed_host_is_reached_on_both_engines(
    play: Play, listener: Listener, reserve_goods: Callable[..., Any]
) -> None:
    """The verdict is about what the fakes have seen, as always."""
    saga = saga_of(reserve_goods, allow_hosts=[f"127.0.0.1:{PORT[0]}"])

    results = [await simulate(saga), *await play(TEXT, saga=saga)]

    assert [(each.verdict, each.unmet) for each in results] == [(Verdict.VALID, ())] * 2
    assert listener.accepted == 2


@pytest.mark.asyncio
async def test_a_request_that_no_fake_answers_is_unknown_too(play: Play) -> None:
    """Whatever the activity makes of the error."""
    saga = saga_of(for_something_unknown)
    for result in (await simulate(saga), *await play(TEXT, saga=saga)):
        (why,) = refusals(result)
        assert "no fake answers POST /v1/scores; the nearest is POST /" in why


@pytest.mark.asyncio
async def test_a_blocking_client_in_a_coroutine_is_unknown_too(play: Play) -> None:
    """The fakes cannot answer it, so it is no failure of the saga."""
    saga = saga_of(with_a_blocking_client)
    for result in (await simulate(saga), *await play(TEXT, saga=saga)):
        (why,) = refusals(result)
        assert "needs a thread beside the world's" in why


def test_an_allowed_host_has_to_be_one() -> None:
    """The error comes where the setting is written."""
    with pytest.raises(ValueError, match="'http://db' is no host"):
        saga_of(by_httpx, allow_hosts=["http://db"])
    with pytest.raises(ValueError, match="write a list of hosts"):
        saga_of(by_httpx, allow_hosts="db")
