"""The report: one HTML page that shows a run to readers who have never seen the project.

Data flows one way: results -> `page_model` (plain values, made by `build_model`) -> HTML
(`rendering`, with drawings by `timeline`). The page needs nothing else: no network, no other file.
It needs jinja2, an extra of this distribution, so a command imports it where it writes a page.
"""

from sagacheck.report.build_model import page_of
from sagacheck.report.exploration import write_exploration_report
from sagacheck.report.rendering import page_templates, write_report
from sagacheck.report.run_header import RunHeader

__all__ = ["RunHeader", "page_of", "page_templates", "write_exploration_report", "write_report"]
