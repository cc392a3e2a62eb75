"""Which operation a method and a path ask for, read off the table of operations."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.routing import compile_path

from fakes.operations import Operation, OperationTable


class UnknownRouteError(LookupError):
    """No operation answers to this method and path."""


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    operation: Operation


class Routes:
    """The routes of a table of operations."""

    def __init__(self, table: OperationTable) -> None:
        self._routes = [
            _Route(method, path, compile_path(path)[0], operation)
            for operation in table.operations
            for method, path in (route.split(" ", 1) for route in operation.routes)
        ]
        self._fixed = {
            (route.method, route.template): route.operation
            for route in self._routes
            if "{" not in route.template
        }

    def match(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """The operation asked for, and the parameters in the path.

        Raises:
            UnknownRouteError: There is no such operation; the message names the nearest.
        """
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        for route in self._routes:
            found = route.pattern.match(path) if route.method == method else None
            if found:
                return route.operation, found.groupdict()
        known = [f"{route.method} {route.template}" for route in self._routes]
        near = difflib.get_close_matches(f"{method} {path}", known, n=1, cutoff=0.0)
        msg = f"no fake answers {method} {path}; the nearest is {near[0]}"
        raise UnknownRouteError(msg)
