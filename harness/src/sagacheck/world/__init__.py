"""The state of everything outside the saga: clock, ledger, journal, settings."""

from sagacheck.world.as_json import as_json
from sagacheck.world.clock import Clock, LoopClock, ManualClock
from sagacheck.world.duration import duration_text, parse_duration
from sagacheck.world.journal import Arrival, Attempt, AttemptOutcome, Journal
from sagacheck.world.key_record import KeyRecord, KeyState
from sagacheck.world.ledger import Account, AccountKind, Effect, EffectState, Entry, Ledger, Posting
from sagacheck.world.order_record import OrderRecord, order_records_of
from sagacheck.world.parsing import (
    ParsingError,
    duration,
    members,
    part,
    shown,
    text,
    unknown,
    whole_number,
)
from sagacheck.world.reply import Reply
from sagacheck.world.settings import Idempotency, Settings
from sagacheck.world.settings_parsing import read_settings
from sagacheck.world.wall_clock import WallClock
from sagacheck.world.world import World

__all__ = [
    "Account",
    "AccountKind",
    "Effect",
    "EffectState",
    "Entry",
    "Ledger",
    "Posting",
    "Arrival",
    "Attempt",
    "AttemptOutcome",
    "Journal",
    "Clock",
    "LoopClock",
    "ManualClock",
    "Idempotency",
    "Settings",
    "KeyRecord",
    "KeyState",
    "OrderRecord",
    "order_records_of",
    "ParsingError",
    "duration",
    "members",
    "part",
    "shown",
    "text",
    "unknown",
    "whole_number",
    "Reply",
    "WallClock",
    "World",
    "as_json",
    "duration_text",
    "parse_duration",
    "read_settings",
]
