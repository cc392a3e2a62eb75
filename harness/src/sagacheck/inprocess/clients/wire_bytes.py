"""Replies and failures as bytes on a connection, so that each client reads and raises by itself."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses

import httpx

from sagacheck.network import IncompleteReplyError, TransportError, WireReply

_WITHOUT_BODY = (204, 304)


def reply_bytes(reply: WireReply) -> bytes:
    """A reply as a server of HTTP/1.1 sends it."""
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}"]
    lines += (f"{name}: {value}" for name, value in reply.headers.items())
    if reply.status not in _WITHOUT_BODY:
        lines.append(f"Content-Length: {len(reply.content)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.content


def received(outcome: WireReply | TransportError) -> bytes:
    """What arrives of a reply before its connection ends.

    Of one that is cut off it is the half of its body, or nothing where it has none: clients take
    half a head for a whole one.
    """
    if isinstance(outcome, WireReply):
        return reply_bytes(outcome)
    if isinstance(outcome, IncompleteReplyError):
        sent, missing = reply_bytes(outcome.reply), (len(outcome.reply.content) + 1) // 2
        return sent[:-missing] if missing else b""
    return b""


def headers_of(headers: Mapping[str, str]) -> httpx.Headers:
    """The headers of any client, found whatever the case of their names."""
    return httpx.Headers([(name, value) for name, value in headers.items()])
