"""Fixtures of load tests: a browser, and a system that runs elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.load.cluster import Cluster, running_cluster
from tests.browsing import browser

__all__ = ["browser"]


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Temporal, services and a worker, for all tests that need not start their own."""
    with running_cluster(tmp_path_factory.mktemp("elsewhere")) as found:
        yield found
