"""The fakes over HTTP: what docs/fakes-http.md says is done, and does what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.engines import free_ports
from sagacheck.services import Operation
from tests.contract.order_requests import STEPS, Step
from tests.docs.documents import ROOT, Reader


def test_the_document_about_the_fakes_is_true(tmp_path: Path) -> None:
    """Services that are started, asked, and judged by a program that reads their streams."""
    (port,) = free_ports(1)
    addresses = {"--port 8080": f"--port {port}", "localhost:8080": f"127.0.0.1:{port}"}

    assert Reader(tmp_path, addresses).read(ROOT / "docs" / "fakes-http.md") > 5


OFFERED = {
    row[0].strip("` "): row[1:]
    for line in (ROOT / "docs" / "fakes-http.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| `") and len(row := line.strip("| ").split(" | ")) >= 3 and "." in row[0]
}
"""The rows of the table of operations, by operation: the request, the answer, the refusals."""


def test_every_operation_is_told() -> None:
    """None is missing, and none is there that the services lack."""
    assert list(OFFERED) == ORDER_OPERATIONS.names


@pytest.mark.parametrize("operation", ORDER_OPERATIONS.operations, ids=lambda each: each.name)
def test_what_is_told_of_an_operation_is_so(operation: Operation) -> None:
    """Its routes, the status and the fields of its answer, and what it refuses with."""
    request, answer, *refusals = OFFERED[operation.name]

    assert [route for route in operation.routes if f"`{route}" not in request] == []
    fields = f" `{{{', '.join(operation.reply_fields)}}}`" if operation.reply_fields else ""
    assert answer == f"{operation.success}{fields}"
    told = " ".join(refusals)
    assert [each for each in operation.refusals if f"{each.status} `{each.code}`" not in told] == []


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_the_body_that_is_told_is_one_that_is_taken(step: Step) -> None:
    """The fields of the table are those that callers send."""
    request, *_ = OFFERED[step.create]
    told = re.sub(r": (\[?{.*?}\]?)", "", request.rpartition("`{")[2].partition("}`")[0])

    assert told.replace("K", "idempotency_key").split(", ") == list(step.body)
