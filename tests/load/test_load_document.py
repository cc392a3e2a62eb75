"""How to run load on a cluster: the commands of docs/load.md are run, and print what it shows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.load.cluster import Cluster
from orders.client import connection_config
from sagacheck.engines import free_ports
from tests.docs.documents import ROOT, Reader
from tests.load._tls import make_certificate, serve_tls


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "nightly", [False, pytest.param(True, marks=pytest.mark.long)], ids=["usual", "nightly"]
)
async def test_the_document_is_true(
    tmp_path: Path, elsewhere: Cluster, monkeypatch: pytest.MonkeyPatch, *, nightly: bool
) -> None:
    """Through TLS, with an API key, from a profile; with services and workers that it starts."""
    door = await serve_tls(*make_certificate(tmp_path), elsewhere.address)
    port, master_port = map(str, free_ports(2))
    addresses = {
        "temporal.example.com:7233": f"localhost:{door.sockets[0].getsockname()[1]}",
        "fakes.example.com:8080": f"127.0.0.1:{port}",
        "--host 0.0.0.0 --port 8080": f"--host 127.0.0.1 --port {port}",
        "master.example.com --master-port 5557": f"127.0.0.1 --master-port {master_port}",
        "--master --expect": f"--master --master-bind-port {master_port} --expect",
    }
    reader = Reader(tmp_path, addresses, nightly=nightly)
    elsewhere.set_workers(0)  # the document starts its own
    try:
        assert await asyncio.to_thread(reader.read, ROOT / "docs" / "load.md") > 5
    finally:
        elsewhere.set_workers(1)
        door.close()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", "temporal.toml")
    assert connection_config(profile="cluster")["api_key"] == "a-secret"
