"""The state of everything outside the saga: clock, ledger, journal, settings."""

from sagacheck.world.as_json import as_json
from sagacheck.world.clock import Clock, LoopClock, ManualClock
from sagacheck.world.duration import duration_text, parse_duration
from sagacheck.world.journal import Attempt, Delivery, Journal, Seen
from sagacheck.world.ledger import Account, AccountKind, Books, Effect, EffectState, Entry, Posting
from sagacheck.world.order_record import Dossier
from sagacheck.world.parsing import (
    WordsError,
    duration,
    members,
    part,
    shown,
    text,
    unknown,
    whole_number,
)
from sagacheck.world.settings import Idempotency, Settings
from sagacheck.world.settings_parsing import read_settings
from sagacheck.world.wall_clock import WallClock
from sagacheck.world.world import ORDER_OPERATIONS, ServiceFactory, World, order_services

__all__ = [
    "Account",
    "AccountKind",
    "Attempt",
    "Books",
    "Clock",
    "Delivery",
    "Dossier",
    "Effect",
    "EffectState",
    "Entry",
    "Idempotency",
    "Journal",
    "LoopClock",
    "ManualClock",
    "ORDER_OPERATIONS",
    "Posting",
    "Seen",
    "ServiceFactory",
    "Settings",
    "WallClock",
    "WordsError",
    "World",
    "as_json",
    "duration",
    "duration_text",
    "members",
    "order_services",
    "parse_duration",
    "part",
    "read_settings",
    "shown",
    "text",
    "unknown",
    "whole_number",
]
