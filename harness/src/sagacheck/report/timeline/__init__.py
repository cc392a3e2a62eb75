"""The timeline of a trial: its moments as rows, as sentences, and as a drawing."""

from sagacheck.report.timeline.drawing import draw
from sagacheck.report.timeline.model import EndRow, Row, SkipRow, Timeline
from sagacheck.report.timeline.rows import rows_of
from sagacheck.report.timeline.trimming import trimmed

__all__ = ["EndRow", "Row", "SkipRow", "Timeline", "draw", "rows_of", "trimmed"]
