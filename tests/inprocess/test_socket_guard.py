"""Connections of attempts are refused before they are made, and those of the harness are not."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import pytest_asyncio
import requests
from temporalio.exceptions import ApplicationError

from fakes import order_network
from sagacheck.inprocess import AttemptContext, client_patches, guarded_trial, in_context, read_host

pytestmark = pytest.mark.asyncio


class Listener:
    """A server that counts its connections, and answers each with an empty reply of HTTP.

    Attributes:
        accepted: How many there were.
    """

    def __init__(self) -> None:
        self.accepted = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one."""
        self.accepted += 1
        if b"HTTP/1.1" in await reader.readline():
            while await reader.readline() not in (b"\r\n", b""):
                pass
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def listener() -> AsyncIterator[tuple[Listener, int]]:
    """It, and its port."""
    listener = Listener()
    async with await asyncio.start_server(listener, "127.0.0.1", 0) as server:
        yield listener, server.sockets[0].getsockname()[1]


@pytest_asyncio.fixture
async def unix_listener(tmp_path: Path) -> AsyncIterator[tuple[Listener, str]]:
    """It, and its path."""
    listener, path = Listener(), str(tmp_path / "Db.sock")
    async with await asyncio.start_unix_server(listener, path):
        yield listener, path


def by_socket(host: str, port: int) -> None:
    """In this thread."""
    with socket.create_connection((host, port)) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100)


def by_its_number(host: str, port: int) -> None:
    """The same, for an error that is a number."""
    with socket.socket() as connection:
        assert not connection.connect_ex((host, port))
        connection.sendall(b"hello\n")
        assert connection.recv(100)


def by_urllib(host: str, port: int) -> None:
    """With a client that the fakes do not answer."""
    urllib.request.urlopen(f"http://{host}:{port}/", timeout=5).close()


def by_a_thread_of_its_own(host: str, port: int) -> None:
    """In a thread that this one starts."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(by_socket, host, port).result()


async def by_asyncio(host: str, port: int) -> None:
    """In a coroutine."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"hello\n")
    assert await reader.read(100)
    writer.close()


async def by_an_executor(host: str, port: int) -> None:
    """In a thread that a coroutine starts."""
    await asyncio.get_running_loop().run_in_executor(None, by_socket, host, port)


WAYS: list[Callable[[str, int], Any]] = [
    by_socket,
    by_its_number,
    by_urllib,
    by_a_thread_of_its_own,
    by_asyncio,
    by_an_executor,
]


async def connect(way: Callable[[str, int], Any], host: str, port: int) -> None:
    """Connect in one of these ways."""
    if asyncio.iscoroutinefunction(way):
        await way(host, port)
    else:
        await asyncio.to_thread(way, host, port)


def attempt(notes: list[str]) -> AttemptContext:
    """An attempt of an activity."""
    loop = asyncio.get_running_loop()
    return AttemptContext(order_network(), activity="charge", loop=loop, refuse=notes.append)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "db.internal", "192.0.2.1", "::1"])
async def test_a_connection_of_an_attempt_is_refused(
    listener: tuple[Listener, int], way: Callable[[str, int], Any], host: str
) -> None:
    """It reaches no listener, and the message has host, port, activity and remedy."""
    (counted, port), notes = listener, list[str]()
    written = f"[{host}]" if way is by_urllib and ":" in host else host
    with client_patches(), in_context(attempt(notes)), pytest.raises(ApplicationError) as refused:
        await connect(way, written, port)

    assert counted.accepted == 0
    assert refused.value.non_retryable
    message = str(refused.value).removeprefix("ConnectionNotAllowed: ")
    assert notes == [message]
    assert message.startswith("the activity charge was refused a connection to ")
    assert f":{port}" in message
    assert "allow_hosts=" in message
    if host != "localhost":
        assert host in message


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:{port}"])
async def test_an_allowed_host_is_reached(
    listener: tuple[Listener, int], way: Callable[[str, int], Any], allowed: str
) -> None:
    """By all that code does, at all of its ports or at one."""
    (counted, port), notes = listener, list[str]()
    with client_patches([allowed.format(port=port)]), in_context(attempt(notes)):
        await connect(way, "127.0.0.1", port)
    assert (counted.accepted, notes) == (1, [])


async def test_a_host_is_allowed_by_its_name(listener: tuple[Listener, int]) -> None:
    """Then it may be looked up, and reached at the addresses that were found, at its port alone."""
    (counted, port), notes = listener, list[str]()
    with client_patches([f"LocalHost:{port}"]), in_context(attempt(notes)):
        await by_asyncio("localhost", port)
        with pytest.raises(ApplicationError, match=r"refused a connection to 127\.0\.0\.1:1:"):
            await by_asyncio("127.0.0.1", 1)
    assert counted.accepted == 1


async def test_clients_reach_an_allowed_host(listener: tuple[Listener, int]) -> None:
    """What is not to be answered by the fakes is not."""
    counted, port = listener
    url = f"http://127.0.0.1:{port}/"

    def in_a_thread() -> list[int]:
        return [
            requests.get(url, timeout=5).status_code,
            httpx.get(url, trust_env=False).status_code,
        ]

    with client_patches([f"127.0.0.1:{port}"]), in_context(attempt([])):
        assert await asyncio.to_thread(in_a_thread) == [204, 204]
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(url)).status_code == 204
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            assert reply.status == 204
    assert counted.accepted == 4


