"""Locust's web UI in a real browser: a test is started and stopped, the tab shows its verdict."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from scenarios.engines.embedded import free_ports
from tests.load._runs import NAIVE, locust

SOON_MS = 60_000


def test_tab_shows_the_run_and_its_verdict(tmp_path: Path, browser: Browser) -> None:
    """Started and stopped by its buttons, a bad saga's violations stand in the tab."""
    (port,) = free_ports(1)
    arguments = ["--web-host", "127.0.0.1", "--web-port", str(port), "--workers", "1"]
    arguments += ["--saga", NAIVE, "--resubmits", "1", "--faults", "none"]
    with locust(tmp_path, *arguments, headless=False) as run:
        run.wait_until(lambda: "workers: 1" in run.said and "Starting web interface" in run.said)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("button", name="Start", exact=False).first.click()
        page.get_by_role("tab", name="Consistency").click()

        expect(page.get_by_text("running", exact=True)).to_be_visible(timeout=SOON_MS)
        expect(page.get_by_text("compensating", exact=True)).to_be_visible()
        expect(page.get_by_text("I13:").first).to_be_visible(timeout=SOON_MS)
        page.get_by_role("button", name="Stop").click()

        run.wait_until(lambda: "\ninvalid: " in run.said)
        assert page.request.get(f"http://127.0.0.1:{port}/consistency").json()["state"] == "invalid"
        run.process.terminate()
        assert run.exit_code() == 1, run.said
    page.close()
