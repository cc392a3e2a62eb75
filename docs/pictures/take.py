"""Takes the pictures of reports that the documents show: ``nox -s pictures``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
NAIVE = ("--saga", "tests/sagas/naive.py:SAGA")
ZOMBIE = "scenarios/catalogue/inventory/requests-arrive-after-the-release.yaml"
WIDTH = 1000


def report(folder: Path, *command: str) -> str:
    """The address of the page that a command leaves behind; the naive saga makes it fail."""
    words = [sys.executable, "-m", "sagacheck", *command, *NAIVE, "--report", str(folder)]
    done = subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 1:
        message = f"the naive saga was to be found out, exit code {done.returncode}: {words}"
        raise SystemExit(message)
    return (folder / "index.html").as_uri()


def take(page: Page, name: str, first: str, last: str) -> None:
    """A picture of all that stands between two elements of a page, both included."""
    boxes = [page.locator(each).first.bounding_box() for each in (first, last)]
    top, bottom = (box for box in boxes if box is not None)
    height = bottom["y"] + bottom["height"] - top["y"]
    clip = {"x": 0, "y": top["y"] - 16, "width": WIDTH, "height": height + 32}
    page.screenshot(path=HERE / name, full_page=True, clip=clip)  # type: ignore[arg-type]


def main(arguments: Sequence[str]) -> None:
    """Take all pictures with the browser that is named, in ``$CHROMIUM``, or on the PATH."""
    named = [*arguments, os.environ.get("CHROMIUM"), shutil.which("chromium")]
    browser = next(filter(None, named), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": 800})

        page.goto(report(Path(folder, "run"), "run", ZOMBIE))
        take(page, "timeline.png", ".scenario", "svg.timeline")

        page.goto(report(Path(folder, "explore"), "explore", "--faults", "1"))
        take(page, "explore.png", "main h2", "table")
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
