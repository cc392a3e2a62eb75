"""A client of JSON over HTTP, on asyncio's own streams.

The HTTP clients of a worker belong to the saga under load, and are answered by the harness: this
one must not be.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

IDLE_SECONDS = 2.0
"""A connection that was idle for longer may just be closed by the server, so it is not used."""
_HEAD_END = b"\r\n\r\n"


class JsonClient:
    """Asks one server. Each request has a connection of its own while it is under way.

    Args:
        url: The server's base URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._netloc, self._base = parts.netloc, parts.path.rstrip("/")
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    @property
    def address(self) -> str:
        """The server's host and port."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._port}"

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status and the body of the reply.

        Raises:
            ConnectionRefusedError: There is no connection: the request was not sent.
            ConnectionError: The connection broke, and it is unknown whether the server has acted.
            ValueError: The reply is no JSON.
        """
        reader, writer = await self._connection()
        try:
            writer.write(self._encoded(method, path, body))
            await writer.drain()
            status, content, stays = await _read_reply(reader)
        except BaseException as error:
            writer.close()
            if isinstance(error, OSError | EOFError):
                raise ConnectionResetError(f"{method} {path}: {error}") from None
            raise
        if stays:
            self._idle.append((time.monotonic(), reader, writer))
        else:
            writer.close()
        return status, json.loads(content or b"null")

    async def close(self) -> None:
        """Close the connections that are idle."""
        idle, self._idle = self._idle, []
        for _, _, writer in idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            since, reader, writer = self._idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and not reader.at_eof():
                return reader, writer
            writer.close()
        try:
            return await asyncio.open_connection(self._host, self._port, ssl=self._tls or None)
        except OSError as error:
            raise ConnectionRefusedError(f"{self._host}:{self._port}: {error}") from None

    def _encoded(self, method: str, path: str, body: Any) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = [f"{method} {self._base}{path} HTTP/1.1", f"Host: {self._netloc}"]
        if body is not None:
            head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join(head).encode() + _HEAD_END + content


async def _read_reply(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    """The status and body of a reply, and whether the connection stays open after it."""
    head = (await reader.readuntil(_HEAD_END)).decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:])
    }
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(head[0].split()[1]), content, headers.get("connection", "").lower() != "close"
