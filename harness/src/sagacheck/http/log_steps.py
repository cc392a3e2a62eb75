"""The lines of a write-ahead log."""

from __future__ import annotations

from typing import Any

import msgspec

from sagacheck.world import Attempt, Effect, Entry, KeyRecord, Settings


class Begin(msgspec.Struct):
    """The beginning of a world, and the end of the one before it.

    Attributes:
        settings: Its initial state, and the events that it causes.
        at: When it began, in seconds since 1970.
    """

    settings: Settings
    at: float


class Step(msgspec.Struct, omit_defaults=True):
    """What changed at once: one line.

    An attempt, effect or key that an earlier line has, too, is replaced by the later one.

    Attributes:
        at: When, in seconds of the world's clock.
        number: Its place in the file, from 1; `WriteAheadLog.append` decides.
        begin: A new world.
        attempts: Attempts that began, arrived or ended.
        entries: New entries of the ledger.
        effects: The effects that the entries are about.
        keys: Idempotency keys that are new, cancelled, or have another reply.
        rules: All faults as they were written, where they were changed.
        finished: Orders that were evicted.
        recalled: Evicted orders that a request has named.
    """

    at: float
    number: int = 0
    begin: Begin | None = None
    attempts: list[Attempt] = []  # msgspec copies empty defaults
    entries: list[Entry] = []
    effects: list[Effect] = []
    keys: list[KeyRecord] = []
    rules: list[dict[str, Any]] | None = None
    finished: list[str] = []
    recalled: list[str] = []
