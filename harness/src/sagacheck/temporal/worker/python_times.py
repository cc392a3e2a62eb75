"""Durations and moments of messages as Python has them; few differ, so each is made once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def as_timedelta(duration: Duration) -> timedelta:
    """A duration, cut to microseconds."""
    return _timedelta(duration.seconds, duration.nanos)


def as_datetime(moment: Timestamp) -> datetime:
    """A moment in UTC, cut to microseconds."""
    return _datetime(moment.seconds, moment.nanos)


@lru_cache(maxsize=100)
def utc(seconds: float) -> datetime:
    """The moment `seconds` after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1000)
def _timedelta(seconds: int, nanos: int) -> timedelta:
    return Duration(seconds=seconds, nanos=nanos).ToTimedelta()


@lru_cache(maxsize=1000)
def _datetime(seconds: int, nanos: int) -> datetime:
    return Timestamp(seconds=seconds, nanos=nanos).ToDatetime(UTC)
