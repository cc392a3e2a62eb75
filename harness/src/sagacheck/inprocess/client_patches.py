"""All clients of HTTP talk to the fakes, unchanged: httpx, aiohttp, urllib3 and so requests."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from sagacheck.inprocess.allowed_hosts import allow_hosts
from sagacheck.inprocess.carried_context import carry_context
from sagacheck.inprocess.clients.after_import import AfterImport
from sagacheck.inprocess.clients.changes import undo_changes
from sagacheck.inprocess.httpx_patch import httpx_patch
from sagacheck.inprocess.socket_guard import guard_sockets


def _urllib3(module: ModuleType) -> None:
    from sagacheck.inprocess.clients.urllib3_pool import answer_urllib3  # noqa: PLC0415 - if used

    answer_urllib3(module)


def _aiohttp(module: ModuleType) -> None:
    from sagacheck.inprocess.clients.aiohttp_connector import answer_aiohttp  # noqa: PLC0415 - same

    answer_aiohttp(module)


_after_import = AfterImport({"urllib3.connectionpool": _urllib3, "aiohttp.connector": _aiohttp})
_lock = threading.Lock()
_users = 0


@contextmanager
def client_patches(allowed: Sequence[str] = ()) -> Iterator[None]:
    """While open, HTTP requests of the process go to the fakes, and other connections nowhere.

    Args:
        allowed: Hosts that are reached as always, such as ``"localhost:5432"``.
    """
    with httpx_patch(), allow_hosts(allowed):
        _begin()
        try:
            yield
        finally:
            _end()


def _begin() -> None:
    global _users  # noqa: PLW0603 - the process has one of each client
    with _lock:
        _users += 1
        if _users == 1:
            sys.meta_path.insert(0, _after_import)
            _after_import.change_those_imported()
            carry_context()
            guard_sockets()


def _end() -> None:
    global _users  # noqa: PLW0603 - as above
    with _lock:
        _users -= 1
        if not _users:
            sys.meta_path.remove(_after_import)
            undo_changes()
