"""The local activities of one run that are under way in a worker.

Named after Core's ``LocalActivityManager`` (``worker/activities/local_activities.rs``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.base.sdk_activities import CompleteAsync
from sagacheck.temporal.core.local_activity_results import (
    LocalRequest,
    LocalResult,
    cancelled_failure,
)
from sagacheck.temporal.worker.activities.attempt import ActivityHost
from sagacheck.temporal.worker.activities.local_activity import LocalActivity


class LocalActivityClient(Protocol):
    """What uses a manager: the workflow tasks of the run."""

    def local_activity_ended(self, result: LocalResult) -> None:
        """A local activity has ended."""

    def worker_lost(self) -> None:
        """The worker has died under an attempt."""

    def unsupported(self, error: UnsupportedError) -> None:
        """An attempt did something that the simulation lacks."""


class LocalActivityManager:
    """The local activities of one run that are under way.

    Args:
        run: The run.
        now: Returns virtual time in seconds since the epoch.
        client: Gets their results.
    """

    def __init__(
        self, run: RunIdentity, now: Callable[[], float], client: LocalActivityClient
    ) -> None:
        self._run = run
        self._now = now
        self._client = client
        self._under_way: dict[int, LocalActivity] = {}
        self._abandoned: set[LocalActivity] = set()

    @property
    def is_busy(self) -> bool:
        """Whether the workflow task has to wait for a local activity."""
        return bool(self._under_way)

    def begin(self, request: LocalRequest, worker: ActivityHost) -> LocalResult | None:
        """Run a local activity; how it ends, if it is too late before it has begun."""
        seq = request.command.seq
        activity = LocalActivity(self._run, request, worker, self._now, self)
        if activity.is_too_late:
            return activity.too_late()
        self._under_way[seq] = activity
        activity.begin()
        return None

    def cancel(self, seq: int) -> LocalResult | None:
        """Cancel a local activity; how it ends, if it is between two attempts."""
        activity = self._under_way.get(seq)
        if activity is None or activity.cancel():
            return None
        del self._under_way[seq]
        return LocalResult(
            seq, attempt=0, seconds=0.0, failure=cancelled_failure(), is_cancelled=True
        )

    def abandon(self, seq: int) -> None:
        """Wait for a local activity no longer; it runs on."""
        if (activity := self._under_way.pop(seq, None)) is not None:
            self._abandoned.add(activity)

    def stop(self) -> None:
        """Cancel all local activities, and report none of their ends."""
        for activity in [*self._under_way.values(), *self._abandoned]:
            activity.abandon()
        self._under_way.clear()
        self._abandoned.clear()

    # -- from the local activities ---------------------------------------------------------------

    def ended(self, activity: LocalActivity, result: LocalResult) -> None:
        """A local activity has ended."""
        # Workflow code goes on with the result, which must not run inside an activity's task.
        asyncio.get_running_loop().call_soon(self._deliver, activity, result)

    def _deliver(self, activity: LocalActivity, result: LocalResult) -> None:
        self._abandoned.discard(activity)
        if self._under_way.get(result.seq) is activity:
            del self._under_way[result.seq]
            self._client.local_activity_ended(result)

    def attempt_ended_without_report(self, reason: BaseException) -> None:
        """The worker has died under an attempt, or the attempt wants to be completed later."""
        if isinstance(reason, CompleteAsync):
            error = UnsupportedError("asynchronous completion of a local activity")
            self._client.unsupported(error)
        else:
            asyncio.get_running_loop().call_soon(self._client.worker_lost)

    def unsupported(self, error: UnsupportedError) -> None:
        """An attempt did something that the simulation lacks."""
        self._client.unsupported(error)
