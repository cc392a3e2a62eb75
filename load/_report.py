"""``report.html``: the verdict, then figures over time, with the moments of chaos marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

WIDTH, HEIGHT = 860, 170
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
"""After Okabe and Ito: they can be told apart by those who do not see all colours."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """Lines over time, as an SVG can draw them.

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
        """Where a moment is."""
        return round(at / self.seconds * WIDTH, 1)

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
        run: All that ``verdict.json`` holds.
        charts: Over one and the same time.
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = templates.get_template("_report.html").render(
        run=run, charts=charts, width=WIDTH, height=HEIGHT
    )
    path.write_text(page, encoding="utf-8")
