"""The hosts that activities may reach over sockets, as a saga under test names them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_WRITTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+)(:(?P<port>\d{1,5}))?|/\S+")
_open: Counter[tuple[str, int | None]] = Counter()
_addresses: set[tuple[str, int | None]] = set()
"""What names of such hosts have been looked up to."""


def read_host(written: str) -> tuple[str, int | None]:
    """A host and its port, or the path of a Unix socket.

    Args:
        written: ``"db.internal"``, ``"localhost:5432"``, ``"[::1]:5432"``, or ``"/run/db.sock"``.

    Raises:
        ValueError: It is none of these.
    """
    match = _WRITTEN.fullmatch(written)
    if match is None:
        msg = f'{written!r} is no host: write "db.internal" or "localhost:5432", without a scheme'
        raise ValueError(msg)
    if match["host"] is None:
        return written, None
    return match["host"].strip("[]").lower(), int(match["port"]) if match["port"] else None


@contextmanager
def allow_hosts(hosts: Sequence[str]) -> Iterator[None]:
    """Let activities reach these hosts, while open."""
    known = [read_host(each) for each in hosts]
    _open.update(known)
    try:
        yield
    finally:
        _open.subtract(known)
        if not any(_open.values()):
            _addresses.clear()


def is_allowed(host: str | None, port: int | None) -> bool:
    """Whether an activity may reach a host, by its name or address."""
    if not host:
        return False
    name = host if host.startswith("/") else host.lower()
    places = ((name, None), (name, port))
    return any(_open[each] > 0 or each in _addresses for each in places)


def is_named(host: str) -> bool:
    """Whether a host is allowed at some port, so that it may be looked up."""
    return any(name == host.lower() for name, _ in +_open)


def note_address(host: str, address: str) -> None:
    """Note that an allowed host has an address: it may be reached at the same ports."""
    _addresses.update((address, port) for name, port in +_open if name == host.lower())
