"""``report.html``: the verdict, then figures over time, with each kill of the nemesis marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagacheck.report import page_templates
from sagacheck.result_files import write_text

WIDTH, HEIGHT = 560, 150
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "var(--ink)",
    "#999999",
)
"""The palette of Okabe and Ito, which colour-blind people can distinguish."""
MOST_VIOLATIONS = 100

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """Lines over time, in the coordinates of an SVG.

    Attributes:
        title: What is shown, with its unit.
        lines: The points of each line by its name: seconds since the run began, and a value.
        seconds: How long the time axis is.
    """

    title: str
    lines: Mapping[str, Points]
    seconds: float

    @property
    def top(self) -> float:
        """The value at the upper edge."""
        return max((y for line in self.lines.values() for _, y in line), default=0.0) or 1.0

    def x(self, at: float) -> float:
        """The horizontal position of a moment."""
        return round(at / self.seconds * WIDTH, 1)

    @property
    def in_words(self) -> str:
        """The highest value of each line, for screen readers."""
        highest = {
            name: max((y for _, y in line), default=0.0) for name, line in self.lines.items()
        }
        return ", ".join(f"{name} at most {value:.3g}" for name, value in highest.items())

    @property
    def drawn(self) -> Iterable[tuple[str, str, str]]:
        """Each line's name, colour and points."""
        for number, (name, line) in enumerate(self.lines.items()):
            points = " ".join(f"{self.x(x)},{HEIGHT - y / self.top * HEIGHT:.1f}" for x, y in line)
            yield name, COLOURS[number % len(COLOURS)], points


def write_report(path: Path, run: Mapping[str, Any], charts: Sequence[Chart]) -> None:
    """Write the page.

    Args:
        path: Where to.
        run: What ``verdict.json`` holds.
        charts: Charts over the same time.
    """
    page = page_templates(Path(__file__).parent).get_template("load.html.j2")
    head = {
        "title": "Orders under load",
        "made_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "verdict": run["verdict"],
        "command": run["again"],
    }
    text = page.render(
        page=head, run=run, charts=charts, width=WIDTH, height=HEIGHT, most=MOST_VIOLATIONS
    )
    write_text(path, text)
