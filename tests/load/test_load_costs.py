"""What an order costs the server is what docs/load.md says."""

from __future__ import annotations

import re

import pytest

from bench.load.cluster import Cluster
from bench.load.costs import Costs, costs_by_kind
from orders.client import connect
from sagacheck.load import ControlClient
from tests.load._runs import ROOT

ROW = re.compile(r"^\| (?P<kind>[a-z][a-z, ]+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


@pytest.mark.asyncio
async def test_events_and_workflow_tasks_are_those_of_the_document(elsewhere: Cluster) -> None:
    """Each kind of order costs what docs/load.md says, and that is the least that its steps can."""
    text = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
    shown = {row["kind"]: Costs(*map(int, row.groups()[1:])) for row in ROW.finditer(text)}
    client = await connect(address=elsewhere.address)

    found = await costs_by_kind(client, ControlClient(elsewhere.url), "costs")

    assert found == shown
    assert [each.workflow_tasks for each in found.values()] == [
        each.activities + 1 for each in found.values()
    ], "a workflow task at the beginning, and one after each step"
    assert [each.events for each in found.values()] == [
        2 + 3 * each.activities + 3 * each.workflow_tasks for each in found.values()
    ], "nothing is stored but the steps: no timers, no markers"
