"""A real browser for the tests of pages.

Chromium is taken where it is found: ``$CHROMIUM``, or on the PATH (`apt-get install chromium`;
GitHub's machines have Google Chrome). Where there is none these tests are skipped and say so,
except under CI, where a test that does not run is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 60_000
"""How long an expectation waits to be met: machines are slow at times. The default is 5 s."""
QUIET = (
    "--no-sandbox",  # the page is ours, and CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, for one module: while it runs no other event loop can in this thread."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = "no browser: apt-get install chromium, or name one in $CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=[*QUIET])
        yield chromium
        chromium.close()
