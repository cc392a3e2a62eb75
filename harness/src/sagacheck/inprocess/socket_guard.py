"""No connection leaves the harness during a trial, but to the hosts that the saga allows.

It is refused before it is made, and so is the look-up of its host, in coroutines and in threads. A
trial in which that happened is unknown: what the activity would have done there, nobody knows.

Code that belongs to no attempt, such as a thread that was started before, may connect to this
computer: a debugger or a test's own server is there. What is harness's own is no socket of Python
(the SDK's core), is connected from the beginning (the pipes of event loops), or is a Unix socket of
multiprocessing.

Limitation: a driver that opens its sockets in C, such as libpq or gRPC, is not seen.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from ipaddress import ip_address
from typing import Any

from temporalio.exceptions import ApplicationError

from sagacheck.inprocess.allowed_hosts import is_allowed, is_named, note_address
from sagacheck.inprocess.attempt_context import attempt_here
from sagacheck.inprocess.clients.changes import change

Note = Callable[[str], None]
"""Takes the message about a connection that was refused."""
Function = Callable[..., Any]

_trials: list[Note] = []
_ADDRESS_AT = {"connect": 0, "connect_ex": 0, "sendto": -1, "sendmsg": 3}
"""Where methods of sockets have the address, if they have one."""
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")


@contextmanager
def guarded_trial(note: Note) -> Iterator[None]:
    """While open, a trial is played.

    Args:
        note: Called when code that belongs to no attempt was refused a connection.
    """
    _trials.append(note)
    try:
        yield
    finally:
        _trials.remove(note)


def guard_sockets() -> None:
    """Guard the sockets of the process, until all changes are undone."""
    for name, place in _ADDRESS_AT.items():
        change(socket.socket, name, partial(_guarded, place))
    for name in _LOOKUPS:
        change(socket, name, _guarded_lookup)


def _guarded(place: int, method: Function) -> Function:
    @wraps(method)
    def connect(sock: socket.socket, *args: Any) -> Any:
        address = args[place] if -len(args) <= place < len(args) else None
        if address is not None and (attempt_here() or _trials):
            try:
                _check_address(sock.family, address)
            except Exception:
                if sock.type == socket.SOCK_STREAM:
                    sock.close()  # the standard library does so only for an OSError
                raise
        return method(sock, *args)

    return connect


def _guarded_lookup(look_up: Function) -> Function:
    @wraps(look_up)
    def look_up_if_allowed(host: Any, *args: Any, **more: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        guarded = name and (attempt_here() or _trials)
        if guarded and not (is_named(name) or _is_known(name)):
            _refuse(name, args[0] if args else more.get("port"))
        found = look_up(host, *args, **more)
        if guarded and is_named(name):
            _note_addresses(name, found)
        return found

    return look_up_if_allowed


def _check_address(family: int, address: Any) -> None:
    """Check an address that a socket is about to reach.

    Raises:
        ApplicationError: An attempt may not reach it.
        ConnectionRefusedError: Code of no attempt may not.
    """
    if family == getattr(socket, "AF_UNIX", None):
        path = address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)
        if attempt_here() and not (is_allowed(path, None) or _is_of_multiprocessing(path)):
            _refuse(path, None)
    elif family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
        host, port = str(address[0]), address[1]
        if not is_allowed(host, port) and (attempt_here() or not _is_loopback(host)):
            _refuse(host, port)


def _is_of_multiprocessing(path: str) -> bool:
    return "pymp-" in path or path.startswith("\0listener-")


def _is_known(host: str) -> bool:
    """Whether a host is known without asking anybody: an address, or this computer."""
    if host in ("localhost", socket.gethostname()):
        return True
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _note_addresses(name: str, found: Any) -> None:
    """Note what a look-up found, in the form of any of them."""
    if isinstance(found, str):
        note_address(name, found)
    elif isinstance(found, tuple):
        for address in found[2]:
            note_address(name, address)
    else:
        for *_, address in found:
            note_address(name, str(address[0]))


def _refuse(host: str, port: Any) -> None:
    where = host if port in (None, "") else f"{host}:{port}"
    attempt = attempt_here()
    if attempt is not None:
        message = _message(
            f"the activity {attempt.activity}" if attempt.activity else "a call", where
        )
        attempt.refuse(message)
        raise ApplicationError(message, type="ConnectionNotAllowed", non_retryable=True)
    message = _message("code that belongs to no activity", where)
    for note in [*_trials]:
        note(message)
    raise ConnectionRefusedError(errno.ECONNREFUSED, message)


def _message(who: str, where: str) -> str:
    return (
        f"{who} was refused a connection to {where}: no connection leaves the harness during a "
        "trial. Use a client that it answers (httpx, aiohttp, requests, urllib3), declare what the "
        f"activity does there with sagacheck.effect, or allow it: allow_hosts=[{where!r}]"
    )
