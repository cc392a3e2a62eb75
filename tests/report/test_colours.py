"""Colour-blind people can distinguish the colours of outcomes, in the light and in the dark.

Colour-blindness is simulated as by Machado, Oliveira and Fernandes, "A Physiologically-based Model
for Simulation of Color Vision Deficiency" (2009), severity 1; distance is that of CIELAB (1976).
"""

from __future__ import annotations

import math
import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import sagacheck.report

CSS = (Path(sagacheck.report.__file__).parent / "templates" / "report.css").read_text()
OUTCOMES = ("ok", "unknown", "refused")
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
PROTANOPIA = ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052))
DEUTERANOPIA = ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969))
TRITANOPIA = ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304))
D65 = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)
CLEARLY_DIFFERENT = 20.0
"""About ten times what an eye can just tell apart."""

Triple = tuple[float, ...]


def colours(theme: str) -> dict[str, str]:
    """The colours that the style sheet defines for a theme."""
    start = CSS.index(":root {" if theme == "light" else ':root[data-theme="dark"] {')
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", CSS[start : CSS.index("}", start)]))


def linear(colour: str) -> Triple:
    """An sRGB colour as linear light."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    """A matrix by a vector."""
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def lab(light: Triple) -> Triple:
    """Linear light in CIELAB."""
    scaled = [value / white for value, white in zip(times(D65, light), WHITE, strict=True)]
    x, y, z = (max(v, 0.0) ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in scaled)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def distance(one: str, other: str, eye: tuple[Triple, ...]) -> float:
    """How different two colours look to an eye."""
    return math.dist(lab(times(eye, linear(one))), lab(times(eye, linear(other))))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eye", [NORMAL, PROTANOPIA, DEUTERANOPIA, TRITANOPIA])
def test_outcomes_look_different_to_every_eye(theme: str, eye: tuple[Triple, ...]) -> None:
    """Ok, unknown and refused are clearly different; so are a valid and an invalid verdict."""
    palette = colours(theme)
    pairs = [*combinations(OUTCOMES, 2), ("ok", "broken"), ("refused", "broken")]

    close = [
        (one, other, round(distance(palette[one], palette[other], eye)))
        for one, other in pairs
        if distance(palette[one], palette[other], eye) < CLEARLY_DIFFERENT
    ]
    assert close == []


def test_red_and_green_would_not_do() -> None:
    """The check can fail: the usual red and green are one colour to one man in fifty."""
    assert distance("#c00000", "#608000", DEUTERANOPIA) < CLEARLY_DIFFERENT


def test_the_system_decides_for_the_same_dark_colours() -> None:
    """The dark theme is the same whether the button or the system chose it."""
    rules = re.findall(r"(?:dark\"\]|light\"\]\)) \{([^}]*)\}", CSS)
    dark = [" ".join(rule.split()) for rule in rules]

    assert len(dark) == 2
    assert all(one == other for one, other in pairwise(dark))
