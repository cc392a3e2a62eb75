"""Locust's web UI in a browser: a test is started and stopped, the tab shows its verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sagacheck.engines import free_ports
from tests.load._runs import NAIVE, locust

SHIPPED_TWICE = re.compile(r"^I6: \S+ ended as completed: due .*, shipped .*, reserved nothing$")
"""Of a saga that ships an order again when it is placed again: requests of another run, with no
key, repeat no earlier one, so it is the goods that tell, not I13."""


def test_tab_shows_the_run_and_its_verdict(tmp_path: Path, browser: Browser) -> None:
    """Started and stopped by its buttons; the tab shows the violations of a bad saga."""
    (port,) = free_ports(1)
    arguments = ["--web-host", "127.0.0.1", "--web-port", str(port), "--workers", "1"]
    arguments += ["--saga", NAIVE, "--resubmits", "1", "--faults", "none"]
    with locust(tmp_path, *arguments, headless=False) as run:
        run.wait_until(
            lambda: "workers: 1" in run.output and "Starting web interface" in run.output
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("button", name="Start", exact=False).first.click()
        page.get_by_role("tab", name="Consistency").click()

        expect(page.get_by_text("running", exact=True)).to_be_visible()
        expect(page.get_by_text("compensating", exact=True)).to_be_visible()
        expect(page.get_by_text(SHIPPED_TWICE).first).to_be_visible()
        page.get_by_role("button", name="Stop").click()

        run.wait_until(lambda: "\ninvalid: " in run.output)
        assert page.request.get(f"http://127.0.0.1:{port}/consistency").json()["state"] == "invalid"
        run.process.terminate()
        assert run.exit_code() == 1, run.output
    page.close()


@pytest.mark.long
def test_the_form_asks_for_the_options_of_each_test(tmp_path: Path, browser: Browser) -> None:
    """A wrong value starts nothing and is explained; a right one is in the command to repeat."""
    (port,) = free_ports(1)
    arguments = ["--web-host", "127.0.0.1", "--web-port", str(port), "--workers", "1"]
    with locust(tmp_path, *arguments, "--faults", "none", headless=False) as run:
        run.wait_until(
            lambda: "workers: 1" in run.output and "Starting web interface" in run.output
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("button", name="Custom parameters").click()
        page.get_by_label("Orders (Stop after").fill("0")
        page.get_by_role("button", name="Start", exact=False).first.click()
        expect(page.get_by_text("--orders 0: it must be at least 1")).to_be_visible()
        page.get_by_label("Orders (Stop after").fill("3")
        page.get_by_role("button", name="Start", exact=False).first.click()

        run.wait_until(lambda: "\nvalid: " in run.output and "--orders 3" in run.output)
        run.process.terminate()
        assert run.exit_code() == 0, run.output
    page.close()
