"""Who may use a server of this computer: programs that name this computer, and no web page.

A page in a browser can send requests here: directly, which its ``Origin`` shows, or under a name of
its own that it lets point here (DNS rebinding), which the ``Host`` shows.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence


class StrangerError(Exception):
    """A request comes from elsewhere.

    Args:
        code: ``foreign_host`` or ``foreign_origin``.
        detail: A sentence for a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def refuse_strangers(
    hosts: Sequence[str], origins: Sequence[str], *, public: bool, scheme: str = "http"
) -> None:
    """Refuse a request with a foreign ``Host`` or ``Origin``.

    Args:
        hosts: Its headers ``Host``; a right request has one.
        origins: Its headers ``Origin``; programs send none.
        public: Whether the server may be reached by any name.
        scheme: The scheme of the server's own pages.

    Raises:
        StrangerError: It has one.
    """
    if len(hosts) != 1 or not (public or is_loopback(_name_of(hosts[0]))):
        msg = f"Host {', '.join(hosts) or 'none'}; only this computer may ask, as localhost"
        raise StrangerError("foreign_host", msg)
    own = f"{scheme}://{hosts[0].lower()}"
    if any(origin.lower() != own for origin in origins):
        msg = f"Origin {', '.join(origins)}; no page of another server may ask"
        raise StrangerError("foreign_origin", msg)


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
