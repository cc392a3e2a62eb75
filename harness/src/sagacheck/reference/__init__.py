"""The reference documents that are made from the code: `python -m scenarios reference`."""

from sagacheck.reference.coverage import Row, coverage
from sagacheck.reference.language import language_page
from sagacheck.reference.pages import anomalies_page, invariants_page

__all__ = ["Row", "anomalies_page", "coverage", "invariants_page", "language_page"]
