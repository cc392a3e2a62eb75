"""The report: one HTML page that shows a run to readers who have never seen the project.

Data flows one way: results -> `page_model` (plain values, made by `build_model`) -> HTML
(`rendering`, with drawings by `timeline`). The page needs nothing else: no network, no other file.
It needs jinja2, an extra of this distribution, so a command imports it where it writes a page; the
story of a trial in words needs no extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagacheck.on_demand import on_demand
from sagacheck.report.story import story_of

if TYPE_CHECKING:
    from sagacheck.report.build_model import page_of
    from sagacheck.report.exploration import write_exploration_report
    from sagacheck.report.rendering import page_templates, write_report
    from sagacheck.report.run_header import RunHeader

__all__ = [
    "RunHeader",
    "page_of",
    "page_templates",
    "story_of",
    "write_exploration_report",
    "write_report",
]

__getattr__ = on_demand(
    __name__,
    {
        "build_model": ("page_of",),
        "exploration": ("write_exploration_report",),
        "rendering": ("page_templates", "write_report"),
        "run_header": ("RunHeader",),
    },
)
