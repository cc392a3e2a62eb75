"""The state of everything outside the saga: clock, ledger, journal, settings."""

from sagacheck.world.as_json import as_json
from sagacheck.world.clock import Clock, LoopClock, ManualClock
from sagacheck.world.currency import HUNDREDTHS, amount_text, decimals_of, money_text
from sagacheck.world.duration import duration_text, parse_duration
from sagacheck.world.journal import Arrival, Attempt, AttemptOutcome, Journal
from sagacheck.world.key_record import KeyRecord, KeyState
from sagacheck.world.ledger import (
    Account,
    AccountKind,
    Effect,
    EffectState,
    Entry,
    Ledger,
    Posting,
    Refund,
    RefundState,
)
from sagacheck.world.order_record import OrderRecord, records_by_order
from sagacheck.world.parsing import (
    ParsingError,
    as_written,
    read_duration,
    read_members,
    read_share,
    read_text,
    read_whole_number,
    unknown_name,
    whole_number_in,
)
from sagacheck.world.reply import Reply
from sagacheck.world.settings import Idempotency, Settings
from sagacheck.world.settings_parsing import read_settings
from sagacheck.world.wall_clock import WallClock
from sagacheck.world.world import World

__all__ = [
    "HUNDREDTHS",
    "Account",
    "AccountKind",
    "Arrival",
    "Attempt",
    "AttemptOutcome",
    "Clock",
    "Effect",
    "EffectState",
    "Entry",
    "Idempotency",
    "Journal",
    "KeyRecord",
    "KeyState",
    "Ledger",
    "LoopClock",
    "ManualClock",
    "OrderRecord",
    "ParsingError",
    "Posting",
    "Refund",
    "RefundState",
    "Reply",
    "Settings",
    "WallClock",
    "World",
    "amount_text",
    "as_json",
    "as_written",
    "decimals_of",
    "duration_text",
    "money_text",
    "parse_duration",
    "read_duration",
    "read_members",
    "read_settings",
    "read_share",
    "read_text",
    "read_whole_number",
    "records_by_order",
    "unknown_name",
    "whole_number_in",
]
