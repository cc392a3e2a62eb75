"""Which operation a request asks for, by the routes in the table of operations."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from sagacheck.network.bodies import BodyError, BodyTooLargeError, read_body
from sagacheck.network.delivery import Call
from sagacheck.services import HEADER, Operation, OperationTable

_LONGEST_PATH = 200
"""Characters of a path that a message quotes."""


class UnknownRouteError(LookupError):
    """Nothing answers to this method and path."""


class _Route(msgspec.Struct, frozen=True):
    method: str
    template: str
    pattern: re.Pattern[str]
    operation: Operation


class Routes:
    """The routes of a table of operations."""

    def __init__(self, table: OperationTable) -> None:
        self._routes = [
            _Route(method, path, _pattern(path), operation)
            for operation in table.operations
            for method, path in (route.split(" ", 1) for route in operation.routes)
        ]
        self._fixed = {
            (route.method, route.template): route.operation
            for route in self._routes
            if "{" not in route.template
        }

    def reads(self, path: str) -> bool:
        """Whether an operation answers a GET of this path."""
        return any(each.method == "GET" and each.pattern.fullmatch(path) for each in self._routes)

    def match(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """The operation with this route, and the parameters in the path.

        Raises:
            UnknownRouteError: There is no such operation; the message names the nearest.
        """
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        for route in self._routes:
            found = route.pattern.fullmatch(path) if route.method == method else None
            if found:
                return route.operation, found.groupdict()
        known = [f"{route.method} {route.template}" for route in self._routes]
        raise unknown_route(method, path, known)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


def unknown_route(method: str, path: str, known: Iterable[str]) -> UnknownRouteError:
    """The error that names the nearest of the `known` routes."""
    path = path[:_LONGEST_PATH]
    near = difflib.get_close_matches(f"{method} {path}", known, n=1, cutoff=0.0)
    what = f"the nearest is {near[0]}" if near else f"no operation has a {method} route"
    return UnknownRouteError(f"no fake answers {method} {path}; {what}")


def call_of(
    operation: Operation,
    path: Mapping[str, str],
    query: Mapping[str, str],
    content: bytes,
    headers: Mapping[str, str] | None = None,
    **caller: Any,
) -> Call:
    """The call that a request makes. Parameters in the path win over the body and the query.

    Args:
        operation: What it asks for.
        path: The parameters in the path.
        query: The parameters in the query.
        content: The body.
        headers: The headers, whatever the case of their names; ``None`` where there are none.
        caller: The fields of `Call` about its caller, as far as they are known.
    """
    body: Any = {}
    malformed, too_large = "", False
    if content:
        try:
            body = read_body(content)
        except BodyError as error:
            malformed = str(error)
            too_large = isinstance(error, BodyTooLargeError)
    if not isinstance(body, dict):
        malformed = f"the body is a {type(body).__name__}, not an object"
        body = {}
    fields = {**query, **body, **path}
    unread_key = ""
    if headers is not None:
        read, unread_key = _headers_of(tuple(headers), operation.headers)
        for field, name in read:
            fields[field] = headers[name]
    return Call(
        operation,
        fields,
        malformed=malformed,
        too_large=too_large,
        unread_key=unread_key,
        **caller,
    )


_KEY = re.compile(r"idempot|dedup|(request|transaction)-?id|client-?token")
"""How the headers are named in which services take keys, beside Idempotency-Key."""


@lru_cache(maxsize=1000)
def _headers_of(
    names: tuple[str, ...], of_operation: tuple[str, ...]
) -> tuple[list[tuple[str, str]], str]:
    """What an operation reads of the headers of a request, and the key that it does not read.

    Returns:
        The name of the field and of the header for each header that is read; and the header that
        looks like an idempotency key and is not read, as HTTP writes its name.
    """
    wanted = {name.lower(): HEADER + name for name in of_operation}
    read = [(wanted[name.lower()], name) for name in names if name.lower() in wanted]
    keys = [name.lower() for name in names if _KEY.search(name.lower())]
    # An id of a request may be one for traces, beside the key.
    unread = [each for each in keys if each not in wanted]
    unread.sort(key=lambda name: "idempot" not in name)
    return read, unread[0].title() if unread else ""
