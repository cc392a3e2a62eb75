"""The record of an idempotency key."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from sagacheck.world.reply import Reply


class KeyState(StrEnum):
    """The state of an idempotency key."""

    RUNNING = "running"
    """The first request that came with it has no reply yet."""
    DONE = "done"
    CANCELLED = "cancelled"
    """Its create was undone, or must never happen: a tombstone."""


class KeyRecord(msgspec.Struct):
    """One idempotency key of one operation, whose it is, since when, and what came of it."""

    operation: str
    key: str
    order: str
    since: float
    state: KeyState
    fingerprint: Mapping[str, Any] | None = None
    reply: Reply | None = None
