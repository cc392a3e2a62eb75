"""Whether there is another attempt, and when: the server's rules in a table."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.backoff import RetryAfter, after_failure, with_defaults


def _policy(**said: Any) -> RetryPolicy:
    policy = RetryPolicy()
    for name, value in said.items():
        if name.endswith("interval"):
            getattr(policy, name).FromNanoseconds(round(value * 1e9))
        elif isinstance(value, list):
            getattr(policy, name).extend(value)
        else:
            setattr(policy, name, value)
    return with_defaults(policy)


def _failure(kind: str = "Some", *, final: bool = False, delay: float | None = None) -> Failure:
    failure = Failure(message="no")
    failure.application_failure_info.type = kind
    failure.application_failure_info.non_retryable = final
    if delay is not None:
        failure.application_failure_info.next_retry_delay.FromNanoseconds(round(delay * 1e9))
    return failure


def _timeout(kind: TimeoutType.ValueType) -> Failure:
    failure = Failure()
    failure.timeout_failure_info.timeout_type = kind
    return failure


def _cancelled() -> Failure:
    failure = Failure()
    failure.canceled_failure_info.SetInParent()
    return failure


def _terminated() -> Failure:
    failure = Failure()
    failure.terminated_failure_info.SetInParent()
    return failure


def _after(policy: RetryPolicy, attempt: int, failure: Failure, **other: Any) -> Any:
    situation: dict[str, Any] = {"now": 0.0, "deadline": None, "cancel_requested": False} | other
    return after_failure(policy, attempt, failure, **situation)


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        (_policy(), [1, 2, 4, 8, 16, 32, 64, 100, 100]),
        (_policy(initial_interval=0.5), [0.5, 1, 2, 4, 8, 16, 32, 50, 50]),
        (_policy(backoff_coefficient=3.0), [1, 3, 9, 27, 81, 100, 100]),
        (_policy(backoff_coefficient=1.0), [1, 1, 1, 1]),
        (_policy(maximum_interval=5), [1, 2, 4, 5, 5]),
        (_policy(initial_interval=7, maximum_interval=5), [5, 5, 5]),
    ],
    ids=["default", "half a second", "threefold", "constant", "capped", "capped from the first"],
)
def test_delays_grow_to_their_cap(policy: RetryPolicy, delays: list[float]) -> None:
    """Initial interval times coefficient to the power of the attempt, and no more than the cap."""
    seen = [_after(policy, attempt, _failure()) for attempt in range(1, len(delays) + 1)]

    assert seen == [RetryAfter(delay) for delay in delays]


def test_a_delay_never_overflows() -> None:
    """After thousands of attempts it is still the cap."""
    assert _after(_policy(), 100_000, _failure()) == RetryAfter(100.0)


def test_a_failure_can_ask_for_its_delay() -> None:
    """That takes the place of the policy's, beyond its cap too."""
    assert _after(_policy(maximum_interval=5), 1, _failure(delay=300)) == RetryAfter(300.0)
    assert _after(_policy(), 3, _failure(delay=0)) == RetryAfter(0.0)


NON_RETRYABLE = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
AGAIN = RetryAfter(1.0)


@pytest.mark.parametrize(
    ("failure", "listed", "then"),
    [
        (_failure(), [], AGAIN),
        (_failure(final=True), [], NON_RETRYABLE),
        (_failure("Bad"), ["Bad"], NON_RETRYABLE),
        (_failure("Bad"), ["bad"], AGAIN),
        (_cancelled(), [], NON_RETRYABLE),
        (_terminated(), [], NON_RETRYABLE),
        (_timeout(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE), [], AGAIN),
        (_timeout(TimeoutType.TIMEOUT_TYPE_HEARTBEAT), [], AGAIN),
        (_timeout(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START), [], NON_RETRYABLE),
        (_timeout(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE), [], NON_RETRYABLE),
        (
            _timeout(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE),
            ["TemporalTimeout:StartToClose"],
            NON_RETRYABLE,
        ),
        (
            _timeout(TimeoutType.TIMEOUT_TYPE_HEARTBEAT),
            ["TemporalTimeout:Heartbeat"],
            NON_RETRYABLE,
        ),
        (
            _timeout(TimeoutType.TIMEOUT_TYPE_HEARTBEAT),
            ["TemporalTimeout:StartToClose"],
            AGAIN,
        ),
        (Failure(message="of no kind"), ["Bad"], AGAIN),
    ],
)
def test_some_failures_are_final(failure: Failure, listed: list[str], then: Any) -> None:
    """By themselves, by the exact name of their type, or by the name of a timeout."""
    assert _after(_policy(non_retryable_error_types=listed), 1, failure) == then


def test_attempts_run_out() -> None:
    """The last attempt that the policy allows is the last."""
    policy = _policy(maximum_attempts=3)

    assert _after(policy, 2, _failure()) == RetryAfter(2.0)
    assert _after(policy, 3, _failure()) == RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED


def test_time_runs_out() -> None:
    """There is no attempt that would begin after the deadline, at the deadline there is."""
    assert _after(_policy(), 1, _failure(), now=9.0, deadline=10.0) == RetryAfter(1.0)
    late = _after(_policy(), 1, _failure(), now=9.1, deadline=10.0)
    assert late == RetryState.RETRY_STATE_TIMEOUT


def test_what_is_cancelled_is_not_tried_again() -> None:
    """Whatever else there is to say."""
    policy = _policy(maximum_attempts=1)

    then = _after(policy, 1, _failure(final=True), cancel_requested=True)

    assert then == RetryState.RETRY_STATE_CANCEL_REQUESTED
