"""The worker of a saga that is not ours, and where its calls go."""

from __future__ import annotations

import httpx
import pytest

from sagacheck.load.worker import SERVICES, direct
from sagacheck.network.routes import UnknownRouteError

URLS = {each: f"http://127.0.0.1:{port}" for port, each in enumerate(SERVICES, start=8001)}
LIMITS = {each: float(seconds) for seconds, each in enumerate(SERVICES, start=1)}


@pytest.mark.parametrize("host", ["payments.internal", "pay", "api.payments.example.com:8443"])
def test_the_path_says_which_service_is_meant(host: str) -> None:
    """A host of production is not called, not even by a saga that was put in as it is."""
    request = httpx.Request("POST", f"https://{host}/charges?a=b", json={})

    direct(request, URLS, LIMITS)

    assert str(request.url) == f"{URLS['payments']}/charges?a=b"
    assert request.headers["Host"] == URLS["payments"].removeprefix("http://")
    assert request.extensions["timeout"]["read"] == LIMITS["payments"]


def test_whoever_reads_sees_the_same_world() -> None:
    """A collection is read at any of the services."""
    request = httpx.Request("GET", "http://warehouse/stock")

    direct(request, URLS, LIMITS)

    assert request.url.path == "/stock"
    assert f"http://{request.url.netloc.decode()}" in URLS.values()


def test_what_no_service_has_is_sent_nowhere() -> None:
    """The error names the nearest route."""
    request = httpx.Request("POST", "https://api.example.com/chargse")

    with pytest.raises(UnknownRouteError, match="/charges"):
        direct(request, URLS, LIMITS)
