"""The report of a run, in a browser."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

from sagacheck.load.results.report import MOST_VIOLATIONS, Chart, write_report

SERIOUS = ("serious", "critical")
SECONDS = 60.0
PROCESSES = ("server", "fakes", "worker-1", "worker-2", "locust")


def _run(violations: int) -> dict[str, Any]:
    """What `verdict.json` holds of a run with so many violations."""
    found = {"invariant": "I13", "order": "o-1", "detail": "<b>done</b> 2 times with no key at all"}
    return {
        "verdict": "invalid" if violations else "valid",
        "violations": [found] * violations,
        "unmet": [],
        "orders": {"completed": 2019, "needs_attention": 7},
        "orders_placed": 2026,
        "orders_completed": 2019,
        "facts": {"I13": 4000, "I16": 2026},
        "notes": ["25 orders whose client got no result; the server was asked"],
        "orders_per_second": 33.8,
        "latency": {"p50": 0.3, "p95": 0.8, "p99": 1.6},
        "bottleneck": "server-bound at 33.8 orders/s",
        "processes": {
            name: {"cores": 0.4, "cpu_ms_per_order": 12.7, "peak_rss_mb": 128.2}
            for name in PROCESSES
        },
        "chaos": [{"at": 20.5, "what": "server stopped"}, {"at": 22.0, "what": "server is back"}],
        "faults": [{"fired": 1200, "fault": "drop_response", "on": "payments.charge"}],
        "saga": "tests/sagas/naive.py:SAGA" if violations else None,
        "seed": 7,
        "again": "locust -f load/ --headless --seed 7",
        "versions": {"python": "3.11.7"},
    }


def _charts() -> list[Chart]:
    waves = {
        name: [(float(at), 1 + math.sin(at / 5 + phase)) for at in range(int(SECONDS))]
        for phase, name in enumerate(PROCESSES)
    }
    return [Chart("Cores busy, by process", waves, SECONDS), Chart("Nothing ended", {}, SECONDS)]


def _written(folder: Path, *, violations: int) -> str:
    path = folder / "report.html"
    write_report(path, _run(violations), _charts())
    return path.as_uri()


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_is_accessible(tmp_path: Path, browser: Browser, theme: Any, width: int) -> None:
    """Axe finds nothing serious, nothing is wider than the window, nothing is loaded."""
    page = browser.new_page(color_scheme=theme, viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))

    page.goto(_written(tmp_path, violations=3))

    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    page.close()


def test_the_verdict_comes_first(tmp_path: Path, browser: Browser) -> None:
    """Then the violations, escaped and no more than a page holds; kills are marked."""
    page = browser.new_page()

    page.goto(_written(tmp_path, violations=MOST_VIOLATIONS + 20))
    expect(page.locator("h1")).to_contain_text("Not consistent")
    expect(page.locator(".lead")).to_contain_text(
        "2,019 of 2,026 orders completed, 7 needs attention"
    )
    expect(page.locator("text=showing 100 of 120")).to_be_visible()
    expect(page.locator("td", has_text="<b>done</b>").first).to_be_visible()
    expect(page.locator(".kill")).to_have_count(2 * len(_charts()))

    page.goto(_written(tmp_path, violations=0))
    expect(page.locator("h1")).to_have_text("Consistent")
    expect(page.locator("#violations")).to_have_count(0)
    page.close()
