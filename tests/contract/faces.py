"""The fakes in process and over HTTP, behind one interface for tests."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from fakes import order_network, order_services
from sagacheck.http.served_world import ServedWorld
from sagacheck.inprocess import AttemptContext, in_context
from sagacheck.network import FaultRule, Network, read_rule
from sagacheck.world import Attempt, AttemptOutcome, ManualClock, Settings, World

PATIENCE = 0.05
"""Seconds until a client that waits in vain gives up: real ones over HTTP, virtual in process."""


class PatientClock(ManualClock):
    """Stands still until it is moved, and lets those who sleep wait for that."""

    async def sleep_until(self, when: float) -> None:
        """Return once the clock was moved to `when`."""
        awake = asyncio.Event()
        self.call_at(when, awake.set)
        await awake.wait()


async def until(condition: Callable[[], bool]) -> None:
    """Let everything else run until `condition` holds."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("what the test waits for does not happen")


class Face(ABC):
    """A way to talk to a network of fakes, and to move its clock.

    Args:
        client: What requests are sent with; it knows the base URL.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @property
    @abstractmethod
    def network(self) -> Network:
        """The network behind the face."""

    @property
    def world(self) -> World:
        """The world behind the face."""
        return self.network.world

    @abstractmethod
    def begin(self, settings: Settings) -> None:
        """Begin a new world."""

    @abstractmethod
    async def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a request to the network."""

    @abstractmethod
    async def give_up(self, request: Awaitable[httpx.Response]) -> None:
        """Await a request whose client loses its patience."""

    async def times_out(self, request: Awaitable[httpx.Response]) -> None:
        """Check that `request` gets no answer, and that the network notes it."""
        usual, before = self._client.timeout, len(self.world.journal.attempts)
        self._client.timeout = httpx.Timeout(60, read=PATIENCE)
        try:
            with pytest.raises(httpx.ReadTimeout):
                await self.give_up(request)
        finally:
            self._client.timeout = usual
        await until(lambda: len(self.world.journal.attempts) > before)
        await until(lambda: self.last_attempt.outcome is not AttemptOutcome.PENDING)

    async def post(self, path: str, body: Any) -> httpx.Response:
        """Send a POST with a JSON body."""
        return await self.request("POST", path, json=body)

    async def delete(self, path: str) -> httpx.Response:
        """Send a DELETE."""
        return await self.request("DELETE", path)

    async def get(self, path: str) -> Any:
        """The JSON that a read shows."""
        response = await self.request("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def fault(self, on: str, fault: Any, calls: Any = 1) -> None:
        """Let calls of an operation suffer a fault, by default the first call."""
        written = {"on": on, "fault": fault, "calls": calls}
        self.add_rule(written, read_rule(written, self.network.operations))

    def add_rule(self, written: dict[str, Any], rule: FaultRule) -> None:
        """Let the network follow a rule."""
        self.network.rules.append(rule)

    def advance(self, seconds: float) -> None:
        """Let time pass in the network."""
        clock = self.world.clock
        assert isinstance(clock, PatientClock)
        clock.advance_to(clock.now() + seconds)

    @property
    def last_attempt(self) -> Attempt:
        """The journal's newest attempt."""
        return self.world.journal.attempts[-1]


class InProcess(Face):
    """Any httpx client of this process, whose requests the httpx patch answers."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(client)
        self.begin(Settings(default_stock=10))

    @property
    def network(self) -> Network:
        """The network behind the face."""
        return self._network

    def begin(self, settings: Settings) -> None:
        """Begin a new world."""
        self._network = order_network(settings, clock=PatientClock())

    async def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a request to the network."""
        with in_context(AttemptContext(self.network)):
            return await self._client.request(method, path, **content)

    async def give_up(self, request: Awaitable[httpx.Response]) -> None:
        """The network raises the client's own timeout when the world's time has passed."""
        clock = self.world.clock
        assert isinstance(clock, PatientClock)
        sending = asyncio.ensure_future(request)
        await until(lambda: clock.next_due is not None)
        self.advance(PATIENCE)
        await sending


class OverHttp(Face):
    """A real client and a real server, with TCP between them."""

    def __init__(self, client: httpx.AsyncClient, app: Starlette) -> None:
        super().__init__(client)
        self._app = app
        self.begin(Settings(default_stock=10))

    @property
    def served(self) -> ServedWorld:
        """What the server has."""
        served: ServedWorld = self._app.state.served
        return served

    @property
    def network(self) -> Network:
        """The network behind the face."""
        return self.served.network

    def begin(self, settings: Settings) -> None:
        """Begin a new world."""
        self.served.reset(settings)

    async def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a request to the network."""
        return await self._client.request(method, path, **content)

    def add_rule(self, written: dict[str, Any], rule: FaultRule) -> None:
        """Let the network follow a rule."""
        self.served.add_rule(written, rule)

    async def give_up(self, request: Awaitable[httpx.Response]) -> None:
        """The client itself looks at the time."""
        await request


class AlwaysFinished(OverHttp):
    """Over HTTP, with every order that can be said to be finished between any two requests.

    To look at the network brings them all back.
    """

    _orders: set[str]

    @property
    def network(self) -> Network:
        """The network behind the face, whose world has all its orders."""
        store = self.served.store
        store.recall(*self._orders)
        return store.network

    def begin(self, settings: Settings) -> None:
        """Begin a new world."""
        super().begin(settings)
        self._orders = set()

    async def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a request to the network, and evict what can be."""
        store = self.served.store
        if method == "GET":
            store.recall(*self._orders)  # reads show what is in memory
        response = await super().request(method, path, **content)
        journal = store.world.journal
        orders = {attempt.order for attempt in journal} - journal.orders_under_way()
        store.evict(orders)
        self._orders |= orders
        return response


class AlwaysRestarted(OverHttp):
    """Over HTTP, with a network that begins again from its file when nothing of it is under way."""

    def __init__(self, client: httpx.AsyncClient, app: Starlette, path: Path) -> None:
        self._path = path
        super().__init__(client, app)

    def begin(self, settings: Settings) -> None:
        """Begin a new world in a new file."""
        self.end()
        self._path.unlink(missing_ok=True)
        self._serve(settings, self._path)

    def end(self) -> None:
        """Serve a world without a file."""
        self._serve(Settings())

    async def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Begin again, and send a request to the network."""
        journal, clock = self.world.journal, self.world.clock
        assert isinstance(clock, PatientClock)
        if not journal.orders_under_way():
            self._serve(Settings(), self._path, clock.now())
        return await super().request(method, path, **content)

    def _serve(self, settings: Settings, journal: Path | None = None, now: float = 0.0) -> None:
        self.served.close()
        self._app.state.served = ServedWorld(
            order_services, settings, clock=PatientClock, journal=journal, now=lambda: now
        )
