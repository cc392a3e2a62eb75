"""uvicorn around the application: for the command line, and for programs that serve fakes.

A program with an event loop serves like this::

    with bound_socket() as sock:
        async with serving(create_app(services), sock) as url:
            ...
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

from sagacheck.http.connection import Connection
from sagacheck.strange_pages import is_loopback


class Server(uvicorn.Server):
    """uvicorn, with connections that faults can break, and a callback when it listens.

    Args:
        app: What is served.
        listening: Called once connections are accepted.
        handle_signals: Whether Ctrl-C and SIGTERM stop the server.
    """

    def __init__(
        self, app: Starlette, listening: Callable[[], None], *, handle_signals: bool = True
    ) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._listening = listening
        self._handle_signals = handle_signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self._listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take over the signals that stop a server, if it is to. To stop is no failure.

        uvicorn would send them again to this process when it has stopped.
        """
        signals = (signal.SIGINT, signal.SIGTERM) if self._handle_signals else ()
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class NotPublicError(Exception):
    """An address that other computers reach, without a word that they may."""


def bound_socket(host: str = "127.0.0.1", port: int = 0, *, public: bool = False) -> socket.socket:
    """A socket bound to `host` and `port`; 0 takes any free port.

    Args:
        host: A name or address of this computer.
        port: The port.
        public: Whether other computers may reach it.

    Raises:
        NotPublicError: Other computers would reach it, and may not.
        OSError: The address is taken or not of this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would leave Nagle's algorithm on: 40 ms for each reply.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    except (TypeError, ValueError):  # a name that cannot be encoded
        sock.close()
        raise OSError(errno.EINVAL, "this is no host name") from None
    address = sock.getsockname()[0]
    if not public and not is_loopback(address):
        sock.close()  # no client has connected: it does not listen yet
        msg = f"other computers reach {address}, and so every control route: --public allows it"
        raise NotPublicError(msg)
    return sock


def url_of(sock: socket.socket) -> str:
    """The base URL of the services on `sock`."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serving(app: Starlette, sock: socket.socket) -> AsyncIterator[str]:
    """Serve `app` on the running loop while open; yields the base URL once it listens."""
    listening = asyncio.Event()
    server = Server(app, listening.set, handle_signals=False)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        await listening.wait()
        yield url_of(sock)
    finally:
        server.should_exit = True
        await task
