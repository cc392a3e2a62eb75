"""A quiet SDK, for runs in which attempts are meant to fail."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_sdk() -> Iterator[None]:
    """Silence the SDK while open: it logs every failed attempt with a traceback."""
    logger = logging.getLogger("temporalio")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
