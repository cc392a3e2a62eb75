"""The body of a request, of which no more is read than a body may have."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sagacheck.network import LARGEST_BODY


async def content_of(request: Request) -> bytes:
    """The body; of one that is too large the beginning, which is too large as well.

    Raises:
        starlette.requests.ClientDisconnect: The client has left before its body was complete.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            break
    return bytes(content[: LARGEST_BODY + 1])


def refuse_other_types(request: Request) -> Response | None:
    """The refusal of a body that is not said to be JSON: a web page may send such bodies."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return None
    detail = f"a body needs Content-Type: application/json, not {kind or 'none'}"
    error = {"error": "unsupported_media_type", "detail": detail}
    return JSONResponse(error, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
