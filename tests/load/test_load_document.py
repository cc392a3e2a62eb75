"""How to run load on a cluster: what docs/load.md says is done, and does what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.load.cluster import Cluster
from orders.client import connection_config
from scenarios.engines.embedded import free_ports
from tests.conftest import Run
from tests.load._documents import reader
from tests.load._runs import ROOT
from tests.load._tls import make_certificate, serve_tls


@pytest.mark.parametrize(
    "nightly", [False, pytest.param(True, marks=pytest.mark.long)], ids=["usual", "nightly"]
)
def test_the_document_is_true(
    tmp_path: Path, run: Run, elsewhere: Cluster, monkeypatch: pytest.MonkeyPatch, *, nightly: bool
) -> None:
    """Through TLS, with an API key, from a profile; services and workers that it has started."""
    door = run(serve_tls(*make_certificate(tmp_path), elsewhere.address))
    port, master_port = map(str, free_ports(2))
    addresses = {
        "temporal.example.com:7233": f"localhost:{door.sockets[0].getsockname()[1]}",
        "fakes.example.com:8080": f"127.0.0.1:{port}",
        "--host 0.0.0.0 --port 8080": f"--host 127.0.0.1 --port {port}",
        "master.example.com --master-port 5557": f"127.0.0.1 --master-port {master_port}",
        "--master --expect": f"--master --master-bind-port {master_port} --expect",
    }
    text = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
    elsewhere.set_workers(0)  # those of the document are to do it
    try:
        with reader(tmp_path, addresses, nightly=nightly) as somebody:
            assert somebody.read(text) > 8
    finally:
        elsewhere.set_workers(1)
        door.close()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", "temporal.toml")
    assert connection_config(profile="cluster")["api_key"] == "a-secret"


def test_a_document_that_is_not_true_is_found(tmp_path: Path) -> None:
    """What is shown must be what is printed."""
    with reader(tmp_path, {}, nightly=False) as somebody, pytest.raises(AssertionError):
        somebody.read("```console\n$ echo invalid\nvalid\n```\n")
