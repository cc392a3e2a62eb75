"""The reference documents that are made from the code: `sagacheck reference`."""

from sagacheck.reference.coverage import AnomalyCoverage, coverage
from sagacheck.reference.language import language_page
from sagacheck.reference.markdown import CATALOGUE
from sagacheck.reference.pages import anomalies_page, invariants_page

__all__ = [
    "CATALOGUE",
    "AnomalyCoverage",
    "anomalies_page",
    "coverage",
    "invariants_page",
    "language_page",
]
