"""The page is looked at in a real browser."""

from tests.browsing import browser

__all__ = ["browser"]
