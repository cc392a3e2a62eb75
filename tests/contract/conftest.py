"""A world for each test, behind each of its faces.

All tests share one event loop, on which the one server of this folder runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from fakes import order_services
from sagacheck.http.app import create_app
from sagacheck.http.server import bound_socket, serving
from sagacheck.inprocess import httpx_patch
from tests.contract.faces import (
    AlwaysFinished,
    AlwaysRestarted,
    Face,
    InProcess,
    OverHttp,
    PatientClock,
)


@pytest_asyncio.fixture(scope="session")
async def app() -> Starlette:
    """The fakes' application, with a clock that tests move."""
    return create_app(order_services, clock=PatientClock)


@pytest_asyncio.fixture(scope="session")
async def http_client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the one server; each test begins a new world behind it."""
    with bound_socket() as sock:
        async with (
            serving(app, sock) as url,
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            yield client


@pytest_asyncio.fixture
async def over_http(app: Starlette, http_client: httpx.AsyncClient) -> Face:
    """A new world behind HTTP."""
    return OverHttp(http_client, app)


@pytest_asyncio.fixture(scope="session")
async def caught_client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of this process, as activities have them."""
    async with httpx.AsyncClient(base_url="http://shop.internal") as client:
        yield client


@pytest_asyncio.fixture
async def in_process(caught_client: httpx.AsyncClient) -> AsyncIterator[Face]:
    """A new world behind the httpx patch."""
    with httpx_patch():
        yield InProcess(caught_client)


@pytest_asyncio.fixture
async def always_finished(app: Starlette, http_client: httpx.AsyncClient) -> Face:
    """A new world behind HTTP, whose orders are out of memory between any two requests."""
    return AlwaysFinished(http_client, app)


@pytest_asyncio.fixture
async def always_restarted(
    app: Starlette, http_client: httpx.AsyncClient, tmp_path: Path
) -> AsyncIterator[Face]:
    """A new world behind HTTP, which begins again from its log between any two requests."""
    face = AlwaysRestarted(http_client, app, tmp_path / "fakes.ndjson")
    yield face
    face.end()


@pytest.fixture(params=["in_process", "over_http", "always_finished", "always_restarted"])
def face(request: pytest.FixtureRequest) -> Face:
    """Each test that asks for a face runs once with each of them."""
    face: Face = request.getfixturevalue(request.param)
    return face
