"""Whether a failed activity attempt is followed by another, and when.

The rules and their order are the server's (``RetryActivity`` in its
``service/history/workflow/mutable_state_impl.go`` and ``nextBackoffInterval`` in the ``retry.go``
beside it).
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure

DEFAULT_INITIAL_SECONDS = 1.0
DEFAULT_COEFFICIENT = 2.0
DEFAULT_MAXIMUM_FACTOR = 100.0


class RetryAfter(msgspec.Struct, frozen=True):
    """There is another attempt.

    Attributes:
        delay: Seconds until it is due.
    """

    delay: float


def with_defaults(policy: RetryPolicy | None) -> RetryPolicy:
    """The policy as the server keeps it, defaults filled in; to be copied, not changed."""
    return _filled_in(b"" if policy is None else policy.SerializeToString(), False)


def with_local_defaults(policy: RetryPolicy | None) -> RetryPolicy:
    """The policy as Core keeps it, defaults filled in; to be copied, not changed.

    An initial interval of zero is an interval for Core, and stands for the default on the server.
    """
    return _filled_in(b"" if policy is None else policy.SerializeToString(), True)


@lru_cache(maxsize=100)
def _filled_in(serialized: bytes, keeps_zero: bool) -> RetryPolicy:
    filled = RetryPolicy.FromString(serialized)
    is_set = filled.HasField("initial_interval")
    if not is_set or not (keeps_zero or filled.initial_interval.ToNanoseconds()):
        filled.initial_interval.FromNanoseconds(int(DEFAULT_INITIAL_SECONDS * 1e9))
    if not filled.backoff_coefficient:
        filled.backoff_coefficient = DEFAULT_COEFFICIENT
    if not filled.HasField("maximum_interval") or not filled.maximum_interval.ToNanoseconds():
        maximum = filled.initial_interval.ToNanoseconds() * DEFAULT_MAXIMUM_FACTOR
        filled.maximum_interval.FromNanoseconds(int(maximum))
    return filled


def after_failure(  # noqa: PLR0913 - the server's decision depends on so much
    policy: RetryPolicy,
    attempt: int,
    failure: Failure,
    *,
    now: float,
    deadline: float | None,
    cancel_requested: bool,
) -> RetryAfter | RetryState.ValueType:
    """What follows a failed attempt: another one, or the reason why there is none.

    Args:
        policy: The activity's policy, defaults filled in.
        attempt: The attempt that failed, from 1.
        failure: Why it failed.
        now: The present, in seconds.
        deadline: When schedule-to-close ends it all, in seconds; ``None`` for never.
        cancel_requested: Whether the workflow has asked for the activity to be cancelled.
    """
    if cancel_requested:
        return RetryState.RETRY_STATE_CANCEL_REQUESTED
    if not _is_retryable(policy, failure):
        return RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
    if policy.maximum_attempts and attempt >= policy.maximum_attempts:
        return RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED
    delay = _delay(policy, attempt, failure)
    if deadline is not None and now + delay > deadline:
        return RetryState.RETRY_STATE_TIMEOUT
    return RetryAfter(delay)


def local_backoff(policy: RetryPolicy, attempt: int, failure: Failure) -> float | None:
    """Seconds until a failed local activity is tried again; ``None`` if it is not.

    The rules are Core's (its ``crates/sdk-core/src/retry_logic.rs``) and differ from the server's:
    the case of error types does not matter, and timeouts have no names.

    Args:
        policy: The activity's policy, defaults filled in.
        attempt: The attempt that failed, from 1.
        failure: Why it failed.
    """
    info = failure.application_failure_info
    final = {name.lower() for name in policy.non_retryable_error_types}
    if info.non_retryable or info.type.lower() in final:
        return None
    if policy.maximum_attempts and attempt >= policy.maximum_attempts:
        return None
    return _delay(policy, attempt, failure)


def _is_retryable(policy: RetryPolicy, failure: Failure) -> bool:
    if failure.HasField("terminated_failure_info") or failure.HasField("canceled_failure_info"):
        return False
    if failure.HasField("timeout_failure_info"):
        names = {
            TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE: "TemporalTimeout:StartToClose",
            TimeoutType.TIMEOUT_TYPE_HEARTBEAT: "TemporalTimeout:Heartbeat",
        }
        name = names.get(failure.timeout_failure_info.timeout_type)
        return name is not None and name not in policy.non_retryable_error_types
    if failure.HasField("application_failure_info"):
        info = failure.application_failure_info
        return not info.non_retryable and info.type not in policy.non_retryable_error_types
    return True


def _delay(policy: RetryPolicy, attempt: int, failure: Failure) -> float:
    """Seconds until the next attempt: what the failure asks for, else the policy's backoff."""
    info = failure.application_failure_info
    if failure.HasField("application_failure_info") and info.HasField("next_retry_delay"):
        return info.next_retry_delay.ToNanoseconds() / 1e9
    initial = policy.initial_interval.ToNanoseconds() / 1e9
    maximum = policy.maximum_interval.ToNanoseconds() / 1e9
    try:
        return float(min(initial * policy.backoff_coefficient ** (attempt - 1), maximum))
    except OverflowError:
        return maximum
