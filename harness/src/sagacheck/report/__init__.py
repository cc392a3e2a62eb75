"""None"""

from sagacheck.report.build_model import page_of
from sagacheck.report.exploration import write_exploration_report
from sagacheck.report.page import page_templates, write_report
from sagacheck.report.run_facts import RunFacts

__all__ = ["RunFacts", "page_of", "page_templates", "write_exploration_report", "write_report"]