async def test_a_unix_socket_is_refused_unless_its_path_is_allowed(
    unix_listener: tuple[Listener, str],
) -> None:
    """As a host is."""
    (counted, path), notes = unix_listener, list[str]()
    with client_patches(), in_context(attempt(notes)), pytest.raises(ApplicationError, match=path):
        await asyncio.open_unix_connection(path)
    assert counted.accepted == 0
    with client_patches([path]), in_context(attempt(notes)):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"hello\n")
        assert await reader.read(100)
        writer.close()
    assert (counted.accepted, len(notes)) == (1, 1)


@pytest.mark.parametrize("look_up", ["getaddrinfo", "gethostbyname", "gethostbyaddr"])
async def test_no_lookup_leaves_the_harness(look_up: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver is not asked; it is for what is known without it."""
    asked: list[Any] = []

    def resolve(*args: Any) -> list[Any]:
        asked.append(args)
        return []

    monkeypatch.setattr(socket, look_up, resolve)
    args = (5432,) if look_up == "getaddrinfo" else ()
    with client_patches(), in_context(attempt([])):
        with pytest.raises(ApplicationError, match=r"connection to db\.internal"):
            getattr(socket, look_up)("db.internal", *args)
        assert asked == []
        getattr(socket, look_up)("127.0.0.1", *args)
    assert asked == [("127.0.0.1", *args)]


async def test_datagrams_are_refused_too() -> None:
    """Metrics and traces leave the harness as well as orders do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with client_patches(), in_context(attempt([])):
            with pytest.raises(ApplicationError, match=r"connection to 127\.0\.0\.1:8125:"):
                sock.sendto(b"orders:1|c", ("127.0.0.1", 8125))
            with pytest.raises(ApplicationError, match=r"connection to 127\.0\.0\.1:8125:"):
                sock.sendmsg([b"orders:1|c"], [], 0, ("127.0.0.1", 8125))
        assert sock.sendto(b"orders:1|c", ("127.0.0.1", 8125)) == 10


async def test_code_of_no_attempt_may_connect_to_this_computer_alone(
    listener: tuple[Listener, int],
) -> None:
    """While a trial is played, and then anywhere. A thread that waits for work may be any one's."""
    (counted, port), notes = listener, list[str]()
    with client_patches():
        with guarded_trial(notes.append):
            await by_asyncio("127.0.0.1", port)
            with pytest.raises(ConnectionRefusedError, match=r"no activity .* to 192\.0\.2\.1:9"):
                await by_asyncio("192.0.2.1", 9)
            with pytest.raises(ConnectionRefusedError, match=r"no activity .* to db\.internal:9"):
                await by_asyncio("db.internal", 9)
        assert len(notes) == 2
        await by_asyncio("127.0.0.1", port)
    assert counted.accepted == 2


def _double(number: int, pipe: Any) -> None:
    pipe.send(2 * number)


async def test_what_python_itself_needs_is_not_refused(tmp_path: Path) -> None:
    """Pairs of sockets, event loops of threads, child processes, and their managers."""
    notes: list[str] = []

    def act() -> int:
        asyncio.run(asyncio.sleep(0))
        first, second = socket.socketpair()
        with first, second:
            first.sendall(b"12")
            assert second.recv(2) == b"12"
        context = multiprocessing.get_context("fork")
        with context.Manager() as manager:
            shared = manager.list([1, 2])
            ours, theirs = context.Pipe()
            child = context.Process(target=_double, args=(sum(shared), theirs))
            child.start()
            doubled: int = ours.recv()
            child.join()
        return doubled

    with client_patches(), in_context(attempt(notes)):
        assert await asyncio.to_thread(act) == 6
        process = await asyncio.create_subprocess_exec("true")
        assert await process.wait() == 0
    assert notes == []


async def test_nothing_is_left_of_the_guard() -> None:
    """All is as before when the last engine is closed."""
    before = {**vars(socket)}, {**vars(socket.socket)}, threading.Thread.start
    with ExitStack() as stack:
        stack.enter_context(client_patches())
        stack.enter_context(client_patches())
        assert vars(socket)["getaddrinfo"] is not before[0]["getaddrinfo"]
    assert ({**vars(socket)}, {**vars(socket.socket)}, threading.Thread.start) == before


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("db", ("db", None)),
        ("DB.internal:5432", ("db.internal", 5432)),
        ("[::1]:80", ("::1", 80)),
        ("[::1]", ("::1", None)),
        ("/run/Db.sock", ("/run/Db.sock", None)),
    ],
)
async def test_hosts_are_written_as_usual(written: str, read: tuple[str, int | None]) -> None:
    """A name or address, with a port or without, or a path."""
    assert read_host(written) == read


@pytest.mark.parametrize("written", ["http://db", "db:", "", "db:x", "a b", "db/orders"])
async def test_what_is_no_host_is_an_error(written: str) -> None:
    """The message says how one is written."""
    with pytest.raises(ValueError, match=r'write "db\.internal" or "localhost:5432"'):
        read_host(written)
