"""The timeline of a trial: its moments as rows, as sentences, and as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagacheck.on_demand import on_demand
from sagacheck.report.timeline.model import EndRow, Row, SkipRow, Timeline
from sagacheck.report.timeline.rows import rows_of
from sagacheck.report.timeline.trimming import trimmed

if TYPE_CHECKING:
    from sagacheck.report.timeline.drawing import draw

__all__ = ["EndRow", "Row", "SkipRow", "Timeline", "draw", "rows_of", "trimmed"]

# It needs markupsafe, which comes with jinja2.
__getattr__ = on_demand(__name__, {"drawing": ("draw",)})
