"""What passes between an attempt of an activity and what waits for its end."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

import msgspec
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.errors import UnsupportedError


class StopReason(Enum):
    """Why an attempt should stop."""

    CANCELLED = auto()
    """The workflow has cancelled the activity."""
    GONE = auto()
    """The activity has ended, or another attempt has begun."""
    TIMED_OUT = auto()
    """A timeout of the attempt is over."""


class AttemptReport(msgspec.Struct, frozen=True):
    """How an attempt ended: with a result, unless it says otherwise.

    Attributes:
        result: What the activity returned.
        failure: What it failed with.
        is_cancelled: Whether it ended because it was cancelled.
        details: The details of its cancellation.
        heartbeat: The details of its last heartbeat.
    """

    result: Payload | None = None
    failure: Failure | None = None
    is_cancelled: bool = False
    details: Payloads | None = None
    heartbeat: Payloads | None = None


class AttemptListener(Protocol):
    """What waits for an attempt: the activity that it belongs to."""

    def report(self, report: AttemptReport, attempt: int) -> bool:
        """The attempt has ended; whether that still matters.

        Args:
            report: How it ended.
            attempt: The number of the attempt.
        """

    def heartbeat(self, details: Payloads | None, attempt: int) -> StopReason | None:
        """The attempt heartbeats; why it should stop, if it should.

        Args:
            details: The details of the heartbeat.
            attempt: The number of the attempt.
        """

    def ended_without_report(self, reason: BaseException) -> None:
        """The attempt has ended, and its end must not be reported to the service."""

    def unsupported(self, error: UnsupportedError) -> None:
        """The attempt did something that the simulation lacks."""
