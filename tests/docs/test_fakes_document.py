"""The fakes over HTTP: what docs/fakes-http.md says is done, and does what it shows."""

from __future__ import annotations

from pathlib import Path

from scenarios.engines.embedded import free_ports
from tests.docs.documents import ROOT, Reader


def test_the_document_about_the_fakes_is_true(tmp_path: Path) -> None:
    """Services that are started, asked, and judged by a program that reads their streams."""
    (port,) = free_ports(1)
    addresses = {"--port 8080": f"--port {port}", "localhost:8080": f"127.0.0.1:{port}"}

    assert Reader(tmp_path, addresses).read(ROOT / "docs" / "fakes-http.md") > 5
