"""Sends the HTTP requests of activities to the services of a run, whatever host they name.

Activities call the hosts that they were written for, by clients of their own. respx puts a
transport in front of that of each httpx client, as its documentation says for ``using="httpx"``; a
request that its route returns passes through to the client's own transport.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import respx

from sagacheck.network import Routes


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests to a service go.

    Attributes:
        url: The base URL of the service in this run.
        limit_seconds: How long a call may take.
    """

    url: httpx.URL
    limit_seconds: float


Targets = Mapping[str, Target]
"""The target of each service, by the service's name."""


@contextmanager
def redirected_to(targets: Targets, routes: Routes) -> Iterator[respx.MockRouter]:
    """While open, every httpx request of this process goes to `targets`, or nowhere."""
    router = _Router(using="httpx", assert_all_called=False)
    router.route().mock(side_effect=partial(redirect, targets=targets, routes=routes))
    with router:
        yield router


def redirect(request: httpx.Request, *, targets: Targets, routes: Routes) -> httpx.Request:
    """Redirect a request to the service that has its method and path.

    Args:
        request: Changed in place.
        targets: Where each service is.
        routes: The routes of the services.

    Returns:
        The same request.

    Raises:
        sagacheck.network.UnknownRouteError: No service has this route; nothing is sent anywhere.
    """
    if request.method == "GET":
        service = next(iter(targets))  # each of them serves the collections of all
    else:
        operation, _ = routes.match(request.method, request.url.path)
        service = operation.service
    target = targets[service]
    where = {"scheme": target.url.scheme, "host": target.url.host, "port": target.url.port}
    request.url = request.url.copy_with(**where)
    request.headers["Host"] = target.url.netloc.decode()
    kinds = ("connect", "read", "write", "pool")
    request.extensions["timeout"] = dict.fromkeys(kinds, target.limit_seconds)
    return request


class _Router(respx.MockRouter):
    """Records nothing: the records of a worker that runs for hours would fill its memory."""

    def record(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing."""
