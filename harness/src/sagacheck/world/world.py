"""The state of everything outside a saga, in one place and with one clock."""

from __future__ import annotations

from sagacheck.world.clock import Clock, ManualClock
from sagacheck.world.journal import Journal
from sagacheck.world.ledger import Ledger
from sagacheck.world.settings import Settings


class World:
    """What services share: settings, clock, ledger, and the journal of every attempt.

    Services are made over a world (`sagacheck.services.Services`), and a network over services
    (`sagacheck.network.Network`).

    Args:
        settings: The initial state of the world, and the events that it causes.
        clock: The world's clock; a `ManualClock` by default.
        ledger: What the services hold already; nothing but the opening stock, by default.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or ManualClock()
        self.journal = Journal()
        self.ledger = Ledger() if ledger is None else ledger
