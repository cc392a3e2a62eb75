"""Who may use the control routes: programs that named this computer, and no web page.

A page in a browser can send requests here: directly, which its ``Origin`` shows, or under a name of
its own that it lets point here (DNS rebinding), which the ``Host`` shows.
"""

from __future__ import annotations

import ipaddress
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def refuse_strangers(request: Request, *, public: bool) -> Response | None:
    """The refusal of a request with a foreign ``Host`` or ``Origin``; ``None`` for all others.

    Args:
        request: The request, of which only the head is read.
        public: Whether the server may be reached by any name.
    """
    hosts = request.headers.getlist("host")
    origins = request.headers.getlist("origin")
    if len(hosts) != 1 or not (public or is_loopback(_name_of(hosts[0]))):
        named = ", ".join(hosts) or "none"
        rule = "control routes are for this computer: use localhost, or start with --public"
        return _forbidden("foreign_host", f"Host {named}; {rule}")
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        detail = f"Origin {', '.join(origins)}; control routes are for no other page"
        return _forbidden("foreign_origin", detail)
    return None


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this computer for itself only."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _name_of(host: str) -> str:
    """The name or address in a ``Host`` header."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _forbidden(error: str, detail: str) -> Response:
    return JSONResponse({"error": error, "detail": detail}, HTTPStatus.FORBIDDEN)
