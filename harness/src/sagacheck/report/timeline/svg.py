"""The few shapes that timelines are drawn with. Colours are classes, for the style sheet to decide.

Each is plain text, because there are many; only words are escaped, as only they come from outside.
"""

from __future__ import annotations

from markupsafe import escape

SMALL = 5
"""Half the size of a cross."""


def text(x: float, y: float, content: str, style: str = "", anchor: str = "start") -> str:
    """Some words; `y` is their base line."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}"{_class(style)}{place}>{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line."""
    return f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}"{_class(style)}/>'


def arrow(x1: float, x2: float, y: float, style: str) -> str:
    """A level arrow."""
    back = -6 if x2 > x1 else 6
    return f'<path d="M{x1:g} {y:g}H{x2:g}m{back} -4l{-back} 4l{back} 4"{_class(style)}/>'


def cross(x: float, y: float) -> str:
    """Where something is lost."""
    return f'<path d="M{x - SMALL:g} {y - SMALL:g}l10 10m0 -10l-10 10" class="cross"/>'


def box(x: float, y: float, width: float, height: float, style: str) -> str:
    """A box with round corners."""
    size = f'width="{width:g}" height="{height:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {size} rx="5"{_class(style)}/>'


def sign(x: float, y: float, style: str) -> str:
    """The sign of an outcome: its shape says the same as its colour."""
    place = f"M{x:g} {y:g}"
    shapes = {
        "ok": f"{place}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
        "refused": f"{place}m-4.5 -4.5h9v9h-9z",
        "unknown": f"{place}m0 -6l6 6l-6 6l-6 -6z",
        "pending": f"{place}m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0",
        "broken": f"{place}m0 -6l6 11h-12z",
    }
    return f'<path d="{shapes[style]}" class="sign {style}"/>'


def cut(words: str, length: int) -> str:
    """`words`, or as much of them as there is room for."""
    return words if len(words) <= length else f"{words[: length - 1]}\N{HORIZONTAL ELLIPSIS}"


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
